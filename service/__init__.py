"""The HTTP room: the only one that knows FastAPI and pydantic."""

from service.app import create_app

__all__ = ["create_app"]

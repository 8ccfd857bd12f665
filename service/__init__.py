"""The HTTP room: the only one that knows FastAPI and pydantic.

    from service import Settings, create_app

The two are imported when they are asked for: whoever wants `service.store` alone (a command
that exports) should not wait for the web framework.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.app import create_app
    from service.settings import Settings

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from service.app import create_app

        return create_app
    if name == "Settings":
        from service.settings import Settings

        return Settings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

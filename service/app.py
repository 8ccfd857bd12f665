"""The API, as far as it goes today: `POST /api/v1/suggest` and `GET /api/v1/healthz`."""

from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from pipeline import Triage, WuweiError
from pipeline.documents import MAX_CHARACTERS


class Message(BaseModel):
    """One message to look at."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_CHARACTERS)]


def create_app(triage: Triage) -> FastAPI:
    """Build the application around a loaded flow. Importing this module does no work."""
    app = FastAPI(
        title="五微民意分拣", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )

    # `def`, not `async def`: computing must not hold up the event loop.
    @app.post("/api/v1/suggest")
    def suggest(message: Message) -> dict[str, Any]:
        """Return the tagged item of the contract."""
        return triage.triage(message.text).to_dict()

    @app.get("/api/v1/healthz")
    def healthz() -> dict[str, str]:
        """Say that the process answers, and which model it answers with."""
        return {"status": "ok", "model": triage.model.version}

    @app.exception_handler(WuweiError)
    def problem(request: Request, error: WuweiError) -> JSONResponse:
        """Answer with a problem document (RFC 9457)."""
        body = {"type": "about:blank", "title": "无法处理", "status": 422, "detail": str(error)}
        return JSONResponse(body, 422, media_type="application/problem+json")

    return app

"""One line of JSON a request, with ids and figures; never a word of what was sent.

Paths and queries may hold words too, so the route's pattern is written, not the path. Of an
unexpected error its kind and its place in our code are written, not its message.
"""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Metrics
from service.problems import respond, to_problem

# Every attribute of ours that may be written; anything else a library adds is not.
_FIELDS = (
    "request_id", "method", "route", "status", "ms", "key",
    "before", "serving", "why", "error", "where", "address", "workers", "pid", "seconds",
)  # fmt: skip
_OURS = ("wuwei", "uvicorn")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_CLIENT_LEFT = 499  # nobody's standard, but everybody's habit
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = logging.getLogger("wuwei.service")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            # A foreign library's message may quote what it was working on.
            "event": record.getMessage() if _is_ours(record.name) else record.name,
        }
        line |= {f: getattr(record, f) for f in _FIELDS if hasattr(record, f)}
        if record.exc_info and record.exc_info[1]:
            line |= describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in _OURS


def start_logging(stream: TextIO | None = None) -> None:
    """Write everything as JSON lines to standard error; of other libraries only warnings."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().handlers = [handler]
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)


def describe(error: BaseException) -> dict[str, str]:
    """Return an error's kind and where it came from, without its message.

    >>> try:
    ...     int("张三的电话")
    ... except ValueError as error:
    ...     "张三" in str(describe(error)), describe(error)["error"]
    (False, 'ValueError')
    """
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    where = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))
    return {"error": type(error).__name__, "where": where}


class RequestLog:
    """Gives every request an id, a line in the log and its place in the figures.

    Stands outermost: an error that nobody expected ends here, as a problem document.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                added = (b"x-request-id", request_id.encode("ascii"))
                message["headers"] = [*message.get("headers", ()), added]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            _log.error("bug", extra={"request_id": request_id} | describe(error))
            if status:  # too late for an answer: cut the connection, do not seem complete
                raise Truncated from None
            await respond(to_problem(error), request_id)(scope, receive, send_with_id)
        finally:
            self._note(scope, status or _CLIENT_LEFT, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in _METHODS else "-"
        principal = scope["state"].get("principal")
        self._metrics.observe(method, route, status, seconds)
        _log.info(
            "request",
            extra={
                "request_id": scope["state"]["request_id"],
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "key": principal.key_id if principal else None,
            },
        )


class Truncated(Exception):
    """An answer broke off in the middle. The server closes the connection."""


def _request_id(headers: Headers) -> str:
    """Return the caller's id where it is plain, else a new one."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)

"""How much is taken in at once: requests in the works, bytes of a body, seconds it may take.

What is over the limit is refused before it is read. Without this, clients that are slower
to stop than the service is to answer would fill its memory.
"""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import Problem, busy, respond, to_problem
from service.settings import Settings


@dataclass
class Lane:
    """Requests of one kind: how many may be in the works, how large their bodies may be."""

    most: int
    body_bytes: int
    inside: int = 0


class Limits:
    """Counts requests by lane and bodies by bytes, and refuses what is too much."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._seconds = settings.body_seconds
        self._general = Lane(settings.in_flight, settings.body_bytes)
        self._lanes = {
            "/api/v1/tag": Lane(settings.bulk_in_flight, settings.tag_bytes),
            "/api/v1/notes": Lane(settings.bulk_in_flight, settings.note_bytes),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its body counted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lane = self._lanes.get(scope["path"], self._general)
        try:
            _check_declared(Headers(scope=scope), lane)
            if lane.inside >= lane.most:
                raise busy(
                    1,
                    "正在处理的请求太多。请稍后再试。",
                    "Too many requests in the works; retry after a second.",
                )
        except Problem as error:
            request_id = scope.get("state", {}).get("request_id", "")
            await respond(to_problem(error), request_id)(scope, receive, send)
            return
        lane.inside += 1
        try:
            await self._app(scope, _Counted(receive, lane.body_bytes, self._seconds), send)
        finally:
            lane.inside -= 1


class _Counted:
    """A `receive` that adds up the body and minds the time it takes."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most = receive, most
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._seen = 0
        self._complete = False

    async def __call__(self) -> Message:
        if self._complete:  # what follows is the wait for the client to leave
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise Problem(
                408, "slow", "内容传得太慢。请检查网络后重试。", "The body took too long to arrive."
            ) from None
        self._seen += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._seen > self._most:
            raise too_large(self._most)
        return message


def too_large(most: int) -> Problem:
    """Refuse a body for its size. The connection is closed: nobody reads the rest."""
    size = f"{most / 1024 / 1024:.1f} MB"
    return Problem(
        413,
        "too_large",
        f"内容超过 {size} 的上限。请分成几次提交。",
        f"The body exceeds {size}; send it in parts.",
        headers={"Connection": "close"},
    )


def _check_declared(headers: Headers, lane: Lane) -> None:
    declared = headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit():
        raise Problem(400, "unreadable", "Content-Length 无效。", "Content-Length is no number.")
    if int(declared[:20]) > lane.body_bytes:
        raise too_large(lane.body_bytes)

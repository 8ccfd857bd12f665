"""Signing in and out of the pages: a key once, then a cookie.

Both take a form (which works without any script) or, for scripts, JSON.
"""

import json
import secrets
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from service.context import Parts
from service.problems import Problem, busy
from service.rates import Buckets
from service.sessions import COOKIE

router = APIRouter(include_in_schema=False)


@router.post("/login")
async def login(request: Request, parts: Parts) -> Response:
    """Open a session for the owner of a key."""
    is_form, fields = await _read_fields(request)
    attempts: Buckets = request.app.state.attempts
    client = request.client.host if request.client else ""
    if attempts.is_empty(client):
        if is_form:
            return RedirectResponse("/login?error=busy", 303)
        raise busy(5, "错误的密钥太多。请稍后再试。", "Too many wrong keys; wait a moment.")
    key = await run_in_threadpool(parts.ring.find, fields.get("key", "").strip())
    if key is None:
        attempts.take(client)
        if is_form:
            return RedirectResponse("/login?error=key", 303)
        raise Problem(401, "unauthorized", "密钥不对，或已作废。", "The key is wrong or revoked.")
    response: Response = RedirectResponse("/", 303) if is_form else Response(status_code=204)
    response.set_cookie(
        COOKIE,
        parts.sessions.open(key.id),
        max_age=parts.settings.session_seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/logout")
async def logout(request: Request, parts: Parts) -> Response:
    """Close the session of this browser."""
    _, fields = await _read_fields(request)
    sent = request.headers.get("x-csrf-token") or fields.get("csrf_token", "")
    expected = request.state.csrf_token
    if expected and not secrets.compare_digest(sent.encode(), expected.encode()):
        raise Problem(403, "csrf", "页面已过期。请刷新后重试。", "The token is not this session's.")
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


async def _read_fields(request: Request) -> tuple[bool, dict[str, str]]:
    """Return whether it was a form, and its fields."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    try:
        if kind == "application/json":
            sent = json.loads(body)
            return False, {k: v for k, v in sent.items() if isinstance(v, str)}
        return True, {k: v[0] for k, v in parse_qs(body.decode("ascii"), max_num_fields=9).items()}
    except (ValueError, AttributeError, RecursionError):
        raise Problem(400, "unreadable", "登录的内容无法读取。", "Unreadable form.") from None

"""Problem documents (RFC 9457): every error in one shape, Chinese and English.

Nothing that was sent is quoted: a problem may end up in somebody's log.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from pipeline.errors import WuweiError
from service.store import Conflict, NotFound, Unavailable

MEDIA_TYPE = "application/problem+json"

_TITLES = {
    400: "请求无法读取",
    401: "需要密钥",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    408: "等待超时",
    409: "已被改动",
    413: "内容太大",
    421: "地址不对",
    422: "内容不合要求",
    429: "请求太多",
    500: "程序出错",
    503: "暂时不可用",
}
# What a person wrote may stand where a field's name should; only plain names are repeated.
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}", re.ASCII)


class Problem(HTTPException):
    """A refusal with its reason. `code` is for programs, the two sentences for people."""

    def __init__(
        self,
        status: int,
        code: str,
        chinese: str,
        english: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(status, detail=chinese, headers=dict(headers or {}))
        self.code = code
        self.english = english
        self.errors = errors


def busy(seconds: int, chinese: str, english: str) -> Problem:
    """Refuse for now, and say when to come back."""
    return Problem(429, "busy", chinese, english, headers={"Retry-After": str(seconds)})


def respond(problem: Problem, request_id: str = "") -> Response:
    """Return the document of a problem."""
    body: dict[str, Any] = {
        "type": f"urn:wuwei:problem:{problem.code}",
        "title": _TITLES.get(problem.status_code, "出错"),
        "status": problem.status_code,
        "detail": problem.detail,
        "detail_en": problem.english,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors:
        body["errors"] = list(problem.errors)
    return Response(
        json.dumps(body, ensure_ascii=False),
        problem.status_code,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def to_problem(error: Exception) -> Problem:
    """Return the problem that an expected error is.

    >>> to_problem(NotFound("没有", "none")).status_code
    404
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _validation(error)
    if isinstance(error, WuweiError):
        return _mendable(error)
    if isinstance(error, HTTPException):
        return _plain(error)
    return Problem(
        500,
        "internal",
        "程序内部出错，已记录。请带上请求编号告诉管理员。",
        "Internal error; it was logged. Report the request id.",
    )


def add_handlers(app: FastAPI) -> None:
    """Answer every expected error with its problem document."""
    for kind in (HTTPException, RequestValidationError, WuweiError):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    return respond(to_problem(error), getattr(request.state, "request_id", ""))


def _mendable(error: WuweiError) -> Problem:
    if isinstance(error, NotFound):
        return Problem(404, "not_found", error.chinese, error.english)
    if isinstance(error, Conflict):
        return Problem(409, "conflict", error.chinese, error.english)
    if isinstance(error, Unavailable):
        headers = {"Retry-After": "5"}
        return Problem(503, "unavailable", error.chinese, error.english, headers=headers)
    return Problem(422, "invalid", error.chinese, error.english)


def _plain(error: HTTPException) -> Problem:
    sentences = {
        400: ("请求的内容无法读取。请检查格式。", "The request cannot be read."),
        404: ("没有这个地址。请核对。", "There is nothing at this address."),
        405: ("这个地址不支持这种方法。", "This address does not support the method."),
    }
    chinese, english = sentences.get(
        error.status_code, ("请求被拒绝。", "The request was refused.")
    )
    code = {400: "unreadable", 404: "not_found", 405: "method"}.get(error.status_code, "refused")
    return Problem(error.status_code, code, chinese, english, headers=error.headers)


def _validation(error: RequestValidationError) -> Problem:
    """Say which fields are wrong and how, without what was in them."""
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return Problem(
            400,
            "unreadable",
            "请求的内容不是有效的 JSON。请检查格式。",
            "The body is no valid JSON.",
        )
    errors = [{"field": _field(one["loc"]), "reason": one["type"]} for one in found[:20]]
    where = "、".join(dict.fromkeys(e["field"] for e in errors))
    return Problem(
        422,
        "invalid",
        f"这些内容不合要求：{where}。请对照接口说明检查。",
        f"Not as described in the OpenAPI document: {where.replace('、', ', ')}.",
        errors=errors,
    )


def _field(location: Sequence[str | int]) -> str:
    parts = [str(p) if isinstance(p, int) or _PLAIN_NAME.fullmatch(p) else "…" for p in location]
    return ".".join(parts)

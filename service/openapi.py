"""The OpenAPI document: every answer with its shape, every refusal as a problem."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from service.problems import MEDIA_TYPE
from service.schemas.submissions import ProblemDocument

API = "/api/v1"
_EVERYWHERE = (400, 401, 403, 408, 413, 421, 422, 429, 500, 503)
_REASONS = {
    400: "请求无法读取",
    401: "没有有效的密钥",
    403: "角色不够，或请求来自别的网站",
    404: "没有这个编号",
    408: "内容传得太慢",
    409: "别人先改了，或幂等键已用于别的内容",
    413: "内容太大",
    415: "不支持的内容格式",
    421: "不接受以这个名称访问",
    422: "内容不合要求",
    429: "请求太多；Retry-After 说明几秒后再试",
    500: "程序出错；已记录",
    503: "暂时不可用",
}
_SUMMARY = """五微民意分拣：读懂群众留言，分到四类，送到该办的部门。全程离线。

每个请求带 `Authorization: Bearer <密钥>`（`wuwei keys add` 生成）；本机上没有密钥时不需要。
出错时返回 RFC 9457 问题文档（`application/problem+json`），中文在 `detail`，英文在 `detail_en`。
偏移量一律按 Unicode 码点计。
"""


def answers(shape: type[BaseModel] | None, *more: int) -> dict[int | str, dict[str, Any]]:
    """Return the answers of an endpoint: what it gives, and its refusals."""
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": ProblemDocument, "description": _REASONS[status]}
        for status in sorted({*_EVERYWHERE, *more})
    }
    return refusals | ({200: {"model": shape}} if shape else {})


def add_openapi(app: FastAPI) -> None:
    """Let the application describe itself, once asked."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=_SUMMARY, routes=app.routes
            )
            app.openapi_schema = _finished(document)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _finished(document: dict[str, Any]) -> dict[str, Any]:
    """Give refusals their media type, and name the key."""
    schemes = {"key": {"type": "http", "scheme": "bearer", "description": "wuwei keys add"}}
    document.setdefault("components", {})["securitySchemes"] = schemes
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if not path.endswith(("/healthz", "/readyz")):
                operation["security"] = [{"key": []}, {}]
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    content[MEDIA_TYPE] = content.pop("application/json")
                    content.pop("text/plain", None)
    return document

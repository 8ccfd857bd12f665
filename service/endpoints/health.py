"""`/healthz`, `/readyz`, `/metrics`: for whoever watches over the service."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from service.answers import Json
from service.context import Parts
from service.metrics import CONTENT_TYPE
from service.openapi import API, answers
from service.principals import Analyst
from service.schemas import submissions as shapes
from service.store import Filters

router = APIRouter(prefix=API, tags=["运行"])


@router.get("/healthz", responses=answers(shapes.Health))
async def healthz(parts: Parts) -> Json:
    """进程在应答，用的是哪个模型。不需要密钥。"""
    return Json({"status": "ok", "model": parts.served.version})


@router.get("/readyz", responses=answers(shapes.Health, 503))
async def readyz(parts: Parts) -> Json:
    """模型已载入，数据库在应答。不需要密钥。"""
    await run_in_threadpool(parts.store.page, Filters(), None, 1)
    return Json({"status": "ok", "model": parts.served.version})


@router.get(
    "/metrics",
    response_class=Response,
    responses=answers(None)
    | {200: {"description": "Prometheus 指标。", "content": {"text/plain": {"schema": {}}}}},
)
def metrics(parts: Parts, _: Analyst) -> Response:
    """Prometheus 指标：延迟、各类别条数、请人看的条数、模型版本。"""
    waiting = parts.gate.inside + parts.bulk.inside
    body = parts.metrics.render(waiting=waiting, model=parts.served.version)
    return Response(body, media_type=CONTENT_TYPE)

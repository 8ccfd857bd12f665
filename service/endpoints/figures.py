"""`/overview` and `/export`: what analysts take out."""

import json
from collections.abc import Iterator
from itertools import islice

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from service import answers as show
from service.answers import Json
from service.context import Parts
from service.listing import Narrowed
from service.openapi import API, answers
from service.principals import Analyst
from service.schemas import submissions as shapes
from service.store import Store

_LINES = "application/x-ndjson"
_BLOCK = 200

router = APIRouter(prefix=API, tags=["统计"])


@router.get("/overview", responses=answers(shapes.OverviewShown))
def overview(filters: Narrowed, parts: Parts, _: Analyst) -> Json:
    """按类别、县市、月份、部门计数，以及请人看的比例和更正。"""
    return Json(show.counts(parts.store.counts(filters)))


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=answers(None)
    | {200: {"description": "每行一条留言（JSON）。", "content": {_LINES: {"schema": {}}}}},
)
def export(parts: Parts, _: Analyst) -> StreamingResponse:
    """全部留言，旧的在前，每行一个 JSON 对象。"""
    headers = {"Content-Disposition": 'attachment; filename="submissions.jsonl"'}
    return StreamingResponse(_blocks(parts.store), media_type=_LINES, headers=headers)


def _blocks(store: Store) -> Iterator[str]:
    """Yield some lines at a time: each yield is a way to a thread and back."""
    waiting = store.export()
    while found := list(islice(waiting, _BLOCK)):
        yield "".join(json.dumps(show.submission(s), ensure_ascii=False) + "\n" for s in found)

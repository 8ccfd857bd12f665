"""Earlier submissions that ask for the same thing."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from service import answers as show
from service.answers import Json
from service.context import Parts
from service.endpoints.suggest import tag_one
from service.openapi import API, answers
from service.principals import Intake
from service.schemas import submissions as shapes
from service.schemas.base import SubmissionId
from service.similar import Similar, find_similar

router = APIRouter(prefix=API, tags=["留言"])


@router.post("/similar", responses=answers(shapes.SimilarList))
async def similar(request: shapes.SimilarRequest, parts: Parts, _: Intake) -> Json:
    """找先前反映同一件事、同一地点的留言。只有客套话的不算。"""
    item = await tag_one(parts, request.text, station=request.station, masked=True)
    found = await run_in_threadpool(
        find_similar, parts.store, item["text"], item["place"] or "", limit=request.limit
    )
    return Json(_listed(found))


@router.get("/submissions/{id}/similar", responses=answers(shapes.SimilarList, 404))
def similar_to(id: SubmissionId, parts: Parts, who: Intake) -> Json:
    """找与这一条反映同一件事的其他留言，不含它自己。读者和时间会记入审计。"""
    parts.store.record_read(who.name, id)
    one = parts.store.get(id)
    return Json(_listed(find_similar(parts.store, one.text, one.place, exclude=id)))


def _listed(found: list[Similar]) -> dict[str, Any]:
    return {
        "items": [
            {"similarity": round(one.similarity, 3), "submission": show.submission(one.submission)}
            for one in found
        ]
    }

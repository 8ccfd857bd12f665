"""`/submissions`: messages that are kept, and what people decide about them."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool

from pipeline.triage import Triage
from service import answers as show
from service.answers import Json
from service.context import Parts, Service
from service.endpoints.suggest import tag_one
from service.listing import Cursor, Limit, Narrowed, read_page, read_queue
from service.openapi import API, answers
from service.principals import Intake, Principal
from service.problems import Problem
from service.schemas import submissions as shapes
from service.schemas.base import SubmissionId
from service.similar import bands_of
from service.store import Conflict, Decision, NewSubmission, Submission

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=120,
        pattern=r"^[\x21-\x7e]+$",
        description="同一个键的重复请求只保存一次（48 小时内）。",
    ),
]

router = APIRouter(prefix=API, tags=["留言"])


@router.post(
    "/submissions",
    status_code=201,
    responses=answers(shapes.SubmissionShown, 409) | {201: {"model": shapes.SubmissionShown}},
)
async def add(
    request: shapes.SubmissionRequest,
    parts: Parts,
    who: Intake,
    idempotency_key: IdempotencyKey = None,
) -> Json:
    """保存一条留言（打码后）和当时的建议。重复的请求返回 200 和先前保存的那一条。"""
    item = await tag_one(parts, request.text, station=request.station, masked=True)
    new = NewSubmission(
        suggestion=item,
        source=request.source,
        station=request.station,
        external_id=request.external_id,
        bands=bands_of(item["text"]),
    )
    found, is_new = await run_in_threadpool(
        parts.store.add,
        new,
        idempotency_key=f"{who.key_id}:{idempotency_key}" if idempotency_key else None,
        request_hash=_digest(request) if idempotency_key else None,
    )
    headers = {"Location": f"/api/v1/submissions/{found.id}"}
    return Json(show.submission(found), 201 if is_new else 200, headers=headers)


@router.get("/submissions", responses=answers(shapes.SubmissionPage))
def listed(
    filters: Narrowed, parts: Parts, _: Intake, cursor: Cursor = None, limit: Limit = 50
) -> Json:
    """列出留言，新的在前；按游标翻页。"""
    return Json(show.page(read_page(parts.store, filters, cursor, limit)))


@router.get("/queue", responses=answers(shapes.SubmissionPage))
def queue(parts: Parts, _: Intake, cursor: Cursor = None, limit: Limit = 50) -> Json:
    """列出未办的留言，最该先看的在前。"""
    return Json(show.page(read_queue(parts.store, cursor, limit)))


@router.get("/submissions/{id}", responses=answers(shapes.SubmissionShown, 404))
def get(id: SubmissionId, parts: Parts, who: Intake) -> Json:
    """读一条留言。读者和时间会记入审计。"""
    parts.store.record_read(who.name, id)
    return Json(show.submission(parts.store.get(id)))


@router.get("/submissions/{id}/history", responses=answers(shapes.HistoryShown, 404))
def history(id: SubmissionId, parts: Parts, who: Intake) -> Json:
    """一条留言的全部决定，旧的在前。读者和时间会记入审计。"""
    parts.store.record_read(who.name, id)
    return Json({"items": [show.change(one) for one in parts.store.history(id)]})


@router.post("/submissions/{id}/decision", responses=answers(shapes.SubmissionShown, 404, 409))
def decide(id: SubmissionId, request: shapes.DecisionRequest, parts: Parts, who: Intake) -> Json:
    """记下一个人的决定。version 与现在的不符时返回 409，不覆盖别人的决定。

    同一个决定发送两次，第二次与第一次同样作答：断线后可以放心重试。
    """
    _check_codes(parts.served.triage, request)
    also = request.department_also
    decision = Decision(
        category=request.category,
        department=request.department,
        decided_by=_signature(request.decided_by, who),
        saw_suggestion=request.saw_suggestion,
        topic=request.topic,
        department_also=None if also is None else tuple(also),
    )
    return Json(show.submission(_decide(parts, id, decision, request.version)))


def _decide(parts: Service, id: str, decision: Decision, version: int) -> Submission:
    try:
        return parts.store.decide(id, decision, expected_version=version)
    except Conflict:
        now = parts.store.get(id)
        if now.version == version + 1 and _is_same(now, decision):
            return now
        raise


def _is_same(now: Submission, decision: Decision) -> bool:
    held = now.decision
    return (
        held is not None
        and (held.kind != "independent") == decision.saw_suggestion
        and (held.category, held.department, held.topic, held.department_also, held.decided_by)
        == (
            decision.category,
            decision.department,
            decision.topic,
            decision.department_also,
            decision.decided_by,
        )
    )


def _check_codes(triage: Triage, request: shapes.DecisionRequest) -> None:
    """Refuse codes that are none; a typing slip would stand in every figure after."""
    taxonomy, desks = triage.model.taxonomy, triage.router.departments.by_code
    wanted = [request.department, *(request.department_also or ())]
    if request.category not in taxonomy.categories:
        raise _unknown("category", "类别", list(taxonomy.categories))
    if request.topic is not None:
        topics = [topic.code for topic in taxonomy.topics_of(request.category)]
        if request.topic not in topics:
            raise _unknown("topic", "这个类别的主题", topics)
    if any(code is not None and code not in desks for code in wanted):
        raise _unknown("department", "部门", list(desks))


def _unknown(field: str, chinese: str, known: list[str]) -> Problem:
    return Problem(
        422,
        "invalid",
        f"{field} 不是已知的{chinese}。可用的：{'、'.join(known)}。",
        f"Unknown {field}. Available: {', '.join(known)}.",
        errors=[{"field": f"body.{field}", "reason": "unknown"}],
    )


def _signature(claimed: str, who: Principal) -> str:
    """Return who decided: the name given, with the key it came by where they differ.

    >>> _signature("张三", Principal("一号窗口", "intake", "1", "key"))
    '张三（一号窗口）'
    """
    claimed = claimed.strip()
    return f"{claimed}（{who.name}）" if claimed and claimed != who.name else who.name


def _digest(request: shapes.SubmissionRequest) -> str:
    body: dict[str, Any] = request.model_dump()
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

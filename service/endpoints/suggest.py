"""`/suggest` and `/tag`: messages in, tagged items out; nothing is kept."""

from functools import partial
from typing import Any

from fastapi import APIRouter

from pipeline.documents import MAX_CHARACTERS
from pipeline.records import Message, Rejection, TaggedItem
from pipeline.triage import Triage
from service.answers import Json
from service.context import Parts, Service
from service.openapi import API, answers
from service.principals import Intake
from service.problems import Problem
from service.schemas import items as shapes

# A message of this many characters takes some ten milliseconds; longer ones get a thread.
_SHORT = 1_000

router = APIRouter(prefix=API, tags=["建议"])


@router.post("/suggest", responses=answers(shapes.TaggedItem))
async def suggest(message: shapes.SuggestRequest, parts: Parts, _: Intake) -> Json:
    """看一条留言：类别、主题、部门和理由。不保存。"""
    return Json(await tag_one(parts, message.text, station=message.station, masked=message.mask))


@router.post("/tag", responses=answers(shapes.TagResponse))
async def tag(request: shapes.TagRequest, parts: Parts, _: Intake) -> Json:
    """给至多 1,000 条留言打标签。读不了的列入 rejected。不保存。"""
    messages = [Message(one.id, one.text, one.station) for one in request.items]
    work = partial(_tag_all, parts.served.triage, messages, masked=request.mask)
    result = await parts.bulk.run(work, is_short=False)
    for item in result["items"]:
        parts.metrics.count(item)
    return Json(result)


async def tag_one(parts: Service, text: str, *, station: str, masked: bool) -> dict[str, Any]:
    """Return the tagged item of one message, when its turn has come.

    Raises:
        Problem: too many are waiting (429), or the text cannot be read (422).
    """
    work = partial(_tag_one, parts.served.triage, Message("", text, station), masked=masked)
    item = await parts.gate.run(work, is_short=len(text) <= _SHORT)
    parts.metrics.count(item)
    return item


def _tag_one(triage: Triage, message: Message, *, masked: bool) -> dict[str, Any]:
    [result] = triage.pipe([message], masked=masked)
    if isinstance(result, Rejection):
        raise Problem(
            422,
            "invalid",
            f"{result.detail}。请检查输入的文字。",
            f"Cannot read this text ({result.reason}); at most {MAX_CHARACTERS} characters.",
        )
    return result.to_dict()


def _tag_all(triage: Triage, messages: list[Message], *, masked: bool) -> dict[str, Any]:
    results = list(triage.pipe(messages, masked=masked))
    return {
        "items": [one.to_dict() for one in results if isinstance(one, TaggedItem)],
        "rejected": [
            {"id": one.id, "reason": one.reason, "detail": one.detail}
            for one in results
            if isinstance(one, Rejection)
        ],
    }

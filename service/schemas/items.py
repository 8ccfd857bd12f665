"""Messages that come in and tagged items that go out."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from pipeline.documents import MAX_CHARACTERS
from service.schemas.base import Sent, ShortText, Shown

MAX_ITEMS = 1_000
MAX_NOTE_CHARACTERS = 500_000

_TEXT = "村口的路灯坏了半个月，晚上看不见路，请派人来修。"
_EXAMPLE_MESSAGE: dict[str, Any] = {"text": _TEXT, "station": "宣恩县/珠山镇"}
_EXAMPLE_ITEM: dict[str, Any] = {
    "id": "",
    "text": _TEXT,
    "category": "public_services",
    "category_name": "公共服务",
    "confidence": 0.97,
    "categories": [{"code": "public_services", "name": "公共服务", "probability": 0.97}],
    "second_category": None,
    "topic": "street_lights",
    "topic_name": "路灯照明",
    "department": "housing",
    "department_name": "宣恩县住房和城乡建设局",
    "departments": [
        {
            "code": "housing",
            "name": "宣恩县住房和城乡建设局",
            "score": 0.8,
            "role": "lead",
            "reason": "主题“路灯照明”",
        }
    ],
    "level": "county",
    "place": "宣恩县/珠山镇",
    "places": [],
    "urgency": "normal",
    "needs_review": False,
    "review_reasons": [],
    "evidence": [{"text": "路灯", "start": 3, "end": 5, "weight": 1.2}],
    "repairs": [],
    "garbled": [],
    "masked": [],
    "model": "default@3f2a1c9b",
}

Text = Annotated[
    str, Field(min_length=1, max_length=MAX_CHARACTERS, description="正文，不超过 20,000 字。")
]
Station = Annotated[ShortText, Field(description="收件站点：县市/乡镇，或它的名称。")]
Mask = Annotated[bool, Field(description="把电话、证件号等换成占位；偏移量随之而变。")]


class SuggestRequest(Sent):
    """One message to look at."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_MESSAGE]})

    text: Text
    station: Station = ""
    mask: Mask = False


class TagItem(Sent):
    """One of many messages."""

    id: Annotated[ShortText, Field(description="您的编号，原样返回。")]
    text: Annotated[str, Field(description="正文；空的或超过 20,000 字的列入 rejected。")]
    station: Station = ""


class TagRequest(Sent):
    """Many messages."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [{"id": "1"} | _EXAMPLE_MESSAGE]}]}
    )

    items: Annotated[list[TagItem], Field(max_length=MAX_ITEMS)]
    mask: Mask = False


class NoteText(Sent):
    """A meeting note, pasted."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_CHARACTERS)]


class CategoryChance(Shown):
    """A category with its calibrated probability."""

    code: str
    name: str
    probability: Annotated[float, Field(ge=0, le=1)]


class DepartmentShown(Shown):
    """A department, and why."""

    code: str
    name: str
    score: float
    role: Literal["lead", "co"]
    reason: str


class SpanShown(Shown):
    """A stretch of the text; offsets count code points."""

    text: str
    start: int
    end: int


class MaskedSpan(Shown):
    """Personal data in the text, or the placeholder that stands for it."""

    kind: str
    start: int
    end: int


class EvidenceShown(SpanShown):
    """What moved the decision, in log-odds."""

    weight: float


class PlaceShown(SpanShown):
    """A place named in the text; `candidates` where the name is ambiguous."""

    path: str | None
    candidates: list[str] | None = None


class TaggedItem(Shown):
    """A message with everything decided about it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_ITEM]})

    id: str
    text: str
    category: str
    category_name: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    categories: list[CategoryChance]
    second_category: str | None
    topic: str | None
    topic_name: str | None
    department: str | None
    department_name: str | None
    departments: list[DepartmentShown]
    level: Literal["village", "township", "county", "prefecture"]
    place: str | None
    places: list[PlaceShown]
    urgency: Literal["normal", "urgent", "emergency"]
    needs_review: bool
    review_reasons: list[str]
    evidence: list[EvidenceShown]
    second_evidence: list[EvidenceShown] | None = None
    repairs: list[str]
    garbled: list[SpanShown]
    masked: list[MaskedSpan]
    model: str


class RejectedItem(Shown):
    """A message that could not be tagged, and why."""

    id: str
    reason: Literal["empty_text", "text_too_long"]
    detail: str


class TagResponse(Shown):
    """What became of every message: each is in one of the lists."""

    items: list[TaggedItem]
    rejected: list[RejectedItem]


class AskShown(Shown):
    """An ask of a note; its offsets count code points in the note's text."""

    source: str
    paragraph: int
    start: int
    end: int
    speaker: str | None
    context: str | None
    ask: str
    item: TaggedItem | None


class NoteShown(Shown):
    """A note as it was read, with the asks in it."""

    source: str
    text: str
    asks: list[AskShown]


class NotesResponse(Shown):
    """The notes of a file: one, or one a sheet of a workbook."""

    notes: list[NoteShown]

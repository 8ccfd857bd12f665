"""Submissions, decisions, and figures about them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from service.schemas.base import Code, Sent, ShortText, Shown
from service.schemas.items import Station, TaggedItem, Text

_DECISION: dict[str, Any] = {
    "version": 1,
    "category": "public_services",
    "department": "housing",
    "saw_suggestion": True,
    "decided_by": "张三",
}
_SUBMISSION: dict[str, Any] = {"text": "村口的路灯坏了半个月，请派人来修。", "source": "窗口"}


def _in_range(moment: datetime) -> datetime:
    if not datetime(1970, 1, 2, tzinfo=UTC) <= moment <= datetime(2999, 1, 1, tzinfo=UTC):
        raise ValueError("out of range")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_range)]


class SubmissionRequest(Sent):
    """A message to be kept. What is kept is masked."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUBMISSION]})

    text: Text
    source: Annotated[ShortText, Field(min_length=1, description="来源：窗口、热线、小程序……")]
    station: Station = ""
    external_id: Annotated[ShortText, Field(description="原系统里的编号。")] | None = None


class DecisionRequest(Sent):
    """What a person decided."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DECISION]})

    version: Annotated[int, Field(ge=1, le=2**31, description="您看到的版本；不符则 409。")]
    category: Code
    department: Annotated[Code | None, Field(description="主办部门；没有诉求时为 null。")]
    topic: Code | None = None
    department_also: Annotated[list[Code], Field(max_length=20)] | None = None
    saw_suggestion: Annotated[bool, Field(description="决定时屏幕上有没有显示建议。")]
    decided_by: Annotated[ShortText, Field(description="经办人；不写则为密钥的名称。")] = ""


class SimilarRequest(Sent):
    """A message, to find earlier ones that ask for the same."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": _SUBMISSION["text"]}]})

    text: Text
    station: Station = ""
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class DecidedShown(Shown):
    """A decision as it stands."""

    category: str
    topic: str | None
    department: str | None
    department_also: list[str] | None
    decided_by: str
    decided_at: datetime
    kind: Literal["accepted", "corrected", "independent"]


class SubmissionShown(Shown):
    """A message, what was suggested, and what was decided."""

    id: str
    created_at: datetime
    source: str
    station: str
    external_id: str | None
    text: str
    place: str
    suggestion: TaggedItem
    model: str
    confidence: float
    needs_review: bool
    priority: int
    version: int
    status: Literal["open", "decided"]
    category: str
    department: str | None
    decision: DecidedShown | None


class SubmissionPage(Shown):
    """Submissions in order; `next_cursor` leads on, and is null at the end."""

    items: list[SubmissionShown]
    next_cursor: str | None


class ChangeShown(Shown):
    """One step of a history."""

    version: int
    before: DecidedShown | None
    after: DecidedShown


class HistoryShown(Shown):
    """Every decision about a submission, oldest first."""

    items: list[ChangeShown]


class SimilarShown(Shown):
    """An earlier submission, and how alike it is (0–1)."""

    similarity: float
    submission: SubmissionShown


class SimilarList(Shown):
    """Earlier submissions that ask for the same, most alike first."""

    items: list[SimilarShown]


class TallyShown(Shown):
    """How many, how many need review, how they were decided."""

    total: int
    needs_review: int
    accepted: int
    corrected: int
    independent: int
    decided: int
    review_share: float


class CorrectionShown(Shown):
    """How often one category was corrected to another."""

    suggested: str
    decided: str
    count: int


class OverviewShown(Shown):
    """The figures of the overview; "" stands for none."""

    total: TallyShown
    by_category: dict[str, TallyShown]
    by_county: dict[str, TallyShown]
    by_month: dict[str, TallyShown]
    by_department: dict[str, TallyShown]
    corrections: list[CorrectionShown]


class Named(Shown):
    """A code with its name."""

    code: str
    name: str


class CategoryShown(Named):
    """A category with its topics."""

    topics: list[Named]


class TaxonomyShown(Shown):
    """All codes with their names."""

    version: str
    categories: list[CategoryShown]
    fallback: str | None
    departments: list[Named]
    review_reasons: dict[str, str]


class ModelShown(Shown):
    """The model that serves."""

    name: str
    version: str
    digest: str
    thresholds: dict[str, float]
    card: dict[str, Any]


class Health(Shown):
    """That the service answers, and with which model."""

    status: Literal["ok"]
    model: str


class ProblemDocument(Shown):
    """A problem (RFC 9457). `code` is for programs; `detail` is Chinese, `detail_en` English."""

    type: str
    title: str
    status: int
    detail: str
    detail_en: str
    code: str
    request_id: str
    errors: list[dict[str, str]] | None = None

"""The records that go into a store and come out of it. No row object leaves the store.

All are frozen, and times are aware and in UTC. `suggestion` is the tagged item of the
contract; it and every other text must be masked before it gets here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["open", "decided"]
Kind = Literal["accepted", "corrected", "independent"]
Role = Literal["intake", "analyst", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """A message to be kept.

    Attributes:
        suggestion: the tagged item as it will be shown. Its `text` is the submission's text:
            there is no second copy that could have been left unmasked.
        source: the channel it came by (窗口, 热线, 小程序 …).
        station: who took it in.
        external_id: its id in the system it came from.
        bands: band hashes (unsigned, 64 bits) by which `similar` finds it.
    """

    suggestion: Mapping[str, Any]
    source: str
    station: str = ""
    external_id: str | None = None
    bands: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The masked text."""
        return str(self.suggestion["text"])

    @property
    def place(self) -> str:
        """`县市` or `县市/乡镇`; empty where it is not known."""
        return self.suggestion["place"] or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decides about a submission.

    Attributes:
        department: the lead's code, or None where nothing is asked of anybody.
        saw_suggestion: whether the suggestion was on the screen. It has no default: a
            decision taken blind is worth far more as evidence than one that only agrees.
        topic, department_also: None where the person did not say.
    """

    category: str
    department: str | None
    decided_by: str
    saw_suggestion: bool
    topic: str | None = None
    department_also: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it stands in the store.

    `kind` tells three things apart: `accepted` (as suggested; weak evidence, since people
    tend to agree with a machine), `corrected` (differs from the suggestion that was shown),
    `independent` (decided without seeing one).
    """

    category: str
    topic: str | None
    department: str | None
    department_also: tuple[str, ...] | None
    decided_by: str
    decided_at: datetime
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of a submission's history: who, when and what kind stand in `after`.

    Attributes:
        version: the submission's version after the change.
        before: the decision that was replaced; None at the first.
    """

    version: int
    before: Decided | None
    after: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A message, what was suggested, and what was decided.

    Attributes:
        id: sorts by time.
        version: 1 at first, one more at every decision; `decide` must name it.
        priority: the place in the queue, higher first (see `queue.priority_of`).
        decision: the latest, or None while it is open.
    """

    id: str
    created_at: datetime
    source: str
    station: str
    external_id: str | None
    text: str
    place: str
    suggestion: Mapping[str, Any]
    model: str
    suggested_category: str
    suggested_department: str | None
    confidence: float
    needs_review: bool
    priority: int
    version: int
    decision: Decided | None

    @property
    def status(self) -> Status:
        """Whether a person has decided."""
        return "decided" if self.decision else "open"

    @property
    def category(self) -> str:
        """The category that holds now: the decided one, else the suggested one."""
        return self.decision.category if self.decision else self.suggested_category

    @property
    def department(self) -> str | None:
        """The lead department that holds now."""
        return self.decision.department if self.decision else self.suggested_department


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which submissions to list or count; what is None does not narrow.

    Attributes:
        category, department: codes that hold now (decided, else suggested).
        place: `县市` or `县市/乡镇`, with everything inside it.
        month: `YYYY-MM` in local time.
        since, until: aware times; `since` is included, `until` is not.
    """

    category: str | None = None
    department: str | None = None
    place: str | None = None
    month: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: Status | None = None
    needs_review: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Submissions in order, and the cursor of what follows (None at the end)."""

    items: tuple[Submission, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A submission that shares `shared` band hashes with the one asked about."""

    submission: Submission
    shared: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many submissions, how many need review, and how they were decided."""

    total: int = 0
    needs_review: int = 0
    accepted: int = 0
    corrected: int = 0
    independent: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.total + other.total,
            self.needs_review + other.needs_review,
            self.accepted + other.accepted,
            self.corrected + other.corrected,
            self.independent + other.independent,
        )

    @property
    def decided(self) -> int:
        """How many a person has decided."""
        return self.accepted + self.corrected + self.independent

    @property
    def review_share(self) -> float:
        """The share that needs review, 0–1."""
        return self.needs_review / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The figures of the overview.

    Attributes:
        by_category, by_county, by_month, by_department: tallies by the code, name or
            `YYYY-MM` that holds now, sorted; "" stands for none.
        corrections: (suggested category, decided category) → how many were corrected so.
    """

    total: Tally = field(default_factory=Tally)
    by_category: Mapping[str, Tally] = field(default_factory=dict)
    by_county: Mapping[str, Tally] = field(default_factory=dict)
    by_month: Mapping[str, Tally] = field(default_factory=dict)
    by_department: Mapping[str, Tally] = field(default_factory=dict)
    corrections: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key to the service; its secret is shown once, when it is made."""

    id: str
    name: str
    role: Role
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """Who looked at which submission, and when."""

    submission_id: str
    who: str
    at: datetime

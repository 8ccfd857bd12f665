"""The records a message travels in, each complete the moment it exists.

    raw text → Document → Prediction → Routing → TaggedItem

All are frozen: a step reads the record before it and makes the next one. Offsets count
Unicode code points in `Document.text`; probabilities lie in 0–1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pipeline.departments import Level

Urgency = Literal["normal", "urgent", "emergency"]
Role = Literal["lead", "co"]


class Message(NamedTuple):
    """A message as it comes in: the caller's id, the text, and who took it, where known."""

    id: str
    text: str
    station: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text: `document.text[start:end] == text`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A message as received and as it is read.

    Attributes:
        id: the caller's name for it; the only thing that logs may carry.
        raw: the text as received.
        text: the text after repair; every offset counts here.
        tokens: the words of `text` in order; joined they are `text` again.
        repairs: names of the fixers that changed something.
        garbled: stretches that could not be recovered.
        masked: stretches that hold personal data, `text` being the kind of data.
        corruption: share of the characters of `raw` that were damaged in transit, 0–1.
    """

    id: str
    raw: str
    text: str
    tokens: tuple[str, ...]
    repairs: tuple[str, ...] = ()
    garbled: tuple[Span, ...] = ()
    masked: tuple[Span, ...] = ()
    corruption: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of text that moved the decision, in log-odds of the category it speaks for."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A code with its probability."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class PredictedUrgency:
    """How soon, as the corpus has taught it.

    Attributes:
        chances: urgency → probability (0–1).
        is_emergency: whether an emergency is likely enough for a person to look at once.
        evidence: what speaks for an emergency; empty where there is none.
    """

    chances: Mapping[str, float]
    is_emergency: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model reads in a document: all categories, the winner's topics, and why.

    Attributes:
        categories: all categories, descending; the probabilities sum to 1.
        topics: topics of the winning category, descending; they sum to its probability.
            Empty where the model knows no topics.
        departments: all departments the statistical router knows, descending.
        evidence: at most eight stretches, strongest first.
        second_category: the runner-up, where the message may well belong to it too.
        second_evidence: what moved the decision towards it; empty where there is none.
        asks: probability that the message asks somebody for something (0–1).
        urgency: how soon, or None where the model has not learnt it.
    """

    categories: tuple[Scored, ...]
    topics: tuple[Scored, ...]
    departments: tuple[Scored, ...]
    evidence: tuple[Evidence, ...]
    second_category: str | None = None
    second_evidence: tuple[Evidence, ...] = ()
    asks: float = 1.0
    urgency: PredictedUrgency | None = None

    @property
    def category(self) -> str:
        """The winning category's code."""
        return self.categories[0].code

    @property
    def confidence(self) -> float:
        """The winning category's calibrated probability."""
        return self.categories[0].probability


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A place named in the text. `path` is `县市` or `县市/乡镇`, empty while ambiguous.

    `village` says that the name is a village's (its path is then the town it lies in).
    """

    text: str
    start: int
    end: int
    path: str
    candidates: tuple[str, ...] = ()
    village: bool = False


@dataclass(frozen=True, slots=True)
class DepartmentChoice:
    """A department for a message, with the reason a clerk can check. `score` is 0–1."""

    code: str
    name: str
    score: float
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a message goes: desks in order, the level, the place, how soon.

    Attributes:
        urgency_words: the words of the text that make it urgent.
        rule_disagrees: a rule names another lead than the model would.
    """

    departments: tuple[DepartmentChoice, ...]
    level: Level
    place: str
    places: tuple[PlaceMention, ...]
    urgency: Urgency
    urgency_words: tuple[str, ...] = ()
    rule_disagrees: bool = False

    @property
    def lead(self) -> DepartmentChoice | None:
        """The department that answers for it, or None where nothing is asked."""
        return next((d for d in self.departments if d.role == "lead"), None)


@dataclass(frozen=True, slots=True)
class TaggedItem:
    """A document with everything decided about it, ready to be written anywhere."""

    document: Document
    prediction: Prediction
    routing: Routing
    category_names: Mapping[str, str]
    topic_names: Mapping[str, str]
    review_reasons: tuple[str, ...]
    model: str

    @property
    def needs_review(self) -> bool:
        """Whether a person should look before anyone acts on it."""
        return bool(self.review_reasons)

    @property
    def topic(self) -> str | None:
        """The winning topic's code, or None where the model knows no topics."""
        return self.prediction.topics[0].code if self.prediction.topics else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of the contract (shared with the API)."""
        document, prediction, routing = self.document, self.prediction, self.routing
        topic, lead = self.topic, routing.lead
        return {
            "id": document.id,
            "text": document.text,
            "category": prediction.category,
            "category_name": self.category_names[prediction.category],
            "confidence": round(prediction.confidence, 4),
            "categories": [
                {
                    "code": c.code,
                    "name": self.category_names[c.code],
                    "probability": round(c.probability, 6),
                }
                for c in prediction.categories
            ],
            "second_category": prediction.second_category,
            "topic": topic,
            "topic_name": self.topic_names[topic] if topic else None,
            "department": lead.code if lead else None,
            "department_name": lead.name if lead else None,
            "departments": [
                {
                    "code": d.code,
                    "name": d.name,
                    "score": round(d.score, 4),
                    "role": d.role,
                    "reason": d.reason,
                }
                for d in routing.departments
            ],
            "level": routing.level,
            "place": routing.place or None,
            "places": [
                {"text": p.text, "start": p.start, "end": p.end, "path": p.path or None}
                | ({"candidates": list(p.candidates)} if p.candidates else {})
                for p in routing.places
            ],
            "urgency": routing.urgency,
            "needs_review": self.needs_review,
            "review_reasons": list(self.review_reasons),
            "evidence": [_evidence_dict(e) for e in prediction.evidence],
            "repairs": list(document.repairs),
            "garbled": [_span_dict(span) for span in document.garbled],
            "masked": [
                {"kind": span.text, "start": span.start, "end": span.end}
                for span in document.masked
            ],
            "model": self.model,
        } | self._second_evidence()

    def _second_evidence(self) -> dict[str, Any]:
        """What speaks for the second category: an addition to the contract, only with one."""
        evidence = [_evidence_dict(e) for e in self.prediction.second_evidence]
        return {"second_evidence": evidence} if evidence else {}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A message that could not be tagged, and why (`reason` is a code, `detail` Chinese)."""

    id: str
    reason: str
    detail: str


def _evidence_dict(evidence: Evidence) -> dict[str, Any]:
    return {
        "text": evidence.text,
        "start": evidence.start,
        "end": evidence.end,
        "weight": round(evidence.weight, 3),
    }


def _span_dict(span: Span) -> dict[str, Any]:
    return {"text": span.text, "start": span.start, "end": span.end}

"""What a segment of a note is: an ask, or something that only looks like one.

The kind is learnt like a category, by the same trainer, from `corpora/segments`, and
explained the same way. A heading or a column's name says what to expect below it; that is
data too (`corpora/notes.toml`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.balance import Progress
from pipeline.corpus import LabelledMessage
from pipeline.documents import read_document
from pipeline.errors import DataFileError
from pipeline.features import MANNER
from pipeline.model import Model
from pipeline.notes.splitting import Segment
from pipeline.records import Document, Evidence, Prediction
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy, read_toml
from pipeline.training import train

ASK = "ask"
KINDS = {
    ASK: "诉求",
    "promise": "承诺交办",
    "done": "已办",
    "praise": "表扬",
    "procedure": "程序",
    "narrative": "叙述",
}
# Columns of a register: what is wanted, what became of it, and anything else.
MATTER, REPLY, ASIDE = "matter", "reply", "aside"
ROLES = (MATTER, REPLY, ASIDE)
_NO_WORD = re.compile(r"[\W_]")
# An ask said in fewer characters than this is only one in a list or a register.
_SHORTEST_ASK = 5
# How many times likelier a heading makes the kind it speaks of.
_HINT = 4.0
# How many times less likely a kind is where it does not belong.
_NEVER = 1000.0
# How many times likelier it is that a bare noun is an ask where it stands in a list of them.
_ITEM = 50.0


@dataclass(frozen=True, slots=True)
class KindedSegment:
    """A segment with its kind, how sure that is (0–1), and the words that decided."""

    segment: Segment
    kind: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Hints:
    """Words in headings and column names that say what stands below.

    Attributes:
        words: for headings, kind → words.
        columns: for columns of registers, role → words (`MATTER`, `REPLY`, `ASIDE`).
        shares: how often each kind occurs among the sentences of a note (0–1).
        unsettled: words of replies that leave a matter open.
    """

    words: Mapping[str, Sequence[str]]
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    unsettled: Sequence[str] = ()

    def is_open(self, reply: str) -> bool:
        """Whether a reply in a register says that the matter is not settled yet.

        >>> Hints({}, unsettled=["未回"]).is_open("已去函，未回")
        True
        """
        return any(word in reply for word in self.unsettled)

    def role_of(self, column: str) -> str | None:
        """Return the role of a register's column, or None where its name says nothing.

        >>> Hints({}, {"matter": ["诉求"], "reply": ["办理"]}).role_of("诉求内容")
        'matter'
        """
        found = (role for role, words in self.columns.items() if any(w in column for w in words))
        return next(found, None)

    def kind_of(self, heading: str) -> str | None:
        """Return the kind the innermost heading speaks of.

        >>> Hints({"ask": ["反映"]}).kind_of("一、会议情况 / （一）群众反映")
        'ask'
        """
        for part in reversed(heading.split(" / ")):
            for kind, words in self.words.items():
                if any(word in part for word in words):
                    return kind
        return None

    @classmethod
    def from_file(cls, path: Path) -> "Hints":
        """Read `notes.toml`.

        Raises:
            DataFileError: a kind or a role does not exist.
        """
        data = read_toml(path)
        for section, known in (("headings", tuple(KINDS)), ("columns", ROLES)):
            for name in data.get(section, {}):
                if name not in known:
                    listed = "、".join(known)
                    raise DataFileError(
                        f"{path.name}：[{section}] 里的 {name!r} 不认识。可用的：{listed}。",
                        f"{path.name}: unknown name {name!r}. Available: {listed}.",
                    )
        return cls(
            data.get("headings", {}),
            data.get("columns", {}),
            data.get("shares", {}),
            data.get("replies", {}).get("unsettled", ()),
        )


def train_kinds(
    segments: Sequence[LabelledMessage],
    segmenter: Segmenter,
    *,
    name: str = "kinds",
    shares: Mapping[str, float] | None = None,
    progress: Progress = lambda step: None,
) -> Model:
    """Train the model of kinds on labelled segments (`category` holds the kind).

    Args:
        shares: how often each kind occurs in notes (`Hints.shares`).
    """
    taxonomy = Taxonomy.from_dict(
        {"version": "kinds", "categories": KINDS, "shares": dict(shares or {})}
    )
    return train(segments, taxonomy, segmenter, name=name, views=MANNER, progress=progress)


def read_kinds(
    segments: Sequence[Segment], model: Model, segmenter: Segmenter, hints: Hints
) -> list[KindedSegment]:
    """Tell the kind of every segment, in order. Headings and head lines are procedure.

    In a register the columns' names say more than the words: what stands under 承办单位 is no
    ask, and what stands under 诉求 no longer is one where the reply says it is done.
    """
    documents = [read_document(segment.text, segmenter) for segment in segments]
    readable = [d for d in documents if isinstance(d, Document)]
    predictions = iter(model.predict(readable))
    matters = {s.paragraph for s in segments if hints.role_of(s.column) == MATTER}
    kinded = []
    for segment, document in zip(segments, documents, strict=True):
        prediction = next(predictions) if isinstance(document, Document) else None
        if prediction is None or not _says_something(segment):
            kinded.append(KindedSegment(segment, "procedure", 1.0))
            continue
        weights = _weights(segment, hints, in_register=segment.paragraph in matters)
        kinded.append(_decide(segment, prediction, weights))
    return _settle(kinded, hints)


def _says_something(segment: Segment) -> bool:
    words = any(character.isalnum() for character in segment.text)
    return words and not segment.is_heading and not segment.is_field


def _weights(segment: Segment, hints: Hints, *, in_register: bool) -> dict[str, float]:
    """Return how many times likelier each kind is for where the segment stands."""
    role = hints.role_of(segment.column) if segment.column else None
    if segment.is_item or role == MATTER:
        return {ASK: _ITEM}
    if role == REPLY:
        return {ASK: 1 / _NEVER, "praise": 1 / _NEVER, "procedure": 1 / _NEVER}
    if role == ASIDE or (segment.column and in_register):
        return {ASK: 1 / _NEVER}
    if not segment.column and len(_NO_WORD.sub("", segment.text)) < _SHORTEST_ASK:
        return {ASK: 1 / _NEVER}
    hint = hints.kind_of(segment.column) or hints.kind_of(segment.heading)
    return {hint: _HINT} if hint else {}


def _decide(
    segment: Segment, prediction: Prediction, weights: Mapping[str, float]
) -> KindedSegment:
    chances = {c.code: c.probability * weights.get(c.code, 1.0) for c in prediction.categories}
    kind = max(chances, key=lambda k: chances[k])
    evidence = prediction.evidence if kind == prediction.category else ()
    return KindedSegment(segment, kind, chances[kind] / sum(chances.values()), evidence)


def _settle(kinded: Sequence[KindedSegment], hints: Hints) -> list[KindedSegment]:
    """In a register's row whose reply ends with what was done, the matter is done too."""
    reply: dict[int, str] = {}
    for one in kinded:
        if one.segment.column and hints.role_of(one.segment.column) == REPLY:
            reply[one.segment.paragraph] = one.kind
            if hints.is_open(one.segment.text):
                reply[one.segment.paragraph] = "promise"
    return [
        replace(one, kind="done", evidence=())
        if one.kind == ASK and one.segment.column and reply.get(one.segment.paragraph) == "done"
        else one
        for one in kinded
    ]

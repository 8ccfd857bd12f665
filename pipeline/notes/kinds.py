"""What a segment of a note is: an ask, or something that only looks like one.

The kind is learnt like a category, by the same trainer, from `corpora/segments`, and
explained the same way. A heading or a column's name says what to expect below it
(`pipeline.notes.hints`), and so do the sentences around (`pipeline.notes.context`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.balance import Progress
from pipeline.corpus import LabelledMessage
from pipeline.documents import read_document
from pipeline.features import MANNER
from pipeline.model import LinearHead, Model
from pipeline.notes.context import fit_context, read_in_context
from pipeline.notes.hints import ASIDE, ASK, KINDS, MATTER, REPLY, Hints, read_roles
from pipeline.notes.plain import plain
from pipeline.notes.splitting import Segment
from pipeline.records import Document, Evidence, Prediction
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train

_NO_WORD = re.compile(r"[\W_]")
# An ask said in fewer characters than this is only one in a list or a register.
_SHORTEST_ASK = 4
# How many times likelier a heading makes the kind it speaks of.
_HINT = 4.0
# How many times less likely a kind is where it does not belong.
_NEVER = 1000.0
# A few pasted lines are no note: each is read by itself.
_FLOWING = 8
# How much the model of messages has to say on whether something is asked: the power of its
# odds, and how sure it may be.
_SAY, _SUREST = 0.3, 0.9
# How many times likelier it is that a bare noun is an ask where it stands in a list of them.
_ITEM = 50.0
# The same for what stands in a register's column of wishes, where praise is written too.
_WANTED = 8.0


Requests = Callable[[Sequence[Document]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class KindedSegment:
    """A segment with its kind, how sure that is (0–1), and the words that decided.

    `role` is that of its column in a register (`pipeline.notes.hints`).
    """

    segment: Segment
    kind: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    role: str | None = None


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
        segments: those with a `group` are whole notes: the sentences of a group, in order.
        shares: how often each kind occurs in notes (`Hints.shares`).
    """

    def fit(kinds: Sequence[str], chances: NDArray[np.float64]) -> LinearHead:
        notes = _whole_notes(segments)
        order = [list(kinds).index(kind) for kind in KINDS]
        return fit_context(
            [
                (chances[rows][:, order].astype(np.float32), [segments[i].text for i in rows])
                for rows in notes
            ],
            [[segments[i].category for i in rows] for rows in notes],
        )

    taxonomy = Taxonomy.from_dict(
        {"version": "kinds", "categories": KINDS, "shares": dict(shares or {})}
    )
    context = fit if _whole_notes(segments) else None
    return train(
        segments, taxonomy, segmenter, name=name, views=MANNER, fit_context=context,
        progress=progress,
    )  # fmt: skip


def _whole_notes(segments: Sequence[LabelledMessage]) -> list[list[int]]:
    notes: dict[str, list[int]] = {}
    for row, segment in enumerate(segments):
        if segment.group:
            notes.setdefault(segment.group, []).append(row)
    return list(notes.values())


def read_kinds(
    segments: Sequence[Segment],
    model: Model,
    segmenter: Segmenter,
    hints: Hints,
    *,
    requests: Requests | None = None,
) -> list[KindedSegment]:
    """Tell the kind of every segment, in order. Headings and head lines are procedure.

    In a register the columns' names say more than the words: what stands under 承办单位 is no
    ask, and what stands under 诉求 no longer is one where the reply says it is done.

    Args:
        requests: says how likely a document asks for something (0–1), by a model that was not
            taught on notes: it knows troubles that none of them told.
    """
    said = [one for one in segments if _says_something(one)]
    documents = [read_document(one.text, segmenter) for one in said]
    readable = [d for d in documents if isinstance(d, Document)]
    said = [s for s, d in zip(said, documents, strict=True) if isinstance(d, Document)]
    chances = _chances(said, readable, model)
    if requests is not None:
        for (found, _), chance in zip(chances, requests(readable), strict=True):
            found[ASK] *= _as_request(chance)
    known = dict(zip((one.start for one in said), chances, strict=True))
    roles = read_roles(segments, hints)
    matters = {s.paragraph for s, role in zip(segments, roles, strict=True) if role == MATTER}
    kinded = []
    for segment, role in zip(segments, roles, strict=True):
        if segment.start not in known:
            kind = "narrative" if segment.is_frame else "procedure"
            kinded.append(KindedSegment(segment, kind, 1.0, role=role))
            continue
        weights = _weights(segment, role, hints, in_register=segment.paragraph in matters)
        decided = _decide(segment, *known[segment.start], weights)
        kinded.append(replace(decided, role=role))
    return _settle(kinded, hints)


def _chances(
    segments: Sequence[Segment], documents: Sequence[Document], model: Model
) -> list[tuple[dict[str, float], Prediction]]:
    """Return each segment's chances, read together with its neighbours', and its evidence.

    The cells of a register and the items of a list do not follow from each other: they speak
    for themselves.
    """
    predictions = model.predict(documents)
    alone = [{c.code: c.probability for c in p.categories} for p in predictions]
    flowing = [i for i, segment in enumerate(segments) if not (segment.column or segment.is_item)]
    if model.context is not None and len(flowing) >= _FLOWING:
        rows = np.array([[alone[i][kind] for kind in KINDS] for i in flowing], np.float32)
        texts = [documents[i].text for i in flowing]
        for i, row in zip(flowing, read_in_context(model.context, rows, texts), strict=True):
            alone[i] = dict(zip(model.context.codes, map(float, row), strict=True))
    return list(zip(alone, predictions, strict=True))


def _as_request(chance: float) -> float:
    """Return how many times likelier an ask is by what the model of messages says."""
    bounded = min(max(chance, 1 - _SUREST), _SUREST)
    return float((bounded / (1 - bounded)) ** _SAY)


def _says_something(segment: Segment) -> bool:
    words = any(character.isalnum() for character in segment.text)
    framing = segment.is_heading or segment.is_field or segment.is_frame
    return words and not framing


def _weights(
    segment: Segment, role: str | None, hints: Hints, *, in_register: bool
) -> dict[str, float]:
    """Return how many times likelier each kind is for where the segment stands."""
    if segment.is_item:
        return {ASK: _ITEM}
    hint = hints.kind_of(segment.heading)
    if role == MATTER:  # unless the register stands under 议定事项, 办结情况 …
        return {hint: _WANTED} if hint in ("promise", "done") else {ASK: _WANTED}
    if role == REPLY:
        return {ASK: 1 / _NEVER, "praise": 1 / _NEVER, "procedure": 1 / _NEVER}
    if role == ASIDE or (segment.column and in_register):
        return {ASK: 1 / _NEVER}
    if not segment.column and len(_NO_WORD.sub("", segment.text)) < _SHORTEST_ASK:
        return {ASK: 1 / _NEVER}
    hint = hints.kind_of(segment.column) or hint
    return {hint: _HINT} if hint else {}


def _decide(
    segment: Segment,
    chances: Mapping[str, float],
    prediction: Prediction,
    weights: Mapping[str, float],
) -> KindedSegment:
    chances = {kind: chance * weights.get(kind, 1.0) for kind, chance in chances.items()}
    kind = max(chances, key=lambda k: chances[k])
    evidence = prediction.evidence if kind == prediction.category else ()
    return KindedSegment(segment, kind, chances[kind] / sum(chances.values()), evidence)


def _settle(kinded: Sequence[KindedSegment], hints: Hints) -> list[KindedSegment]:
    """In a register's row whose reply ends with what was done, the matter is done too."""
    reply: dict[int, str] = {}
    for one in kinded:
        if one.role == REPLY:
            reply[one.segment.paragraph] = one.kind
            if hints.is_open(plain(one.segment.text)):
                reply[one.segment.paragraph] = "promise"
    return [
        replace(one, kind="done", evidence=())
        if one.kind == ASK and one.segment.column and reply.get(one.segment.paragraph) == "done"
        else one
        for one in kinded
    ]

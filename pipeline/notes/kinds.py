"""What a segment of a note is: an ask, or something that only looks like one.

The kind is learnt like a category, by the same trainer, from `corpora/segments`, and
explained the same way. A heading or a column's name says what to expect below it; that is
data too (`corpora/notes.toml`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.balance import Progress
from pipeline.corpus import LabelledMessage
from pipeline.documents import read_document
from pipeline.errors import DataFileError
from pipeline.model import Model
from pipeline.notes.splitting import Segment
from pipeline.records import Document, Evidence
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
# How many times likelier a heading makes the kind it speaks of.
_HINT = 4.0


@dataclass(frozen=True, slots=True)
class KindedSegment:
    """A segment with its kind, how sure that is (0–1), and the words that decided."""

    segment: Segment
    kind: str
    confidence: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Hints:
    """Words in headings and column names that say what stands below: kind → words."""

    words: Mapping[str, Sequence[str]]

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
            DataFileError: a kind does not exist.
        """
        headings = read_toml(path).get("headings", {})
        for kind in headings:
            if kind not in KINDS:
                known = "、".join(KINDS)
                raise DataFileError(
                    f"{path.name}：[headings] 里的 {kind!r} 不是段落种类。可用的：{known}。",
                    f"{path.name}: unknown kind {kind!r}. Available: {known}.",
                )
        return cls({kind: tuple(words) for kind, words in headings.items()})


def train_kinds(
    segments: Sequence[LabelledMessage],
    segmenter: Segmenter,
    *,
    name: str = "kinds",
    progress: Progress = lambda step: None,
) -> Model:
    """Train the model of kinds on labelled segments (`category` holds the kind)."""
    taxonomy = Taxonomy.from_dict({"version": "kinds", "categories": KINDS})
    return train(segments, taxonomy, segmenter, name=name, progress=progress)


def read_kinds(
    segments: Sequence[Segment], model: Model, segmenter: Segmenter, hints: Hints
) -> list[KindedSegment]:
    """Tell the kind of every segment, in order. Headings and head lines are procedure."""
    documents = [read_document(segment.text, segmenter) for segment in segments]
    readable = [d for d in documents if isinstance(d, Document)]
    predictions = iter(model.predict(readable))
    kinded = []
    for segment, document in zip(segments, documents, strict=True):
        prediction = next(predictions) if isinstance(document, Document) else None
        if segment.is_heading or segment.is_field or prediction is None:
            kinded.append(KindedSegment(segment, "procedure", 1.0))
            continue
        chances = {c.code: c.probability for c in prediction.categories}
        hint = hints.kind_of(segment.column) or hints.kind_of(segment.heading)
        if hint:
            chances[hint] *= _HINT
        total = sum(chances.values())
        kind = max(chances, key=lambda k: chances[k])
        evidence = prediction.evidence if kind == prediction.category else ()
        kinded.append(KindedSegment(segment, kind, chances[kind] / total, evidence))
    return kinded

"""A note in, tagged asks out: the whole way, for the command line and the service alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model import Model
from pipeline.notes.asks import Ask, find_asks
from pipeline.notes.hints import Hints
from pipeline.notes.kinds import KindedSegment, read_kinds
from pipeline.notes.note import Note
from pipeline.notes.splitting import split
from pipeline.records import Document, Message, Rejection, TaggedItem
from pipeline.triage import Triage

# An ask shorter than this is tagged together with the heading it stands under.
_SHORT = 12


@dataclass(frozen=True, slots=True)
class TaggedAsk:
    """An ask with everything decided about it, or why it could not be tagged."""

    note: Note
    ask: Ask
    outcome: TaggedItem | Rejection

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON object: where the ask stands, and under `item` the tagged item."""
        ask, outcome = self.ask, self.outcome
        return {
            "source": self.note.source,
            "paragraph": ask.paragraph,
            "start": ask.start,
            "end": ask.end,
            "speaker": ask.speaker or None,
            "context": ask.context or None,
            "ask": ask.text,
            "item": outcome.to_dict() if isinstance(outcome, TaggedItem) else None,
        }


@dataclass(frozen=True)
class NoteReader:
    """Reads notes with a triage and a model of kinds."""

    triage: Triage
    kinds: Model
    hints: Hints

    def segments(self, note: Note) -> list[KindedSegment]:
        """Return every segment of a note with its kind; together they are the whole note."""
        return read_kinds(
            split(note), self.kinds, self.triage.segmenter, self.hints, requests=self._requests
        )

    def _requests(self, documents: Sequence[Document]) -> list[float]:
        return [prediction.asks for prediction in self.triage.model.predict(documents)]

    def asks(self, note: Note) -> Iterator[TaggedAsk]:
        """Yield the asks of a note, tagged and routed, in order."""
        found = find_asks(note, self.segments(note))
        messages = [Message(str(n), _as_message(ask), ask.place) for n, ask in enumerate(found, 1)]
        for ask, outcome in zip(found, self.triage.pipe(messages), strict=True):
            yield TaggedAsk(note, ask, outcome)


def _as_message(ask: Ask) -> str:
    """A short item says less than the heading above it; a cell stands for itself."""
    alone = ask.in_register or not ask.heading or len(ask.text) >= _SHORT
    return ask.text if alone else f"{ask.heading}：{ask.text}"

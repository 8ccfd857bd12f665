"""Scoring found asks against labelled ones: by where they stand, each used once."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.notes import NoteReader, TaggedAsk, read_notes
from pipeline.notes.note import Note
from pipeline.records import TaggedItem

_HALF = 0.5


@dataclass(frozen=True)
class Score:
    """Counts over one or more notes."""

    labelled: int
    found: int
    matched: int
    category_right: int

    @property
    def recall(self) -> float:
        return self.matched / self.labelled

    @property
    def precision(self) -> float:
        return self.matched / self.found

    @property
    def category_accuracy(self) -> float:
        return self.category_right / self.matched


def score(reader: NoteReader, folder: Path, *, show: bool = False) -> Score:
    """Run the reader over every note of a folder and count what it found of the labels."""
    labelled = found = matched = right = 0
    for labels in sorted(folder.glob("*.labels.jsonl")):
        stem = labels.name.removesuffix(".labels.jsonl")
        [path] = [p for p in folder.glob(f"{stem}.*") if p != labels]
        wanted = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
        [note] = read_notes(path)
        asks = list(reader.asks(note))
        pairs = _match(note, wanted, asks)
        labelled, found, matched = labelled + len(wanted), found + len(asks), matched + len(pairs)
        right += sum(_category(asks[b]) in _accepted(wanted[a]) for a, b in pairs)
        if show:
            _show(stem, wanted, asks, pairs)
    return Score(labelled, found, matched, right)


def _match(
    note: Note, wanted: Sequence[dict[str, Any]], asks: Sequence[TaggedAsk]
) -> list[tuple[int, int]]:
    """Pair labels with asks that share half of the shorter one's characters, best first."""
    spans = [_find(note.text, one["text"]) for one in wanted]
    pairs = []
    for a, (start, end) in enumerate(spans):
        for b, ask in enumerate(asks):
            shared = min(end, ask.ask.end) - max(start, ask.ask.start)
            if shared >= _HALF * min(end - start, ask.ask.end - ask.ask.start):
                pairs.append((shared, a, b))
    return _one_to_one(pairs)


def _one_to_one(pairs: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    taken: dict[int, int] = {}
    for _, a, b in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])):
        if a not in taken and b not in taken.values():
            taken[a] = b
    return sorted(taken.items())


def _find(text: str, wanted: str) -> tuple[int, int]:
    """Return where a label stands in the note, whatever the blanks between its characters."""
    signs = [re.escape(c) for c in re.sub(r"\s", "", wanted)]
    match = re.search(r"\s*".join(signs), text)
    assert match is not None, f"a label that is not in its note: {wanted}"
    return match.span()


def _accepted(label: dict[str, Any]) -> set[str]:
    """The category, and the others that are accepted as right."""
    return {label["category"], *label.get("also", ())}


def _category(tagged: TaggedAsk) -> str:
    item = tagged.outcome
    return item.prediction.category if isinstance(item, TaggedItem) else ""


def _show(
    stem: str,
    wanted: Sequence[dict[str, Any]],
    asks: Sequence[TaggedAsk],
    pairs: Sequence[tuple[int, int]],
) -> None:
    print(f"== {stem}: {len(pairs)} of {len(wanted)}, {len(asks)} found")
    for a, one in enumerate(wanted):
        if a not in dict(pairs):
            print("  missed:", one["text"])
    for b, ask in enumerate(asks):
        if b not in {y for _, y in pairs}:
            print("  surplus:", ask.ask.text)
    for a, b in pairs:
        if _category(asks[b]) not in _accepted(wanted[a]):
            print("  category:", wanted[a]["category"], _category(asks[b]), wanted[a]["text"])

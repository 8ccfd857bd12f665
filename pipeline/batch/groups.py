"""The groups of near-duplicates of a whole run, once all of its parts are done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.batch.parts import Part, read_signed
from pipeline.batch.results import GROUPED
from pipeline.overview.report import GroupRow
from pipeline.same_complaint import PERMUTATIONS, GroupSummary, describe_groups, group

_SHOWN = 20


@dataclass(frozen=True)
class RowGroup:
    """What is written beside a row: its group, or nothing where it stands alone."""

    summary: GroupSummary | None

    def cells(self) -> list[str]:
        """Return the values of `GROUPED`; empty where the row stands alone."""
        if self.summary is None:
            return [""] * len(GROUPED)
        return [str(self.summary.number), str(self.summary.size), *self._dates()]

    def to_dict(self) -> dict[str, Any]:
        """Return the values of `GROUPED` for JSON."""
        if self.summary is None:
            return dict.fromkeys(GROUPED)
        values = (self.summary.number, self.summary.size, *(d or None for d in self._dates()))
        return dict(zip(GROUPED, values, strict=True))

    def _dates(self) -> list[str]:
        return [self.summary.first, self.summary.last] if self.summary else ["", ""]


@dataclass(frozen=True)
class Groups:
    """The group number of every tagged row of a run (−1: alone), and what each group is."""

    numbers: NDArray[np.int64]
    summaries: dict[int, GroupSummary]
    folder: Path
    parts: Sequence[Part]

    def of_rows(self) -> Iterator[RowGroup]:
        """Yield what is written beside each tagged row, in order."""
        for number in self.numbers.tolist():
            yield RowGroup(self.summaries.get(number))


def find_groups(folder: Path, parts: Sequence[Part]) -> Groups:
    """Group the tagged rows of all parts; signatures lie on disk, not in memory."""
    places: list[str] = []
    dates: list[str] = []
    counts = [len(read_signed(folder, part.number).places) for part in parts]
    matrix = np.lib.format.open_memmap(
        folder / "signatures.npy", "w+", np.uint32, (sum(counts), PERMUTATIONS)
    )
    known: dict[str, str] = {}  # one string object a place, however many rows name it
    start = 0
    for part, count in zip(parts, counts, strict=True):
        signed = read_signed(folder, part.number)
        matrix[start : start + count] = signed.signatures
        places.extend(known.setdefault(place, place) for place in signed.places)
        dates.extend(known.setdefault(date, date) for date in signed.dates)
        start += count
    numbers = group(matrix, np.asarray(matrix.any(axis=1)), places)
    return Groups(numbers, describe_groups(numbers, dates), folder, parts)


def biggest_groups(groups: Groups) -> list[GroupRow]:
    """Return the biggest groups with the place, the topic and the text of their first row."""
    chosen = sorted(groups.summaries.values(), key=lambda s: (-s.size, s.number))[:_SHOWN]
    first = {s.number: int(np.argmax(groups.numbers == s.number)) for s in chosen}
    about: dict[int, tuple[str, str, str]] = {}
    start = 0
    for part in groups.parts:
        signed = read_signed(groups.folder, part.number)
        for number, row in first.items():
            if start <= row < start + len(signed.places):
                i = row - start
                about[number] = (signed.places[i], signed.topics[i], signed.examples[i])
        start += len(signed.places)
    return [GroupRow(s.number, s.size, s.first, s.last, *about[s.number]) for s in chosen]

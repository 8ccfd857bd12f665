"""What is new this month: which counts rose, by how much, and whether that means anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from pipeline.overview.statistics import UNKNOWN_MONTH, UNKNOWN_PLACE, Cell, count_by

# A rise counts as more than chance from this many standard deviations on: high enough that
# among some sixty topics fewer than one is expected to reach it by chance (60 × 0.6 %).
_DEVIATIONS = 2.5


@dataclass(frozen=True)
class Change:
    """A name's rows in one month and in the month compared with."""

    name: str
    before: int
    after: int

    @property
    def rise(self) -> int:
        """How many rows more."""
        return self.after - self.before

    @property
    def relative(self) -> float | None:
        """The rise as a share of the month before, or None where that had none.

        >>> Change("noise", 20, 30).relative
        0.5
        """
        return self.rise / self.before if self.before else None

    @property
    def is_notable(self) -> bool:
        """Whether the rise is larger than chance alone makes plausible.

        Counts of independent events scatter by about their square root (Poisson), the
        difference of two by the root of their sum.

        >>> [Change("noise", *n).is_notable for n in ((0, 4), (10, 20), (100, 150), (0, 12))]
        [False, False, True, True]
        """
        return self.rise > _DEVIATIONS * sqrt(self.before + self.after)


@dataclass(frozen=True)
class Comparison:
    """The latest month with rows against the one before it that has any."""

    month: str
    against: str
    all_rows: Change
    topics: tuple[Change, ...]
    counties: tuple[Change, ...]


def compare_months(cells: Mapping[Cell, int], *, until: str, most: int = 10) -> Comparison | None:
    """Return what rose most in the latest month, or None with fewer than two months.

    Args:
        until: `YYYY-MM`; later months are slips of the hand in the dates.
        most: how many topics and how many counties.
    """
    months = months_until((cell.month for cell in cells), until)
    if len(months) < 2:
        return None
    against, month = months[-2:]
    before = {cell: n for cell, n in cells.items() if cell.month == against}
    after = {cell: n for cell, n in cells.items() if cell.month == month}
    return Comparison(
        month=month,
        against=against,
        all_rows=Change("", sum(before.values()), sum(after.values())),
        topics=_risen(before, after, "topic", most),
        counties=_risen(before, after, "county", most),
    )


def months_until(months: Iterable[str], until: str) -> list[str]:
    """Return the known months up to one, in time.

    >>> months_until(["2026-03", "（日期不明）", "2026-02", "2099-01"], "2026-04")
    ['2026-02', '2026-03']
    """
    return sorted(month for month in set(months) if month != UNKNOWN_MONTH and month <= until)


def _risen(
    before: Mapping[Cell, int], after: Mapping[Cell, int], attribute: str, most: int
) -> tuple[Change, ...]:
    old, new = count_by(before, attribute), count_by(after, attribute)
    changes = [
        Change(name, old[name], n)
        for name, n in new.items()
        if n > old[name] and name not in ("", UNKNOWN_PLACE)
    ]
    return tuple(sorted(changes, key=lambda change: (-change.rise, change.name))[:most])

"""Counts laid out in rows and columns, as people read them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from pipeline.overview.statistics import UNKNOWN_MONTH, UNKNOWN_PLACE, Cell

REST = "（其余）"
EARLIER = "（更早）"
LATER = "（晚于制表）"
_SHADES = 6
_LAST = (LATER, REST, UNKNOWN_PLACE, UNKNOWN_MONTH, "")
_FIRST = (EARLIER,)

Key = Callable[[Cell], str]


@dataclass(frozen=True)
class CrossTable:
    """Counts by a row's and a column's key, with their sums."""

    rows: Sequence[str]
    columns: Sequence[str]
    counts: Mapping[tuple[str, str], int]
    row_totals: Mapping[str, int]
    column_totals: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of everything counted."""
        return sum(self.row_totals.values())

    def at(self, row: str, column: str) -> int:
        """Return a count, 0 where there is none."""
        return self.counts.get((row, column), 0)

    def shade(self, row: str, column: str) -> int:
        """Return how dark a cell is, 0 (nothing) to 5 (the largest).

        By the square root, so that one large town does not leave all others white.
        """
        n = self.at(row, column)
        most = max(self.counts.values(), default=0)
        return 0 if not n else 1 + round((_SHADES - 2) * sqrt(n / most))

    def deviation(self, row: str, column: str) -> float:
        """Return how far a count lies from what its row and column lead to expect.

        In standard deviations, chance alone giving more than 3 about once in 400 cells.
        Source: Agresti, Categorical data analysis, 2002, 3.3.1 (standardised residuals).
        """
        across, down = self.row_totals.get(row, 0), self.column_totals.get(column, 0)
        if not across * down:
            return 0.0
        expected = across * down / self.total
        spread = expected * (1 - across / self.total) * (1 - down / self.total)
        return (self.at(row, column) - expected) / sqrt(spread) if spread > 0 else 0.0


def cross(
    cells: Mapping[Cell, int],
    row: Key,
    column: Key,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> CrossTable:
    """Lay cells out, in the order given or else by descending sums.

    >>> cells = {Cell("ecology", "noise", "宣恩县", "2026-03"): 2}
    >>> table = cross(cells, lambda c: c.county, lambda c: c.month)
    >>> table.rows, table.columns, table.at("宣恩县", "2026-03")
    (['宣恩县'], ['2026-03'], 2)
    """
    counts: Counter[tuple[str, str]] = Counter()
    for cell, n in cells.items():
        counts[row(cell), column(cell)] += n
    across: Counter[str] = Counter()
    down: Counter[str] = Counter()
    for (r, c), n in counts.items():
        across[r] += n
        down[c] += n
    return CrossTable(
        rows=largest_first(across) if rows is None else rows,
        columns=largest_first(down) if columns is None else columns,
        counts=counts,
        row_totals=across,
        column_totals=down,
    )


def largest_first(counts: Mapping[str, int]) -> list[str]:
    """Return the keys by descending count, what is unknown or left over last.

    >>> largest_first({"（地点不明）": 9, "宣恩县": 1, "恩施市": 5})
    ['恩施市', '宣恩县', '（地点不明）']
    """
    return sorted(counts, key=lambda key: (key in _LAST, -counts[key], key))


def fold(names: Iterable[str], counts: Mapping[str, int], most: int) -> dict[str, str]:
    """Map all but the largest `most` names to `REST`, so that a table fits its page.

    What is unknown keeps its name and does not count.

    >>> fold("abc", {"a": 1, "b": 3, "c": 2}, 2)
    {'b': 'b', 'c': 'c', 'a': '（其余）'}
    """
    ordered = largest_first({name: counts[name] for name in names})
    known = [name for name in ordered if name not in _LAST]
    kept = set(known[:most]) if len(known) > most else set(known)
    return {name: name if name in kept or name in _LAST else REST for name in ordered}


def fold_months(months: Iterable[str], most: int, *, until: str) -> dict[str, str]:
    """Map months to `EARLIER` and `LATER`, all but the latest `most` of those up to `until`.

    >>> fold_months(["2099-01", "2026-02", "2026-03", "2025-11"], 2, until="2026-04")
    {'2025-11': '（更早）', '2026-02': '2026-02', '2026-03': '2026-03', '2099-01': '（晚于制表）'}
    """
    ordered = in_order(months)
    early = [month for month in ordered if month not in _LAST and month <= until][:-most]
    late = [month for month in ordered if month not in _LAST and month > until]
    folded = dict.fromkeys(early, EARLIER) | dict.fromkeys(late, LATER)
    return {month: folded.get(month, month) for month in ordered}


def in_order(names: Iterable[str]) -> list[str]:
    """Return months in time: what is earlier first, what is unknown last, each once.

    >>> in_order(["（日期不明）", "2026-03", "（更早）", "2026-02", "2026-02"])
    ['（更早）', '2026-02', '2026-03', '（日期不明）']
    """
    return sorted(set(names), key=lambda name: (name in _LAST, name not in _FIRST, name))

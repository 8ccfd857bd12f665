"""Where the shapes of the charts lie, in SVG's units (y grows downwards); a template draws them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.overview.statistics import BINS

WIDTH, HEIGHT = 900, 240
COLOURS = 8
_BAR = 0.72


@dataclass(frozen=True)
class Segment:
    """One part of a stacked bar: a category's rows in a month."""

    name: str
    colour: int
    count: int
    y: float
    height: float


@dataclass(frozen=True)
class StackedBar:
    """A month's bar; `x` is its left edge, `tick` what stands under it."""

    month: str
    x: float
    width: float
    total: int
    tick: str
    year: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Stack:
    """Stacked bars with the heights of their grid lines: count → y."""

    bars: tuple[StackedBar, ...]
    grid: Mapping[int, float]


def stack_months(
    months: Sequence[str], names: Mapping[str, str], counts: Mapping[tuple[str, str], int]
) -> Stack:
    """Lay out one bar a month.

    Args:
        months: `YYYY-MM`, in time; months without rows leave a gap.
        names: category → name, in the order of stacking from below.
        counts: (category, month) → rows.
    """
    totals = {m: sum(counts.get((c, m), 0) for c in names) for m in months}
    ticks = round_ticks(max(totals.values(), default=0))
    scale, slot = HEIGHT / ticks[-1], WIDTH / max(1, len(months))
    bars = tuple(
        StackedBar(
            month=month,
            x=slot * (i + (1 - _BAR) / 2),
            width=slot * _BAR,
            total=totals[month],
            tick=str(int(month[5:])),
            year=month[:4] if i == 0 or month.endswith("-01") else "",
            segments=_segments(month, names, counts, scale),
        )
        for i, month in enumerate(months)
    )
    return Stack(bars, {tick: HEIGHT - tick * scale for tick in ticks})


def _segments(
    month: str, names: Mapping[str, str], counts: Mapping[tuple[str, str], int], scale: float
) -> tuple[Segment, ...]:
    segments, below = [], 0
    for i, (category, name) in enumerate(names.items()):
        n = counts.get((category, month), 0)
        below += n
        if n:
            y, height = HEIGHT - below * scale, n * scale
            segments.append(Segment(name, i % COLOURS, n, y, height))
    return tuple(segments)


def round_ticks(top: int) -> list[int]:
    """Return at most six round numbers from 0 to at least `top` (and at least 1).

    >>> round_ticks(1740), round_ticks(3), round_ticks(0)
    ([0, 500, 1000, 1500, 2000], [0, 1, 2, 3], [0, 1])
    """
    step = next(
        digit * 10**power
        for power in range(20)
        for digit in (1, 2, 5)
        if 5 * digit * 10**power >= top
    )
    return list(range(0, max(top, 1) + step, step))


def months_between(first: str, last: str) -> list[str]:
    """Return every calendar month from the first to the last.

    >>> months_between("2025-11", "2026-01")
    ['2025-11', '2025-12', '2026-01']
    """
    start, end = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (first, last))
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(start, end + 1)]


def histogram(counts: Mapping[tuple[str, int], int], category: str) -> list[tuple[int, float]]:
    """Return a category's rows by tenth of confidence: the count, and its height (0–1).

    >>> histogram({("ecology", 9): 4, ("ecology", 8): 1}, "ecology")[-2:]
    [(1, 0.25), (4, 1.0)]
    """
    values = [counts.get((category, b), 0) for b in range(BINS)]
    top = max(values) or 1
    return [(n, n / top) for n in values]

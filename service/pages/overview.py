"""What the page `/overview` shows: the store's counts, by name and laid out for its charts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.overview.charts import Stack, months_between, stack_months
from service.pages.words import Names
from service.store import Counts, Tally

REVIEW, REST = "需要人看", "有把握"
# So that the bars of a young service are no walls.
_FEWEST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar chart; `review` and `rest` are lengths in hundredths of the longest."""

    name: str
    tally: Tally
    review: float
    rest: float


def build_overview(counts: Counts, names: Names) -> dict[str, Any]:
    """Return everything the page shows, as plain data for its template."""
    return {
        "total": counts.total,
        "charts": {
            "类别": _bars(counts.by_category, names.category),
            "县市": _bars(counts.by_county, lambda county: county or "（地点不明）"),
            "部门": _bars(counts.by_department, names.department),
        },
        "months": counts.by_month,
        "stack": _stack(counts.by_month),
        "corrections": [
            (names.category(suggested), names.category(decided), n)
            for (suggested, decided), n in sorted(counts.corrections.items(), key=lambda c: -c[1])
        ],
        "parts": (REVIEW, REST),
    }


def share(part: int, whole: int) -> str:
    """Return a share as people write it.

    >>> share(1, 8), share(0, 0)
    ('12.5%', '—')
    """
    return f"{part / whole:.1%}" if whole else "—"


def _bars(tallies: Mapping[str, Tally], name: Callable[[str], str]) -> list[Bar]:
    longest = max((tally.total for tally in tallies.values()), default=0) or 1
    return [
        Bar(
            name(code),
            tally,
            100 * tally.needs_review / longest,
            100 * (tally.total - tally.needs_review) / longest,
        )
        for code, tally in sorted(tallies.items(), key=lambda one: -one[1].total)
    ]


def _stack(by_month: Mapping[str, Tally]) -> Stack:
    counts = {
        (part, month): n
        for month, tally in by_month.items()
        for part, n in (
            (REVIEW, tally.needs_review),
            (REST, tally.total - tally.needs_review),
        )
    }
    return stack_months(_months(by_month), {REVIEW: REVIEW, REST: REST}, counts)


def _months(by_month: Mapping[str, Tally]) -> list[str]:
    """The months from the first to the last, preceded by empty ones where they are few.

    >>> _months({"2026-02": Tally(), "2026-03": Tally()})[:2]
    ['2025-04', '2025-05']
    """
    if not by_month:
        return []
    first, last = min(by_month), max(by_month)
    year, month = divmod(int(last[:4]) * 12 + int(last[5:]) - _FEWEST_MONTHS, 12)
    return months_between(min(first, f"{year}-{month + 1:02}"), last)

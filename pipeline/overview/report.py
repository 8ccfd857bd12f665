"""The overview as one page that opens and prints anywhere: no script, no font, no network.

It counts and points at rows. What citizens wrote stands in it only where that is asked for,
and then masked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.masking import mask
from pipeline.overview import sections
from pipeline.overview.changes import compare_months, months_until
from pipeline.overview.statistics import UNKNOWN_MONTH, Statistics
from pipeline.templating import render

_GROUPS_SHOWN = 20
_LONGEST_EXAMPLE = 200


@dataclass(frozen=True, slots=True)
class GroupRow:
    """The same complaint, made several times.

    Attributes:
        size: how many rows ask for it.
        first, last: the first and the last date, `YYYY-MM-DD`; empty where unknown.
        place: `县市/乡镇`, or empty.
        example: one row's text, or empty. Shown only where texts are asked for.
    """

    number: int
    size: int
    first: str
    last: str
    place: str
    topic_name: str
    example: str = ""


def render_overview(
    statistics: Statistics,
    *,
    title: str,
    made_at: datetime,
    groups: Sequence[GroupRow] = (),
    with_text: bool = False,
    functions: Mapping[str, str] | None = None,
) -> str:
    """Return the page as HTML.

    Args:
        made_at: when the counts were made, in local time. Months after it are slips of the
            hand: counted, but compared with nothing.
        groups: the groups of near-duplicates; the largest are shown.
        with_text: show (masked) examples of groups and sample rows. The rows' texts are there
            only if the statistics were told to keep them.
        functions: department code → what it does (`Departments.by_code[…].name`), which names
            the desks of all counties together.
    """
    data = build_overview(
        statistics, made_at=made_at, groups=groups, with_text=with_text, functions=functions
    )
    made = f"{made_at.year}年{made_at.month}月{made_at.day}日 {made_at:%H:%M}"
    return render("overview.html.j2", **data, title=title, made_at=made, share=sections.share)


def build_overview(
    statistics: Statistics,
    *,
    made_at: datetime,
    groups: Sequence[GroupRow] = (),
    with_text: bool = False,
    functions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return everything the page shows but its title, as plain data. Arguments as above."""
    until = f"{made_at:%Y-%m}"
    return {
        "statistics": statistics,
        "months": months_until((cell.month for cell in statistics.cells), until),
        "until": until,
        "late": sum(n for cell, n in statistics.cells.items() if _is_late(cell.month, until)),
        "categories": sections.by_category(statistics),
        "by_month": sections.by_month(statistics, until=until),
        "changes": compare_months(statistics.cells, until=until),
        "counties": sections.by_county(statistics),
        "topics": sections.by_topic(statistics, until=until),
        "departments": sections.by_department(statistics, functions or {}),
        "urgency": sections.by_urgency(statistics),
        "reasons": sections.reasons(statistics),
        "groups": _largest(groups, with_text=with_text),
        "all_groups": (len(groups), sum(group.size for group in groups)),
        "damaged": sections.damaged_files(statistics),
        "rejected": sections.rejected(statistics),
        "every_count": sections.every_count(statistics, until=until),
        "with_text": with_text,
    }


def _is_late(month: str, until: str) -> bool:
    return month != UNKNOWN_MONTH and month > until


def _largest(groups: Sequence[GroupRow], *, with_text: bool) -> list[GroupRow]:
    """The largest groups, with their examples masked or left out."""
    largest = sorted(groups, key=lambda g: (-g.size, g.number))[:_GROUPS_SHOWN]
    return [replace(g, example=_shorten(g.example) if with_text else "") for g in largest]


def _shorten(text: str) -> str:
    hidden = mask(text)
    return hidden if len(hidden) <= _LONGEST_EXAMPLE else f"{hidden[:_LONGEST_EXAMPLE]}……"

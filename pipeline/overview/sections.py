"""What each part of the page shows, as plain data; nothing here knows how it looks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.overview.changes import months_until
from pipeline.overview.charts import COLOURS, histogram, months_between, stack_months
from pipeline.overview.crosstable import (
    REST,
    CrossTable,
    cross,
    fold,
    fold_months,
    in_order,
    largest_first,
)
from pipeline.overview.statistics import Cell, Statistics, count_by
from pipeline.review import REASONS

URGENCY = {"emergency": "紧急", "urgent": "加急", "normal": "一般"}
REJECTIONS = {
    "empty_text": "文本为空",
    "text_too_long": "文本过长",
    "unreadable_row": "这一行读不出来",
}
NO_TOPIC = "（无主题）"
NO_DEPARTMENT = "（没有要办的事）"
_MONTHS_DRAWN = 24
_MONTHS_ACROSS = 12
_MONTHS_DOWN = 60
_COUNTIES_ACROSS = 12
_COUNTIES_DOWN = 30


def by_category(statistics: Statistics) -> list[dict[str, Any]]:
    """Return each category's rows, its share and what of it a person should look at."""
    counts = statistics.per_category
    return [
        {
            "code": code,
            "name": name,
            "n": counts[code],
            "share": share(counts[code], statistics.tagged),
            "review": statistics.review[code],
            "review_share": share(statistics.review[code], counts[code]),
            "bins": histogram(statistics.confidence, code),
        }
        for code, name in statistics.category_names.items()
    ]


def by_month(statistics: Statistics, *, until: str) -> dict[str, Any]:
    """Return the stacked bars and the whole table of months × categories.

    Args:
        until: `YYYY-MM`; later months are slips of the hand, and stand together in the table.
    """
    names = statistics.category_names
    shown = fold(names, statistics.per_category, COLOURS - 1)
    kept = {c: names[c] for c in names if shown[c] == c}
    legend = kept | ({REST: "其余类别"} if len(kept) < len(names) else {})
    drawn = _months_drawn(statistics.cells, until)
    counts = cross(statistics.cells, lambda c: shown[c.category], lambda c: c.month).counts
    stack = stack_months(drawn, legend, counts)
    shown_months = _folded_months(statistics.cells, _MONTHS_DOWN, until)
    return {
        "legend": legend,
        "stack": stack,
        "undrawn": statistics.tagged - sum(bar.total for bar in stack.bars),
        "table": cross(
            statistics.cells,
            lambda c: shown_months[c.month],
            lambda c: c.category,
            rows=in_order(shown_months.values()),
            columns=list(names),
        ),
    }


def by_county(statistics: Statistics) -> CrossTable:
    """Return counties × categories."""
    cells = statistics.cells
    shown = _folded_counties(cells, _COUNTIES_DOWN)
    columns = list(statistics.category_names)
    return cross(cells, lambda c: shown[c.county], lambda c: c.category, columns=columns)


def by_topic(statistics: Statistics, *, until: str) -> dict[str, Any]:
    """Return the topics: in order of size, across counties and across months."""
    cells = statistics.cells
    counties = _folded_counties(cells, _COUNTIES_ACROSS)
    months = _folded_months(cells, _MONTHS_ACROSS, until)
    rows = _topics_in_order(statistics, cells)
    across = cross(cells, topic_key, lambda c: counties[c.county], rows=rows)
    return {
        "largest": largest_first(across.row_totals),
        "labels": topic_labels(statistics),
        "counties": across,
        "months": cross(
            cells,
            topic_key,
            lambda c: months[c.month],
            rows=rows,
            columns=in_order(months.values()),
        ),
    }


def by_department(statistics: Statistics, functions: Mapping[str, str]) -> dict[str, Any]:
    """Return the rows that each department leads, and each desk of it.

    Args:
        functions: code → what a department does. One that is not in it goes by the desk of it
            that has most, since the same function has another desk in each county.
    """
    counts: Counter[str] = Counter()
    desks: Counter[str] = Counter()
    names: dict[str, str] = {"": NO_DEPARTMENT} | dict(functions)
    for (code, name), n in sorted(statistics.departments.items(), key=lambda d: (-d[1], d[0])):
        counts[code] += n
        desks[name or NO_DEPARTMENT] += n
        names.setdefault(code, _desk_name(name, code, statistics))
    return {
        "names": names,
        "counts": counts,
        "largest": largest_first(counts),
        "desks": sorted(desks.items(), key=lambda desk: (-desk[1], desk[0])),
    }


def by_urgency(statistics: Statistics) -> dict[str, Any]:
    """Return the urgencies' names and sums, the most urgent first."""
    levels = [*URGENCY, *sorted({how for _, how in statistics.urgency} - set(URGENCY))]
    totals = {how: sum(n for (_, h), n in statistics.urgency.items() if h == how) for how in levels}
    return {"names": {how: URGENCY.get(how, how) for how in levels}, "totals": totals}


def reasons(statistics: Statistics) -> list[tuple[str, int]]:
    """Return the reasons to look at a row, the commonest first."""
    counts = {code: n for code, n in statistics.reasons.items() if n}
    return [(REASONS.get(code, code), counts[code]) for code in largest_first(counts)]


def damaged_files(statistics: Statistics) -> list[dict[str, Any]]:
    """Return the files with any damage, the worst first."""
    files = sorted(statistics.files.items(), key=lambda f: (-f[1].corruption, -f[1].garbled, f[0]))
    return [
        {"source": source, "damage": damage}
        for source, damage in files
        if damage.garbled or damage.corruption or damage.looks_damaged
    ]


def rejected(statistics: Statistics) -> list[tuple[str, str, int]]:
    """Return file, reason and number of rejected rows, the most first."""
    counts = sorted(statistics.rejections.items(), key=lambda r: (-r[1], r[0]))
    return [(source, REJECTIONS.get(reason, reason), n) for (source, reason), n in counts]


def every_count(statistics: Statistics, *, until: str) -> dict[str, CrossTable]:
    """Return, for each of the largest counties, topics × months: the finest counts there are."""
    months = _folded_months(statistics.cells, _MONTHS_ACROSS, until)
    shown = _folded_counties(statistics.cells, _COUNTIES_DOWN)
    parts: dict[str, dict[Cell, int]] = {county: {} for county in shown.values()}
    for cell, n in statistics.cells.items():
        parts[shown[cell.county]][cell] = n
    columns = in_order(months.values())
    return {
        county: cross(
            cells,
            topic_key,
            lambda c: months[c.month],
            rows=_topics_in_order(statistics, cells),
            columns=columns,
        )
        for county, cells in parts.items()
    }


def topic_key(cell: Cell) -> str:
    """Name a topic within its category: where there are no topics, categories stay apart.

    >>> topic_key(Cell("ecology", "noise", "宣恩县", "2026-03"))
    'ecology/noise'
    """
    return f"{cell.category}/{cell.topic}"


def topic_labels(statistics: Statistics) -> dict[str, tuple[str, str]]:
    """Return for each topic's key the names of its category and of itself."""
    categories, topics = statistics.category_names, statistics.topic_names
    return {
        topic_key(c): (
            categories.get(c.category, c.category),
            topics.get(c.topic, c.topic or NO_TOPIC),
        )
        for c in statistics.cells
    }


def share(part: int, whole: int) -> float:
    """Return a share, 0 of nothing.

    >>> share(1, 4), share(0, 0)
    (0.25, 0.0)
    """
    return part / whole if whole else 0.0


def _topics_in_order(statistics: Statistics, cells: Mapping[Cell, int]) -> list[str]:
    """Topics by category, in the taxonomy's order, the largest first."""
    order = {code: i for i, code in enumerate(statistics.category_names)}
    counts: Counter[str] = Counter()
    for cell, n in cells.items():
        counts[topic_key(cell)] += n
    return sorted(counts, key=lambda key: (order[key.partition("/")[0]], -counts[key], key))


def _months_drawn(cells: Mapping[Cell, int], until: str) -> Sequence[str]:
    known = months_until((cell.month for cell in cells), until)
    return months_between(known[0], known[-1])[-_MONTHS_DRAWN:] if known else []


def _folded_months(cells: Mapping[Cell, int], most: int, until: str) -> dict[str, str]:
    return fold_months((cell.month for cell in cells), most, until=until)


def _folded_counties(cells: Mapping[Cell, int], most: int) -> dict[str, str]:
    counts = count_by(cells, "county")
    return fold(counts, counts, most)


def _desk_name(name: str, code: str, statistics: Statistics) -> str:
    desks = sum(c == code for c, _ in statistics.departments)
    return name if desks == 1 else f"{name}等 {desks} 个单位"

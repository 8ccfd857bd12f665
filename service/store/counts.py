"""The figures of the overview, from one pass over one index."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from service.store.filters import Condition, between, conditions, month_bounds
from service.store.records import Counts, Filters, Tally
from service.store.rows import SubmissionRow
from service.store.submissions import local_month

# In the order of the index, so that the database need not sort.
_CELL = (
    SubmissionRow.month,
    SubmissionRow.county,
    SubmissionRow.category,
    SubmissionRow.department,
)
_MEASURES = (
    func.count(),
    func.count().filter(SubmissionRow.needs_review),
    func.count().filter(SubmissionRow.kind == "accepted"),
    func.count().filter(SubmissionRow.kind == "corrected"),
    func.count().filter(SubmissionRow.kind == "independent"),
)

Cell = Row[*tuple[Any, ...]]


def read_counts(session: Session, filters: Filters) -> Counts:
    """Count the submissions that pass the filters.

    The database groups by month, county, category and department at once; the cells, some
    thousands, are added up here along each. Narrowed by anything but time, the database may
    prefer to fetch the rows one by one, which costs more each, but there are fewer.

    Raises:
        InputError: the month is none.
    """
    narrow = _narrow(filters)
    cells = session.execute(_cells(narrow)).all()
    by_month, by_county, by_category, by_department = (
        _add_up(cells, along) for along in range(len(_CELL))
    )
    return Counts(
        total=sum(by_month.values(), Tally()),
        by_month=by_month,
        by_county=by_county,
        by_category=by_category,
        by_department=by_department,
        corrections={
            (suggested, decided): n
            for suggested, decided, n in session.execute(_corrections(narrow))
        },
    )


def _narrow(filters: Filters) -> list[Condition]:
    narrow = [*conditions(filters), *between(filters.since, filters.until)]
    if filters.month is not None:
        month_bounds(filters.month)  # refuses what is no month
        narrow.append(SubmissionRow.month == filters.month)
    # Redundant, but it keeps a range of days to the part of the index with its months.
    if filters.since is not None:
        narrow.append(SubmissionRow.month >= local_month(filters.since))
    if filters.until is not None:
        narrow.append(SubmissionRow.month <= local_month(filters.until))
    return narrow


def _cells(narrow: Iterable[Condition]) -> Select[*tuple[Any, ...]]:
    return select(*_CELL, *_MEASURES).where(*narrow).group_by(*_CELL)


def _corrections(narrow: Iterable[Condition]) -> Select[str, str, int]:
    pair = SubmissionRow.suggested_category, SubmissionRow.category
    return (
        select(*pair, func.count())
        .where(*narrow, SubmissionRow.kind == "corrected", pair[0] != pair[1])
        .group_by(*pair)
        .order_by(*pair)
    )


def _add_up(cells: Sequence[Cell], along: int) -> Mapping[str, Tally]:
    """Add the cells up along one of the columns of `_CELL`; bare lists, for there are many."""
    sums: dict[str, list[int]] = {}
    for cell in cells:
        name = cell[along] or ""
        so_far = sums.get(name) or [0] * len(_MEASURES)
        sums[name] = [a + b for a, b in zip(so_far, cell[len(_CELL) :], strict=True)]
    return {name: Tally(*sums[name]) for name in sorted(sums)}

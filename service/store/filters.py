"""From filters to conditions in SQL."""

import re
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, true

from pipeline.errors import InputError
from service.store.ids import first_id_at
from service.store.records import Filters
from service.store.rows import SubmissionRow
from service.store.submissions import LOCAL

Condition = ColumnElement[bool]


def conditions(filters: Filters) -> Iterator[Condition]:
    """Yield what narrows by anything but time."""
    if filters.category is not None:
        yield SubmissionRow.category == filters.category
    if filters.department is not None:
        yield SubmissionRow.department == filters.department
    if filters.place:
        yield inside(filters.place)
    if filters.status is not None:
        is_open = filters.status == "open"
        yield SubmissionRow.kind.is_(None) if is_open else SubmissionRow.kind.is_not(None)
    if filters.needs_review is not None:
        yield SubmissionRow.needs_review.is_(filters.needs_review)


def between(since: datetime | None, until: datetime | None) -> Iterator[Condition]:
    """Yield a range of dates as a range of ids; `until` is not included."""
    if since is not None:
        yield SubmissionRow.id >= first_id_at(since)
    if until is not None:
        yield SubmissionRow.id < first_id_at(until)


def inside(place: str) -> Condition:
    """Narrow to a place and everything inside it.

    The county comes along because it has an index; "0" is the character after "/".
    """
    county = SubmissionRow.county == place.partition("/")[0]
    if "/" not in place:
        return county
    within = and_(SubmissionRow.place >= f"{place}/", SubmissionRow.place < f"{place}0")
    return and_(county, or_(SubmissionRow.place == place, within))


def compatible(place: str) -> Condition:
    """Narrow to places that may be the same: inside it, around it, or not known.

    An empty place may be anywhere and narrows nothing.
    """
    if not place:
        return true()
    parts = place.split("/")
    around = ["/".join(parts[:i]) for i in range(len(parts))]
    return or_(SubmissionRow.place.in_(around), inside(place))


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the start of a month in local time, and that of the next.

    >>> [f"{bound:%Y-%m-%d}" for bound in month_bounds("2026-12")]
    ['2026-12-01', '2027-01-01']

    Raises:
        InputError: it is not of the form `YYYY-MM`.
    """
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", month, re.ASCII):
        raise InputError(
            f"月份 {month!r} 不对。请写成 2026-11 这样。",
            f"{month!r} is no month; write it like 2026-11.",
        )
    year, number = int(month[:4]), int(month[5:])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=LOCAL), datetime(*following, 1, tzinfo=LOCAL)

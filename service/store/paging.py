"""Pages that neither skip nor repeat a row while others are being added.

A cursor says after which row to go on, not how many to skip ("keyset paging"), so it costs
the same on the last page as on the first.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from pipeline.errors import InputError
from service.store.filters import Condition, between, conditions, month_bounds
from service.store.records import Filters, Page, Submission
from service.store.rows import SubmissionRow
from service.store.submissions import Found, to_submission, with_decision

MAX_LIMIT = 500

_PAGE, _QUEUE = "p", "q"


def read_page(session: Session, filters: Filters, cursor: str | None, limit: int) -> Page:
    """Return submissions, newest first.

    Raises:
        InputError: the cursor or the month is none.
    """
    narrow = [*conditions(filters), *between(filters.since, filters.until)]
    if filters.month is not None:
        narrow += between(*month_bounds(filters.month))
    if cursor is not None:
        (last,) = _read_cursor(_PAGE, cursor, (str,))
        narrow.append(SubmissionRow.id < last)
    query = with_decision().where(*narrow).order_by(SubmissionRow.id.desc())
    rows = session.execute(query.limit(_checked(limit) + 1)).all()
    return _to_page(rows, limit, lambda row: _cursor(_PAGE, row.id))


def read_queue(session: Session, cursor: str | None, limit: int) -> Page:
    """Return what is open, in the order of `queue.priority_of`, the oldest first among equals.

    Raises:
        InputError: the cursor is none.
    """
    narrow: list[Condition] = [SubmissionRow.kind.is_(None)]
    if cursor is not None:
        priority, id = _read_cursor(_QUEUE, cursor, (int, str))
        narrow.append(_after(priority, id))
    order = SubmissionRow.priority.desc(), SubmissionRow.id
    query = with_decision().where(*narrow).order_by(*order)
    rows = session.execute(query.limit(_checked(limit) + 1)).all()
    return _to_page(rows, limit, lambda row: _cursor(_QUEUE, row.priority, row.id))


def read_after(session: Session, id: str, limit: int) -> list[Submission]:
    """Return the submissions that follow an id ("" for the start), oldest first."""
    query = with_decision().where(SubmissionRow.id > id).order_by(SubmissionRow.id)
    return [to_submission(*found) for found in session.execute(query.limit(limit))]


def _after(priority: object, id: object) -> Condition:
    # The first half is redundant, but it is what the index can be entered by.
    return and_(
        SubmissionRow.priority <= priority,
        or_(SubmissionRow.priority < priority, SubmissionRow.id > id),
    )


def _to_page(rows: Sequence[Found], limit: int, cursor: Callable[[SubmissionRow], str]) -> Page:
    items = tuple(to_submission(*found) for found in rows[:limit])
    return Page(items, cursor(rows[limit - 1][0]) if len(rows) > limit else None)


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit must be 1 to {MAX_LIMIT}, not {limit}")
    return limit


def _cursor(*position: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _read_cursor(kind: str, cursor: str, types: tuple[type, ...]) -> Iterator[object]:
    """Return the position in a cursor; what a client made up itself is refused."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found, *position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError):
        raise _no_cursor() from None
    if found != kind or [type(part) for part in position] != list(types):
        raise _no_cursor()
    return iter(position)


def _no_cursor() -> InputError:
    return InputError(
        "翻页标记无效。请从第一页重新开始。", "The cursor is not one of this listing; start over."
    )

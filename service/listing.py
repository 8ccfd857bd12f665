"""Which submissions to list: query parameters as the store's filters and pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.exc import DataError

from service.problems import Problem
from service.schemas.base import Code, ShortText
from service.schemas.submissions import Moment
from service.store import Filters, Page, Status, Store

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=200, description="上一页的 next_cursor。")]
Month = Annotated[str | None, Query(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$")]


async def _filters(
    category: Code | None = None,
    department: Code | None = None,
    place: ShortText | None = None,
    month: Month = None,
    since: Annotated[Moment | None, Query(description="含；须带时区。")] = None,
    until: Annotated[Moment | None, Query(description="不含；须带时区。")] = None,
    status: Status | None = None,
    needs_review: bool | None = None,
) -> Filters:
    return Filters(
        category=category,
        department=department,
        place=place,
        month=month,
        since=since,
        until=until,
        status=status,
        needs_review=needs_review,
    )


Narrowed = Annotated[Filters, Depends(_filters)]


def read_page(store: Store, filters: Filters, cursor: str | None, limit: int) -> Page:
    """Return submissions, newest first."""
    with _minding_cursor():
        return store.page(filters, cursor, limit)


def read_queue(store: Store, cursor: str | None, limit: int) -> Page:
    """Return what is open, most useful first."""
    with _minding_cursor():
        return store.queue(limit, cursor)


@contextmanager
def _minding_cursor() -> Iterator[None]:
    """A cursor made up by a client may hold numbers and characters no database takes."""
    try:
        yield
    except (DataError, OverflowError, UnicodeError):
        raise Problem(
            422,
            "invalid",
            "翻页标记无效。请从第一页重新开始。",
            "The cursor is not one of this listing; start over.",
        ) from None

"""Listing: filters narrow, pages lose nothing, the queue starts with what matters most."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from service.store import Decision, Filters, Page, Store, Submission
from tests.store_databases import BACKENDS, Clock, fresh_store, new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def add(store: Store, **changes: object) -> str:
    return store.add(new(**changes))[0].id  # type: ignore[arg-type]


def decide(store: Store, id: str, **changes: object) -> None:
    decision = {"category": "other", "department": None, "decided_by": "甲", "saw_suggestion": True}
    store.decide(id, Decision(**(decision | changes)), expected_version=1)  # type: ignore[arg-type]


def walk(next_page: Callable[[str | None], Page]) -> Iterator[Page]:
    cursor = None
    for _ in range(1_000):
        page = next_page(cursor)
        yield page
        if (cursor := page.next_cursor) is None:
            return
    raise AssertionError("the pages have no end")


def ids_of(store: Store, filters: Filters, limit: int = 500) -> list[str]:
    pages = walk(lambda cursor: store.page(filters, cursor, limit))
    return [s.id for page in pages for s in page.items]


def test_pages_hold_each_row_once_newest_first(store: Store) -> None:
    ids = [add(store, text=f"第{i}条") for i in range(7)]
    pages = list(walk(lambda cursor: store.page(Filters(), cursor, 3)))
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert [s.id for page in pages for s in page.items] == ids[::-1]


def test_a_page_that_is_just_full_is_the_last(store: Store) -> None:
    assert store.page(Filters()) == Page((), None)
    add(store), add(store)
    assert store.page(Filters(), limit=2).next_cursor is None


def test_rows_added_while_paging_move_nothing(store: Store) -> None:
    ids = [add(store) for _ in range(4)]
    first = store.page(Filters(), limit=2)
    add(store)
    second = store.page(Filters(), first.next_cursor, 2)
    assert [s.id for s in first.items + second.items] == ids[::-1]


changes = st.fixed_dictionaries(
    {
        "confidence": st.sampled_from([0.3, 0.55, 0.9, 0.95]),
        "urgency": st.sampled_from(["normal", "urgent", "emergency"]),
        "needs_review": st.booleans(),
        "category": st.sampled_from(["ecology", "other"]),
        "place": st.sampled_from([None, "宣恩县", "宣恩县/珠山镇", "恩施市"]),
    }
)
filters = st.builds(
    Filters,
    category=st.sampled_from([None, "ecology"]),
    place=st.sampled_from([None, "宣恩县", "宣恩县/珠山镇"]),
    needs_review=st.sampled_from([None, True, False]),
    status=st.sampled_from([None, "open", "decided"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=st.lists(changes, max_size=9), filters=filters, limit=st.integers(3, 9))
def test_paging_is_filtering_whatever_the_size_of_the_page(
    store: Store, items: list[dict[str, object]], filters: Filters, limit: int
) -> None:
    for i, item in enumerate(items):
        id = add(store, **item)
        if i % 3 == 0:
            decide(store, id)
    # Those of earlier examples are still there: the more pages.
    expected = [s.id for s in store.export() if _passes(s, filters)]
    assert ids_of(store, filters, limit) == expected[::-1]


def _passes(s: Submission, filters: Filters) -> bool:
    return (
        filters.category in (None, s.category)
        and (filters.place is None or f"{s.place}/".startswith(f"{filters.place}/"))
        and filters.needs_review in (None, s.needs_review)
        and filters.status in (None, s.status)
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=st.lists(changes, max_size=9), limit=st.integers(1, 4))
def test_the_queue_holds_what_is_open_once_the_most_pressing_first(
    store: Store, items: list[dict[str, object]], limit: int
) -> None:
    for s in store.export():
        if s.status == "open":
            decide(store, s.id)
    for i, item in enumerate(items):
        id = add(store, **item)
        if i % 3 == 0:
            decide(store, id)
    pages = walk(lambda cursor: store.queue(limit, cursor))
    queued = [s for page in pages for s in page.items]
    still_open = [s for s in store.export() if s.status == "open"]
    assert queued == sorted(still_open, key=lambda s: (-s.priority, s.id))


def test_the_queue_puts_review_before_the_rest_then_urgency_then_doubt(store: Store) -> None:
    number = count()
    wanted = [
        add(store, text=str(next(number)), **changes)
        for changes in (
            {"urgency": "emergency", "confidence": 0.99},
            {"needs_review": True, "urgency": "urgent", "confidence": 0.9},
            {"needs_review": True, "confidence": 0.4},
            {"needs_review": True, "confidence": 0.6},
            {"urgency": "urgent", "confidence": 0.9},
            {"confidence": 0.8},
            {"confidence": 1.0},
            {"confidence": 1.0},  # as urgent as the one before, but younger
        )
    ]
    assert [s.id for s in store.queue().items] == wanted


def test_what_is_decided_leaves_the_queue(store: Store) -> None:
    first, second = add(store), add(store)
    decide(store, first)
    assert [s.id for s in store.queue().items] == [second]


def test_filters_look_at_what_holds_now(store: Store) -> None:
    id = add(store)
    decide(store, id, category="ecology", department="environment")
    assert ids_of(store, Filters(category="ecology", department="environment")) == [id]
    assert ids_of(store, Filters(category="public_services")) == []
    assert ids_of(store, Filters(department="housing")) == []


def test_a_place_holds_what_lies_inside_it_and_not_its_namesakes(store: Store) -> None:
    places = [None, "宣恩县", "宣恩县/珠山镇", "宣恩县/珠山镇乡", "宣恩县/椒园镇", "恩施市"]
    ids = dict(zip(places, [add(store, place=place) for place in places], strict=True))
    town, county = ids["宣恩县/珠山镇"], Filters(place="宣恩县")
    assert ids_of(store, Filters(place="宣恩县/珠山镇")) == [town]
    assert len(ids_of(store, county)) == 4
    assert ids_of(store, Filters(place="宣恩")) == []


def test_months_are_those_of_the_local_calendar(store: Store, clock: Clock) -> None:
    clock.now = datetime(2026, 10, 31, 15, 59, 59, 999_000, tzinfo=UTC)
    october = add(store)
    clock.now = datetime(2026, 10, 31, 16, tzinfo=UTC)  # midnight in Beijing
    november = add(store)
    assert ids_of(store, Filters(month="2026-10")) == [october]
    assert ids_of(store, Filters(month="2026-11")) == [november]


def test_a_range_of_times_includes_its_start_only(store: Store, clock: Clock) -> None:
    start = clock.now
    id = add(store)
    clock.move(hours=1)
    assert ids_of(store, Filters(since=start, until=clock.now)) == [id]
    assert ids_of(store, Filters(since=clock.now)) == []
    assert ids_of(store, Filters(until=start)) == []


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "26-11", "2026-11-01", "２０２６-11", ""])
def test_a_month_that_is_none_is_refused(store: Store, month: str) -> None:
    with pytest.raises(InputError, match=r"月份 .* 不对。请写成 2026-11 这样"):
        store.page(Filters(month=month))
    with pytest.raises(InputError, match=r"月份 .* 不对"):
        store.counts(Filters(month=month))


@pytest.mark.parametrize("cursor", ["", "!", "中", "WzFd", "bnVsbA", "WyJwIiwgMV0", "Ww"])
def test_a_cursor_made_up_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InputError, match="翻页标记无效"):
        store.page(Filters(), cursor)
    with pytest.raises(InputError, match="翻页标记无效"):
        store.queue(cursor=cursor)


def test_a_cursor_of_another_listing_is_refused(store: Store) -> None:
    add(store), add(store)
    of_page, of_queue = store.page(Filters(), limit=1), store.queue(1)
    with pytest.raises(InputError, match="翻页标记无效"):
        store.page(Filters(), of_queue.next_cursor)
    with pytest.raises(InputError, match="翻页标记无效"):
        store.queue(cursor=of_page.next_cursor)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_limit_out_of_bounds_is_the_callers_slip(store: Store, limit: int) -> None:
    with pytest.raises(ValueError, match="limit must be 1 to 500"):
        store.page(Filters(), limit=limit)
    with pytest.raises(ValueError, match="limit must be 1 to 500"):
        store.queue(limit)

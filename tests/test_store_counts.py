"""The figures of the overview."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.store import Counts, Decision, Filters, Store, Tally
from tests.store_databases import BACKENDS, Clock, fresh_store, new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def decide(store: Store, id: str, category: str, *, saw_suggestion: bool = True) -> None:
    decision = Decision(
        category=category, department="housing", decided_by="甲", saw_suggestion=saw_suggestion
    )
    store.decide(id, decision, expected_version=store.get(id).version)


@pytest.fixture
def filled(store: Store, clock: Clock) -> Store:
    """Four submissions: accepted, corrected, independent and, a month later, open."""
    ids = [store.add(new(needs_review=i == 1))[0].id for i in range(3)]
    decide(store, ids[0], "public_services")
    decide(store, ids[1], "ecology")
    decide(store, ids[2], "other", saw_suggestion=False)
    clock.now = datetime(2026, 12, 5, tzinfo=UTC)
    store.add(new(place=None, department=None, departments=[], needs_review=True))
    return store


def test_an_empty_store_counts_nothing(store: Store) -> None:
    assert store.counts() == Counts()
    assert store.counts().total.review_share == 0.0


def test_everything_is_counted_by_what_holds_now(filled: Store) -> None:
    counts = filled.counts()
    assert counts.total == Tally(4, needs_review=2, accepted=1, corrected=1, independent=1)
    assert (counts.total.decided, counts.total.review_share) == (3, 0.5)
    assert {code: t.total for code, t in counts.by_category.items()} == {
        "ecology": 1, "other": 1, "public_services": 2,
    }  # fmt: skip
    assert counts.by_category["ecology"] == Tally(1, needs_review=1, corrected=1)
    assert counts.by_month == {
        "2026-11": Tally(3, needs_review=1, accepted=1, corrected=1, independent=1),
        "2026-12": Tally(1, needs_review=1),
    }
    assert {name: t.total for name, t in counts.by_county.items()} == {"": 1, "宣恩县": 3}
    assert {code: t.total for code, t in counts.by_department.items()} == {"": 1, "housing": 3}


def test_corrections_say_from_what_to_what(filled: Store) -> None:
    assert filled.counts().corrections == {("public_services", "ecology"): 1}


def test_a_correction_taken_back_is_none(store: Store) -> None:
    added, _ = store.add(new())
    decide(store, added.id, "ecology")
    decide(store, added.id, "public_services")
    assert store.counts().corrections == {}
    assert store.counts().total == Tally(1, accepted=1)


@pytest.mark.parametrize(
    ("filters", "total"),
    [
        (Filters(month="2026-11"), 3),
        (Filters(month="2026-01"), 0),
        (Filters(place="宣恩县"), 3),
        (Filters(place="宣恩县/珠山镇"), 3),
        (Filters(place="恩施市"), 0),
        (Filters(category="ecology"), 1),
        (Filters(status="open"), 1),
        (Filters(needs_review=True), 2),
        (Filters(since=datetime(2026, 12, 1, tzinfo=UTC)), 1),
        (Filters(since=datetime(2026, 11, 30, 16, tzinfo=UTC)), 1),
        (Filters(until=datetime(2026, 12, 1, tzinfo=UTC)), 3),
        (
            Filters(
                since=datetime(2026, 11, 2, tzinfo=UTC), until=datetime(2027, 1, 1, tzinfo=UTC)
            ),
            4,
        ),
        (Filters(month="2026-11", needs_review=True, status="decided"), 1),
    ],
)
def test_filters_narrow_what_is_counted(filled: Store, filters: Filters, total: int) -> None:
    assert filled.counts(filters).total.total == total
    assert len(filled.page(filters).items) == total

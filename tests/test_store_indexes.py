"""Each question the service asks is answered from an index: SQLite says how it would look.

What is checked are the statements the store really sends, caught on their way out.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from service.store import Filters, NotFound, Store, open_store
from service.store.database import connect
from tests.store_databases import fresh_url, new

Statement = tuple[str, Any]
Ask = Callable[[Store], object]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with fresh_url("sqlite", tmp_path) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        store.add(new(bands=(1, 2)))
        yield store


@pytest.fixture
def sent() -> Iterator[list[Statement]]:
    statements: list[Statement] = []

    def catch(
        connection: Connection, cursor: Any, statement: str, parameters: Any, *rest: Any
    ) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", catch)
    yield statements
    event.remove(Engine, "before_cursor_execute", catch)


def page(**filters: Any) -> Ask:
    return lambda store: store.page(Filters(**filters))


def look_up(store: Store) -> None:
    with suppress(NotFound):
        store.get("01m6a6ft000000000000000000")


DAY = datetime(2026, 11, 2, tzinfo=UTC)
QUESTIONS: dict[str, tuple[Ask, str]] = {
    "one": (look_up, "autoindex_submissions_1 (id=?)"),
    "all": (page(), "autoindex_submissions_1"),
    "dates": (page(since=DAY, until=DAY), "autoindex_submissions_1 (id>? AND id<?)"),
    "month": (page(month="2026-11"), "autoindex_submissions_1 (id>? AND id<?)"),
    "category": (page(category="ecology"), "ix_submissions_category (category=?)"),
    "department": (page(department="housing"), "ix_submissions_department (department=?)"),
    "town": (page(place="宣恩县/珠山镇"), "ix_submissions_county (county=?)"),
    "queue": (lambda store: store.queue(), "ix_submissions_queue"),
    "similar": (lambda store: store.similar([1, 2]), "USING PRIMARY KEY (band=?)"),
    "overview": (lambda store: store.counts(), "COVERING INDEX ix_submissions_overview"),
    "month's overview": (
        lambda store: store.counts(Filters(month="2026-11", place="宣恩县")),
        "COVERING INDEX ix_submissions_overview (month=? AND county=?)",
    ),
}


@pytest.mark.parametrize(("ask", "index"), QUESTIONS.values(), ids=QUESTIONS)
def test_it_is_answered_from_an_index(
    ask: Ask, index: str, store: Store, url: str, sent: list[Statement]
) -> None:
    ask(store)
    assert index in _explain(url, *sent[0])


@pytest.mark.parametrize("name", sorted(QUESTIONS.keys() - {"similar"}))
def test_nothing_is_sorted_that_an_index_has_in_order(
    name: str, store: Store, url: str, sent: list[Statement]
) -> None:
    """`similar` is left out: it sorts the few candidates it has found."""
    ask, _ = QUESTIONS[name]
    ask(store)
    assert "TEMP B-TREE" not in _explain(url, *sent[0])


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(needs_review=True),
        Filters(since=DAY, until=DAY),
        Filters(month="2026-11"),
    ],
)
def test_no_figure_of_the_overview_needs_the_wide_rows(
    filters: Filters, store: Store, url: str, sent: list[Statement]
) -> None:
    store.counts(filters)
    plans = [_explain(url, *statement) for statement in sent]
    assert len(plans) == 2
    assert all("COVERING INDEX ix_submissions_overview" in plan for plan in plans)


def _explain(url: str, statement: str, parameters: Any) -> str:
    engine = connect(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plan = "\n".join(str(row[-1]) for row in rows)
    engine.dispose()
    return plan

"""The store keeps what it is given, in SQLite and PostgreSQL alike."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from pipeline.errors import InputError
from service.store import NewSubmission, NotFound, Store, Unavailable, default_url, open_store
from service.store.database import connect
from service.store.ids import IdSource, first_id_at, moment_of
from tests.store_databases import BACKENDS, START, Clock, fresh_store, fresh_url, item, new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def test_what_is_added_is_what_is_read(store: Store) -> None:
    shown = item()
    given = NewSubmission(suggestion=shown, source="热线", station="珠山镇政府", external_id="A-7")
    added, created = store.add(given)
    assert created and store.get(added.id) == added
    assert (added.text, added.place) == (shown["text"], "宣恩县/珠山镇")
    assert (added.source, added.station, added.external_id) == ("热线", "珠山镇政府", "A-7")
    assert (added.suggested_category, added.suggested_department) == ("public_services", "housing")
    assert (added.confidence, added.needs_review, added.model) == (0.75, False, "default@1234abcd")
    assert (added.status, added.version, added.decision) == ("open", 1, None)
    assert (added.category, added.department) == ("public_services", "housing")


def test_the_suggestion_comes_back_as_it_was_shown(store: Store) -> None:
    shown = item(place=None, department=None, departments=[])
    added, _ = store.add(NewSubmission(suggestion=shown, source="窗口"))
    assert list(added.suggestion.items()) == list(shown.items())
    assert (added.place, added.department) == ("", None)


def test_adding_leaves_the_callers_item_alone(store: Store) -> None:
    shown = item()
    store.add(NewSubmission(suggestion=shown, source="窗口"))
    assert shown == item()


def test_times_are_utc_to_the_millisecond(store: Store, clock: Clock) -> None:
    clock.move(milliseconds=7)
    added, _ = store.add(new())
    assert added.created_at == START + timedelta(milliseconds=7)
    assert added.created_at.tzinfo is UTC


def test_rare_characters_survive(store: Store) -> None:
    words = "𠮷家坳的㵲水河、🚰、\u200d、\n换行"
    added, _ = store.add(new(text=words))
    assert store.get(added.id).text == words


@pytest.mark.parametrize("bad", ["断\0开", "半个\ud83d代理对"])
def test_what_postgresql_cannot_hold_is_refused_everywhere(store: Store, bad: str) -> None:
    with pytest.raises(InputError, match="留言含有无法保存的字符"):
        store.add(new(text=bad))
    with pytest.raises(InputError, match="来源含有无法保存的字符"):
        store.add(new(source=bad))
    assert list(store.export()) == []


@pytest.mark.parametrize("id", ["", "01m6a6ft000000000000000000", "'; DROP TABLE submissions"])
def test_an_unknown_id_is_not_found(store: Store, id: str) -> None:
    with pytest.raises(NotFound, match="没有编号为"):
        store.get(id)


def test_the_export_holds_everything_oldest_first(store: Store) -> None:
    ids = [store.add(new(text=f"第{i}条"))[0].id for i in range(7)]
    assert [s.id for s in store.export()] == ids == sorted(ids)


def test_the_export_goes_on_while_others_write(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.store._EXPORT_BATCH", 2)
    ids = [store.add(new())[0].id for _ in range(3)]
    exporting = store.export()
    first = next(exporting)
    ids.append(store.add(new())[0].id)
    assert [first.id, *(s.id for s in exporting)] == ids


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_store_opened_again_has_what_it_had(backend: str, tmp_path: Path) -> None:
    with fresh_url(backend, tmp_path) as url:
        with open_store(url) as store:
            added, _ = store.add(new())
        with open_store(url) as store:
            assert store.get(added.id) == added


def test_sqlite_waits_for_the_disk_and_keeps_others_out(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/store.sqlite3"
    open_store(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    engine = connect(f"sqlite:///{path}")
    with engine.connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas]
    engine.dispose()
    assert values == ["wal", 2, 1, 15_000]


def test_the_url_is_the_environments_else_a_file_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUWEI_HOME", str(tmp_path))
    monkeypatch.delenv("WUWEI_DATABASE_URL", raising=False)
    assert default_url() == f"sqlite:///{tmp_path}/service.sqlite3"
    monkeypatch.setenv("WUWEI_DATABASE_URL", "postgresql://db/wuwei")
    assert default_url() == "postgresql://db/wuwei"


@pytest.mark.parametrize("url", ["", "what", "mysql://u:hush@db/x", "sqlite://", "sqlite:///"])
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(Unavailable, match="数据库地址不可用") as caught:
        open_store(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_that_is_not_there_is_unavailable(scheme: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="数据库暂时不可用") as caught:
        open_store(f"{scheme}://clerk:hush@/wuwei?host={tmp_path}")
    assert "hush" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("这不是数据库。" * 200, "utf-8")
    with pytest.raises(Unavailable, match="请确认它是本程序的数据库"):
        open_store(f"sqlite:///{path}")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="无法建立数据库文件"):
        open_store(f"sqlite:///{tmp_path}/file/store.sqlite3")


def test_errors_never_quote_what_citizens_wrote(store: Store) -> None:
    broken = item(text="家住某处的某人", category=None)  # NOT NULL in the database
    with pytest.raises(Exception, match="category") as caught:
        store.add(NewSubmission(suggestion=broken, source="热线"))
    assert "家住某处的某人" not in str(caught.value)


times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(st.lists(times, min_size=2))
def test_ids_rise_even_where_the_clock_steps_back(moments: list[datetime]) -> None:
    clock = iter(moments)
    source = IdSource(lambda: next(clock))
    ids = [source.next() for _ in moments]
    assert ids == sorted(set(ids))


@given(times, times)
def test_ids_sort_as_times_do(a: datetime, b: datetime) -> None:
    assert timedelta(0) <= a - moment_of(first_id_at(a)) < timedelta(milliseconds=1)
    assert first_id_at(a) <= IdSource(lambda: a).next()
    assert (moment_of(first_id_at(a)) < moment_of(first_id_at(b))) == (
        first_id_at(a) < first_id_at(b)
    )

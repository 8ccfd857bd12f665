"""API keys and the trail of who read what."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.store import NotFound, ReadRecord, Store, open_store
from tests.store_databases import BACKENDS, START, Clock, fresh_store, fresh_url, new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def test_a_key_is_found_by_its_secret(store: Store) -> None:
    key, secret = store.add_key("热线平台", "intake")
    assert (key.name, key.role, key.created_at) == ("热线平台", "intake", START)
    assert store.find_key(secret) == key
    assert store.find_key(secret + "x") is None
    assert store.find_key("\ud83d") is None


def test_secrets_differ_and_are_long(store: Store) -> None:
    (_, a), (_, b) = store.add_key("甲", "admin"), store.add_key("甲", "admin")
    assert a != b and min(len(a), len(b)) >= 43 + len("wuwei_")


def test_the_secret_is_nowhere_in_the_file(tmp_path: Path) -> None:
    with fresh_store("sqlite", tmp_path) as store:
        _, secret = store.add_key("甲", "analyst")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "甲".encode() in kept and secret.removeprefix("wuwei_").encode() not in kept


def test_a_revoked_key_opens_nothing_but_stays_listed(store: Store, clock: Clock) -> None:
    key, secret = store.add_key("甲", "admin")
    other, _ = store.add_key("乙", "intake")
    clock.move(hours=1)
    revoked = store.revoke_key(key.id)
    assert revoked.revoked_at == START + timedelta(hours=1)
    assert store.find_key(secret) is None
    assert store.keys() == [revoked, other]
    clock.move(hours=1)
    assert store.revoke_key(key.id) == revoked


def test_an_unknown_key_cannot_be_revoked(store: Store) -> None:
    with pytest.raises(NotFound, match="没有编号为 'nothing' 的密钥"):
        store.revoke_key("nothing")


def test_the_last_use_is_noted_to_the_minute(store: Store, clock: Clock) -> None:
    _, secret = store.add_key("甲", "admin")
    noted = []
    for _ in range(4):
        store.find_key(secret)
        noted.append(store.keys()[0].last_used_at)
        clock.move(seconds=30)
    minute = timedelta(minutes=1)
    assert noted == [START, START, START + minute, START + minute]


def test_an_unknown_role_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(Exception, match="ck_api_keys_role"):
        store.add_key("甲", "boss")  # type: ignore[arg-type]


def test_reads_are_kept_in_order(store: Store, clock: Clock) -> None:
    id = store.add(new())[0].id
    store.record_read("张三", id)
    clock.move(minutes=5)
    store.record_read("李四", id)
    assert store.reads(id) == [
        ReadRecord(id, "张三", START),
        ReadRecord(id, "李四", START + timedelta(minutes=5)),
    ]


def test_a_read_of_nothing_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="没有编号为 'nothing' 的留言"):
        store.record_read("张三", "nothing")


def test_times_come_back_in_utc_whatever_the_session_says(tmp_path: Path) -> None:
    with fresh_url("postgresql", tmp_path) as url:
        in_shanghai = f"{url}&options=-c%20timezone%3DAsia/Shanghai"
        with open_store(in_shanghai, clock=Clock()) as store:
            key, _ = store.add_key("甲", "admin")
            assert store.keys() == [key]
            assert str(store.keys()[0].created_at) == str(START)

"""A request that is sent twice is carried out once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pipeline.errors import InputError
from service.store import Conflict, Store
from tests.store_databases import BACKENDS, Clock, fresh_store, new


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def test_the_same_request_again_makes_nothing(store: Store) -> None:
    first, created = store.add(new(), idempotency_key="k", request_hash="h")
    again, created_again = store.add(new(), idempotency_key="k", request_hash="h")
    assert (created, created_again) == (True, False)
    assert again == first and list(store.export()) == [first]


def test_the_key_with_another_request_is_a_conflict(store: Store) -> None:
    store.add(new(), idempotency_key="k", request_hash="h")
    with pytest.raises(Conflict, match="幂等键 'k' 已用于另一条内容不同的请求"):
        store.add(new(), idempotency_key="k", request_hash="other")
    assert len(list(store.export())) == 1


def test_a_request_that_failed_leaves_its_key_free(store: Store) -> None:
    with pytest.raises(InputError, match="留言含有无法保存的字符"):
        store.add(new(text="\0"), idempotency_key="k", request_hash="h")
    _, created = store.add(new(), idempotency_key="k", request_hash="h")
    assert created


def test_a_key_without_a_hash_is_the_callers_slip(store: Store) -> None:
    with pytest.raises(ValueError, match="needs the hash of its request"):
        store.add(new(), idempotency_key="k")


def test_without_a_key_the_same_message_is_kept_twice(store: Store) -> None:
    store.add(new())
    _, created = store.add(new())
    assert created and len(list(store.export())) == 2


@pytest.mark.parametrize(("hours", "created"), [(25, False), (49, True)])
def test_keys_are_kept_for_more_than_a_day(
    store: Store, clock: Clock, hours: int, created: bool
) -> None:
    store.add(new(), idempotency_key="k", request_hash="h")
    clock.move(hours=hours)
    store.sweep()
    assert store.add(new(), idempotency_key="k", request_hash="h")[1] is created


def test_sent_at_once_a_request_is_carried_out_once(store: Store) -> None:
    n = 8
    start = Barrier(n)

    def send(_: int) -> tuple[str, bool]:
        start.wait()
        submission, created = store.add(new(), idempotency_key="k", request_hash="h")
        return submission.id, created

    with ThreadPoolExecutor(n) as pool:
        answers = list(pool.map(send, range(n)))
    assert sum(created for _, created in answers) == 1
    assert {id for id, _ in answers} == {s.id for s in store.export()}

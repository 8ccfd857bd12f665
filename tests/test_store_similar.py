"""Submissions that share band hashes are found, by the index, at places that may be the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import Store
from tests.store_databases import BACKENDS, fresh_store, new


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path) as store:
        yield store


def add(store: Store, *bands: int, place: str | None = None) -> str:
    return store.add(new(bands=bands, place=place))[0].id


def found(store: Store, *bands: int, **options: object) -> list[tuple[str, int]]:
    candidates = store.similar(bands, **options)  # type: ignore[arg-type]
    return [(c.submission.id, c.shared) for c in candidates]


def test_those_that_share_most_come_first_then_the_newest(store: Store) -> None:
    one, all_three, also_one = add(store, 1), add(store, 1, 2, 3), add(store, 3, 9)
    add(store, 9, 10)
    assert found(store, 1, 2, 3) == [(all_three, 3), (also_one, 1), (one, 1)]
    assert found(store, 1, 2, 3, limit=1) == [(all_three, 3)]


def test_hashes_use_all_64_bits(store: Store) -> None:
    top, low = add(store, 2**64 - 1, 2**63), add(store, 0, 2**63 - 1)
    assert found(store, 2**64 - 1, 2**63) == [(top, 2)]
    assert found(store, 0, 2**63 - 1) == [(low, 2)]


@pytest.mark.parametrize("band", [-1, 2**64])
def test_what_is_no_hash_is_the_callers_slip(store: Store, band: int) -> None:
    with pytest.raises(ValueError, match="no unsigned 64-bit number"):
        store.similar([band])


def test_a_band_given_twice_counts_once(store: Store) -> None:
    id = add(store, 5, 5)
    assert found(store, 5, 5) == [(id, 1)]


def test_without_bands_nothing_is_similar(store: Store) -> None:
    add(store)
    assert found(store) == []


def test_the_submission_itself_is_left_out(store: Store) -> None:
    first, second = add(store, 1), add(store, 1)
    assert found(store, 1, exclude=second) == [(first, 1)]


PLACES = [None, "宣恩县", "宣恩县/珠山镇", "宣恩县/椒园镇", "恩施市"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", PLACES),
        ("宣恩县", [None, "宣恩县", "宣恩县/珠山镇", "宣恩县/椒园镇"]),
        ("宣恩县/珠山镇", [None, "宣恩县", "宣恩县/珠山镇"]),
        ("恩施市", [None, "恩施市"]),
    ],
)
def test_places_inside_around_or_unknown_may_be_the_same(
    store: Store, place: str, expected: list[str | None]
) -> None:
    for known in PLACES:
        add(store, 1, place=known)
    places = [c.submission.suggestion["place"] for c in store.similar([1], place=place)]
    assert places == expected[::-1]


def test_of_a_crowded_band_the_newest_are_looked_at(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.similar._NEWEST_PER_BAND", 2)
    add(store, 1)
    rare, newest = add(store, 1, 2), add(store, 1)
    assert found(store, 1, 2) == [(rare, 2), (newest, 1)]

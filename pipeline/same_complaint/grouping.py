"""Grouping a whole run: which of a million messages are the same complaint.

Messages with a band in common at compatible places are candidates (sorting finds them, no
table of all pairs is ever made). In order of appearance each message then joins the group of
the candidate whose first message it is most like, or opens one of its own: comparing with the
first message, not the last, keeps a chain of small changes from joining what is not alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.same_complaint.signatures import BANDS, SIMILAR, bands, similarity

ALONE = -1
_CHUNK = 65_536
_ODD = np.uint64(0xD6E8FEB86659FD93)

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group: its number, how many rows, their first and last date (ISO, '' unknown)."""

    number: int
    size: int
    first: str
    last: str


def are_compatible(one: str, other: str) -> bool:
    """Whether two places can be one: the same, one within the other, or unknown.

    >>> are_compatible("宣恩县/珠山镇", "宣恩县"), are_compatible("宣恩县/珠山镇", "宣恩县/椒园镇")
    (True, False)
    """
    a, b = one.split("/") if one else [], other.split("/") if other else []
    return all(x == y for x, y in zip(a, b, strict=False))


def group(
    signatures: NDArray[np.uint32], present: NDArray[np.bool_], places: Sequence[str]
) -> Ints:
    """Return each message's group number, or −1 where it stands alone.

    Groups are numbered from 1 in order of appearance.

    Args:
        signatures: shape (n, PERMUTATIONS); may be a memory map.
        present: which messages have one, shape (n,).
        places: their paths (`县市/乡镇`), '' where unknown.
    """
    leader = np.arange(len(places), dtype=np.int64)
    place_of: dict[int, str] = {}
    for row, candidates in _candidates(signatures, np.asarray(present), places):
        best, best_similarity = row, SIMILAR
        for first in sorted({int(leader[c]) for c in candidates}):
            if not are_compatible(places[row], place_of.get(first, places[first])):
                continue
            alike = similarity(signatures[row], signatures[first])
            if alike > best_similarity or (alike == best_similarity and best == row):
                best, best_similarity = first, alike
        leader[row] = best
        known = place_of.get(best, places[best])
        place_of[best] = max(known, places[row], key=len)
    return _number(leader)


def describe_groups(groups: Ints, dates: Sequence[str]) -> dict[int, GroupSummary]:
    """Return what each group is; `dates` are ISO, '' where unknown."""
    sizes: dict[int, int] = {}
    spans: dict[int, tuple[str, str]] = {}
    for number, date in zip(groups.tolist(), dates, strict=True):
        if number == ALONE:
            continue
        sizes[number] = sizes.get(number, 0) + 1
        if date:
            first, last = spans.get(number, (date, date))
            spans[number] = (min(first, date), max(last, date))
    return {n: GroupSummary(n, size, *spans.get(n, ("", ""))) for n, size in sizes.items()}


def _candidates(
    signatures: NDArray[np.uint32], present: NDArray[np.bool_], places: Sequence[str]
) -> Iterator[tuple[int, list[int]]]:
    """Yield messages that share a band with earlier ones, and those, in order."""
    rows = np.flatnonzero(present).astype(np.int64)
    if len(rows) < 2:
        return
    codes, county_codes = _codes([places[i] for i in rows.tolist()])
    hashes = np.empty((len(rows), BANDS), dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        hashes[start : start + _CHUNK] = bands(signatures[rows[start : start + _CHUNK]])
    pairs = np.empty(0, dtype=np.int64)
    for band in range(BANDS):
        found = _pairs(hashes[:, band], codes, county_codes)
        pairs = np.union1d(pairs, found)
    later, earlier = np.divmod(pairs, len(rows))
    both = zip(rows[later].tolist(), rows[earlier].tolist(), strict=True)
    for row, candidates in groupby(both, key=lambda pair: pair[0]):
        yield row, [earlier for _, earlier in candidates]


def _pairs(hashes: NDArray[np.uint64], codes: Ints, county_codes: Ints) -> Ints:
    """Return pairs of rows with one hash at compatible places, as `later * n + earlier`.

    Every row is paired with the first row at its own place, with the first that names just
    its county, and with the first that names no place.
    """
    n = len(hashes)
    own = _key(hashes, codes)
    keys, first = np.unique(own, return_index=True)
    found = []
    for wanted in (own, _key(hashes, county_codes), _key(hashes, np.zeros_like(codes))):
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        other = np.where(keys[at] == wanted, first[at], np.arange(n))
        later, earlier = np.maximum(other, np.arange(n)), np.minimum(other, np.arange(n))
        found.append((later * n + earlier)[later != earlier])
    return np.unique(np.concatenate(found)).astype(np.int64)


def _key(hashes: NDArray[np.uint64], codes: Ints) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        return np.asarray(hashes ^ (codes.astype(np.uint64) * _ODD))


def _codes(places: Sequence[str]) -> tuple[Ints, Ints]:
    """Return a number for each row's place and one for its county; 0 is no place."""
    known = {"": 0}
    for place in places:
        known.setdefault(place.partition("/")[0], len(known))
        known.setdefault(place, len(known))
    own = np.array([known[place] for place in places], dtype=np.int64)
    county = np.array([known[place.partition("/")[0]] for place in places], dtype=np.int64)
    return own, county


def _number(leader: Ints) -> Ints:
    """Number groups of two and more by their first message."""
    firsts, counts = np.unique(leader, return_counts=True)
    shared = firsts[counts > 1]
    numbers = np.full(len(leader), ALONE, dtype=np.int64)
    at = np.searchsorted(shared, leader)
    inside = at < len(shared)
    inside[inside] = shared[at[inside]] == leader[inside]
    numbers[inside] = at[inside] + 1
    return numbers

"""Grouping a whole run: which of a million messages are the same complaint.

In order of appearance each message joins the group whose first message it is most like, or
may become the first of one. Comparing with the first message, not with any, is what keeps a
chain of small changes from joining what is not alike, and a union-find from being needed.
Only first messages are looked up, by the bands they share, so that a hundred thousand copies
cost a hundred thousand comparisons.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.same_complaint.places import intervals
from pipeline.same_complaint.signatures import BANDS, PERMUTATIONS, SIMILAR, bands, mix

ALONE = -1
_BLOCK = 50_000  # rows
# So many first messages of one band are looked at; what all share is a phrase, not a matter.
_MOST = 1_000

Ints = NDArray[np.int64]
Hashes = NDArray[np.uint32]


def group(
    signatures: NDArray[np.uint32],
    present: NDArray[np.bool_],
    places: Sequence[str],
    *,
    threshold: float = SIMILAR,
) -> Ints:
    """Return each message's group number, or −1 where it stands alone, shape (n,).

    Groups are numbered from 1 in order of appearance. All members of a group lie at places
    that can be one (`are_compatible`): whoever names a place settles it for the group.

    Args:
        signatures: shape (n, PERMUTATIONS); may be a memory map.
        present: which messages have one, shape (n,).
        places: their paths (`县市/乡镇`, or deeper), '' where unknown.
        threshold: estimated Jaccard index from which on two messages are alike (0–1).

    Raises:
        ValueError: the three are not of one length, or a signature of another.
    """
    if signatures.shape != (len(places), PERMUTATIONS) or present.shape != (len(places),):
        raise ValueError(
            f"{len(places)} places need signatures of shape ({len(places)}, {PERMUTATIONS}) and "
            f"as many flags, not {signatures.shape} and {present.shape}."
        )
    bounds = intervals(places)
    rows = np.flatnonzero(present)
    hashes = _hash_bands(signatures, rows)
    first, copy_of = _collapse(hashes, bounds[rows])
    leader = np.arange(len(places))
    leaders = _find_leaders(signatures, rows[first], hashes[first], bounds, threshold)
    leader[rows] = leaders[copy_of]
    return _number(leader)


def _hash_bands(signatures: NDArray[np.uint32], rows: Ints) -> Hashes:
    """Return half of each band hash of the rows, shape (rows, BANDS), a block at a time.

    Half will do: who shares one by chance is only looked at in vain.
    """
    hashes = np.empty((len(rows), BANDS), dtype=np.uint32)
    for start in range(0, len(rows), _BLOCK):
        hashes[start : start + _BLOCK] = bands(signatures[rows[start : start + _BLOCK]])
    return hashes


def _collapse(hashes: Hashes, bounds: Ints) -> tuple[Ints, Ints]:
    """Find rows of one signature and place: the first of each, and each row's first."""
    whole = mix(bounds[:, 0].astype(np.uint64))
    for band in range(BANDS):
        whole = mix(whole ^ hashes[:, band])
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse]


def _find_leaders(
    signatures: NDArray[np.uint32],
    rows: Ints,
    hashes: Hashes,
    bounds: Ints,
    threshold: float,
) -> Ints:
    """Return for each of the rows the first message of its group (itself where it is that)."""
    index = _Index(hashes)
    leaders = rows.copy()
    low, high = bounds[rows, 0], bounds[rows, 1]  # a group's place, kept at its first message
    needed = threshold * PERMUTATIONS
    for i in index.shared():
        candidates = index.find(i)
        near = (low[candidates] < high[i]) & (high[candidates] > low[i])
        candidates = np.unique(candidates[near])
        if len(candidates):
            same = signatures[rows[candidates]] == signatures[rows[i]]
            agreeing = np.count_nonzero(same, axis=1)
            best = int(agreeing.argmax())
            if agreeing[best] >= needed:
                found = candidates[best]
                leaders[i] = rows[found]
                low[found], high[found] = max(low[found], low[i]), min(high[found], high[i])
                continue
        index.add(i)
    return leaders


class _Index:
    """First messages by band: one stretch of an array for each hash that several rows have."""

    def __init__(self, hashes: Hashes) -> None:
        self._bucket = np.full(hashes.shape, -1, dtype=np.int32)
        sizes: list[Ints] = []
        taken = 0
        for band in range(BANDS):
            _, inverse, counts = np.unique(hashes[:, band], return_inverse=True, return_counts=True)
            number = np.cumsum(counts > 1) - 1 + taken
            number[counts == 1] = -1
            self._bucket[:, band] = number[inverse]
            sizes.append(np.minimum(counts[counts > 1], _MOST))
            taken += len(sizes[-1])
        ends = np.cumsum(np.concatenate(sizes))
        self._start = np.concatenate([[0], ends[:-1]]) if taken else ends
        self._filled = np.zeros(taken, dtype=np.int32)
        self._room = np.diff(ends, prepend=0).astype(np.int32)
        self._slots = np.empty(int(ends[-1]) if taken else 0, dtype=np.int32)

    def shared(self) -> list[int]:
        """Return the rows that share a band with any other, in order."""
        return np.flatnonzero((self._bucket >= 0).any(axis=1)).tolist()

    def find(self, row: int) -> Ints:
        """Return the first messages that share a band with a row, once for each band."""
        buckets = self._bucket[row]
        buckets = buckets[buckets >= 0]
        filled = self._filled[buckets]
        some = np.flatnonzero(filled)
        if not len(some):
            return some
        starts = self._start[buckets[some]].tolist()
        spans = zip(starts, filled[some].tolist(), strict=True)
        return np.concatenate([self._slots[s : s + n] for s, n in spans])

    def add(self, row: int) -> None:
        """Enter a first message under its bands, where they have room."""
        buckets = self._bucket[row]
        buckets = buckets[buckets >= 0]
        buckets = buckets[self._filled[buckets] < self._room[buckets]]
        self._slots[self._start[buckets] + self._filled[buckets]] = row
        self._filled[buckets] += 1


def _number(leader: Ints) -> Ints:
    """Number the groups of two and more in order of their first messages."""
    counts = np.bincount(leader, minlength=len(leader))
    numbers = np.cumsum(counts > 1)
    return np.where(counts[leader] > 1, numbers[leader], ALONE)

"""What to label next: messages the model is unsure of, no two alike, and a random tenth.

Doubt alone would pick one question in many wordings; so a message's doubt is weighed down by
how like it is to those already picked. The random tenth is drawn from everything that came,
known as such: figures measured on it speak of the messages to come, which figures measured
on the picked ones never do.

Source: Scheffer, Decomain and Wrobel, Active Hidden Markov Models, IDA 2001 (the margin);
Carbonell and Goldstein, The Use of MMR, SIGIR 1998 (doubt against likeness, one by one).
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.features import Featuriser
from pipeline.model import Model
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document

FloatArray = NDArray[np.float64]
How = Literal["uncertain", "random"]
UNCERTAIN: How = "uncertain"
RANDOM: How = "random"

_RANDOM_SHARE = 0.1
# The doubtful messages that are compared with each other, for each one to pick; what is
# kept in memory, however many messages there are.
_CANDIDATES = 10
# Doubtful messages kept for each candidate: near-duplicates fall away among them.
_SPARE = 2
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Picked:
    """A message to label, and whether doubt or chance picked it.

    Attributes:
        position: its place among the messages offered, from 0.
        doubt: 1 less the lead of the first category over the second (0–1).
    """

    position: int
    document: Document
    doubt: float
    how: How


@dataclass(frozen=True, slots=True)
class _Offer:
    position: int
    document: Document
    doubt: float
    draw: float


# What a heap is ordered by, and the offer; places differ, so that offers are never compared.
_Entry = tuple[float, int, _Offer]


def pick(model: Model, documents: Iterable[Document], count: int, *, seed: int = 0) -> list[Picked]:
    """Pick messages to label from a stream: the random ones, then the doubtful ones.

    The same messages, model and seed give the same picks. Of near-duplicates one is picked
    at most. Memory depends on `count`, not on how many messages there are.

    Returns:
        At most `count` messages, fewer where there are not so many different ones.

    Raises:
        ValueError: `count` is less than 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    drawn, doubtful = _sift(_offers(model, documents, seed), _by_chance(count), count)
    group_of = _groups({o.position: o for o in (*drawn, *doubtful)})
    possible = min(count, len(set(group_of.values())))
    chosen = _distinct(drawn, group_of, set())[: _by_chance(possible)]
    taken = {group_of[offer.position] for offer in chosen}
    candidates = _distinct(doubtful, group_of, taken)[: _CANDIDATES * count]
    doubt = np.array([offer.doubt for offer in candidates])
    features = _unit_features([offer.document for offer in candidates])
    spread = [candidates[i] for i in spread_out(doubt, features, count - len(chosen))]
    return [
        Picked(offer.position, offer.document, offer.doubt, how)
        for offers, how in ((chosen, RANDOM), (spread, UNCERTAIN))
        for offer in offers
    ]


def doubts(probabilities: FloatArray) -> FloatArray:
    """Return 1 less the lead of the best over the second best, for each row.

    >>> doubts(np.array([[0.5, 0.4, 0.1], [0.9, 0.1, 0.0]])).round(6).tolist()
    [0.9, 0.2]
    """
    ranked = np.sort(probabilities, axis=1)
    return np.asarray(1 - (ranked[:, -1] - ranked[:, -2]))


def spread_out(doubt: FloatArray, features: csr_matrix, count: int) -> list[int]:
    """Pick rows one by one: the most doubtful, weighed down by likeness to those picked.

    Args:
        doubt: of each row, 0–1.
        features: rows of unit length, so that products are cosines, shape (rows, features).

    >>> rows = csr_matrix(np.array([[1.0, 0], [1, 0], [0, 1]]))
    >>> spread_out(np.array([0.9, 0.8, 0.5]), rows, 2)
    [0, 2]
    """
    nearest = np.zeros(len(doubt))
    left = np.ones(len(doubt), dtype=bool)
    picked: list[int] = []
    while left.any() and len(picked) < count:
        best = int(np.where(left, doubt * (1 - nearest), -1.0).argmax())
        picked.append(best)
        left[best] = False
        likeness = (features @ features[best].T).toarray().ravel()
        nearest = np.maximum(nearest, np.minimum(likeness, 1.0))
    return picked


def _by_chance(count: int) -> int:
    return max(1, round(count * _RANDOM_SHARE)) if count > 1 else 0


def _offers(model: Model, documents: Iterable[Document], seed: int) -> Iterator[_Offer]:
    """Judge the messages a chunk at a time; each draws its lot in the order they come."""
    random = np.random.default_rng(seed)
    stream, position = iter(documents), 0
    while chunk := list(islice(stream, _CHUNK)):
        lots = random.random(len(chunk)).tolist()
        doubt = doubts(model.category_probabilities(chunk).astype(np.float64)).tolist()
        for document, worry, lot in zip(chunk, doubt, lots, strict=True):
            yield _Offer(position, document, worry, lot)
            position += 1


def _sift(
    offers: Iterable[_Offer], by_chance: int, count: int
) -> tuple[list[_Offer], list[_Offer]]:
    """Keep those with the smallest lots and the most doubtful, each in that order.

    Of the doubtful every text is kept once: one complaint posted ten thousand times would
    push out all others.
    """
    drawn: list[_Entry] = []
    doubtful: list[_Entry] = []
    held: set[str] = set()
    for offer in offers:
        _keep(drawn, (-offer.draw, -offer.position, offer), _SPARE * by_chance)
        if offer.document.text not in held:
            held.add(offer.document.text)
            entry = (offer.doubt, -offer.position, offer)
            fallen = _keep(doubtful, entry, _SPARE * _CANDIDATES * count)
            held.discard(fallen.document.text if fallen else "")
    return _best_first(drawn), _best_first(doubtful)


def _keep(heap: list[_Entry], entry: _Entry, most: int) -> _Offer | None:
    """Put an entry among the largest, and return what falls out."""
    if len(heap) >= most:
        return heapq.heappushpop(heap, entry)[2] if most else entry[2]
    heapq.heappush(heap, entry)
    return None


def _best_first(heap: list[_Entry]) -> list[_Offer]:
    return [offer for *_, offer in sorted(heap, key=lambda entry: entry[:2], reverse=True)]


def _groups(offers: dict[int, _Offer]) -> dict[int, int]:
    """Return the near-duplicate group of every offer, by position."""
    texts = [offer.document.text for offer in offers.values()]
    return dict(zip(offers, group_near_duplicates(texts), strict=True))


def _distinct(offers: Sequence[_Offer], group_of: dict[int, int], taken: set[int]) -> list[_Offer]:
    """Keep the first of every group that is not taken yet."""
    first: dict[int, _Offer] = {}
    for offer in offers:
        group = group_of[offer.position]
        if group not in taken:
            first.setdefault(group, offer)
    return list(first.values())


def _unit_features(documents: Sequence[Document]) -> Any:
    """Fitted on the candidates: what is new in them is what the model has no column for."""
    features = Featuriser().fit(documents).transform(documents)
    lengths = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)))
    return csr_matrix(features.multiply(1 / np.maximum(lengths, 1e-12)))

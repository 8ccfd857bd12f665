"""Why a category won: the stretches of text that moved the decision most.

The model is linear up to one softmax, so the change of the winner's log-odds with each
feature is known exactly. A feature's share is spread over the characters it covers, summed
per word, and neighbouring words that pull the same way are joined.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features import Reading, Readings
from pipeline.kernel import BatchReading
from pipeline.records import Document, Evidence

MOST = 8
# Words that weigh less than this share of the strongest one say nothing to a reader.
_NOTABLE = 0.12


def explain_each(
    documents: Sequence[Document],
    batch: BatchReading | Readings,
    requests: NDArray[np.int32],
    pulls: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> list[tuple[Evidence, ...]]:
    """Explain many decisions, with the kernel where it read the documents.

    Args:
        requests: the document (by its number) each explanation is about, shape (n,).
        pulls: how much each code's score moves the log-odds that are explained, (n, codes).
        weights: the head's weights, shape (features, codes).
    """
    if not len(requests):
        return []
    if isinstance(batch, Readings):
        found = zip(requests.tolist(), pulls, strict=True)
        return [
            _explain_by_reference(documents[i], batch.readings[i], p, weights) for i, p in found
        ]
    spans = batch.explain(requests, pulls, weights)
    texts = [documents[i].text for i in requests.tolist()]
    stretches = zip(spans.starts.tolist(), spans.ends.tolist(), spans.weights.tolist(), strict=True)
    counts = np.diff(spans.rows).tolist()
    return [
        tuple(Evidence(text[a:b], a, b, weight) for a, b, weight in islice(stretches, n))
        for text, n in zip(texts, counts, strict=True)
    ]


def _explain_by_reference(
    document: Document, reading: Reading, pull: NDArray[np.float32], weights: NDArray[np.float32]
) -> tuple[Evidence, ...]:
    gradient = weights[reading.columns] @ pull
    return explain(document, reading, gradient * reading.values)


def explain(document: Document, reading: Reading, gains: NDArray[Any]) -> tuple[Evidence, ...]:
    """Return at most eight stretches with their signed weights, strongest first.

    Stretches whose weights differ by less than a millionth come in the text's order.

    Args:
        gains: for each of the reading's columns, the feature's value times the gradient of
            the winner's log-odds, shape (k,).
    """
    words = _weigh_words(document, _spread(len(document.text), reading, gains))
    strongest = max((abs(word.weight) for word in words), default=0.0)
    notable = [w for w in words if abs(w.weight) > _NOTABLE * strongest]
    joined = _join_neighbours(document.text, notable)
    return tuple(sorted(joined, key=lambda e: (-round(abs(e.weight) * 1e6), e.start))[:MOST])


def _spread(length: int, reading: Reading, gains: NDArray[Any]) -> NDArray[np.float64]:
    """Return the running sum of the characters' weights, shape (length + 1,)."""
    times = np.bincount(reading.which, minlength=len(gains))
    share = (gains / np.maximum(times, 1))[reading.which] / (reading.ends - reading.starts)
    slope = np.zeros(length + 1)
    np.add.at(slope, reading.starts, share)
    np.add.at(slope, reading.ends, -share)
    return np.concatenate([[0.0], np.cumsum(np.cumsum(slope[:-1]))])


def _weigh_words(document: Document, running: NDArray[np.float64]) -> list[Evidence]:
    words, start = [], 0
    for token in document.tokens:
        end = start + len(token)
        if any(character.isalnum() for character in token):
            words.append(Evidence(token, start, end, float(running[end] - running[start])))
        start = end
    return words


def _join_neighbours(text: str, words: list[Evidence]) -> list[Evidence]:
    joined: list[Evidence] = []
    for word in words:
        last = joined[-1] if joined else None
        if last and last.end == word.start and (last.weight > 0) == (word.weight > 0):
            span = text[last.start : word.end]
            joined[-1] = Evidence(span, last.start, word.end, last.weight + word.weight)
        else:
            joined.append(word)
    return joined

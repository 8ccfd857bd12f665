"""Why a category won: the stretches of text that moved the decision most.

The model is linear up to one softmax, so the change of the winner's log-odds with each
feature is known exactly. A feature's share is spread over the characters it covers, summed
per word, and neighbouring words that pull the same way are joined.
"""

from collections import Counter
from collections.abc import Mapping

from pipeline.features import Featuriser
from pipeline.records import Document, Evidence

MOST = 8
# Words that weigh less than this share of the strongest one say nothing to a reader.
_NOTABLE = 0.12


def explain(
    document: Document, featuriser: Featuriser, contributions: Mapping[int, float]
) -> tuple[Evidence, ...]:
    """Return at most eight stretches with their signed weights, strongest first.

    Args:
        contributions: column → value of the feature times the gradient of the winner's
            log-odds, for the columns present in the document.
    """
    per_character = _spread(document, featuriser, contributions)
    words = _weigh_words(document, per_character)
    strongest = max((abs(word.weight) for word in words), default=0.0)
    notable = [w for w in words if abs(w.weight) > _NOTABLE * strongest]
    joined = _join_neighbours(document.text, notable)
    return tuple(sorted(joined, key=lambda e: (-abs(e.weight), e.start))[:MOST])


def _spread(
    document: Document, featuriser: Featuriser, contributions: Mapping[int, float]
) -> list[float]:
    weights = [0.0] * len(document.text)
    for view, vocabulary, first in featuriser.blocks():
        found = [(first + vocabulary[f.name], f) for f in view(document) if f.name in vocabulary]
        times = Counter(column for column, _ in found)
        for column, feature in found:
            share = contributions.get(column, 0.0) / times[column]
            share /= feature.end - feature.start
            for position in range(feature.start, feature.end):
                weights[position] += share
    return weights


def _weigh_words(document: Document, weights: list[float]) -> list[Evidence]:
    words, start = [], 0
    for token in document.tokens:
        end = start + len(token)
        if any(character.isalnum() for character in token):
            words.append(Evidence(token, start, end, sum(weights[start:end])))
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

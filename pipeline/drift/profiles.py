"""What a model sees in a sample, message by message."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.drift.sampling import Sample
from pipeline.features import word_features
from pipeline.records import Document, TaggedItem
from pipeline.triage import Triage

_CHINESE = re.compile("[㐀-鿿]")


@dataclass(frozen=True)
class Profile:
    """A sample as one model reads it; arrays have one entry a message.

    Attributes:
        rows: rows of the file the sample was drawn from.
        names: category → name, in the taxonomy's order; `category` holds indexes into it.
        confidence: probability of the category (0–1).
        words: the distinct Chinese words of each message.
        unseen: share of a message's Chinese words that the model has not met in training.
    """

    source: str
    rows: int
    model: str
    names: Mapping[str, str]
    category: NDArray[np.intp]
    confidence: NDArray[np.float64]
    words: tuple[frozenset[str], ...]
    unseen: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.category)


def profile(sample: Sample, triage: Triage) -> Profile:
    """Tag a sample. Personal data is masked first, so that no word shown is anybody's."""
    known = set(triage.model.featuriser.to_arrays()[0].get("words", ()))
    texts = ((str(i), text) for i, text in enumerate(sample.texts))
    items = [item for item in triage.pipe(texts, masked=True) if isinstance(item, TaggedItem)]
    read = [_words(item.document) for item in items]
    names = triage.model.taxonomy.categories
    index = {code: i for i, code in enumerate(names)}
    return Profile(
        source=sample.source,
        rows=sample.rows,
        model=triage.model.version,
        names=names,
        category=np.array([index[item.prediction.category] for item in items]),
        confidence=np.array([item.prediction.confidence for item in items]),
        words=tuple(frozenset(words) for words in read),
        unseen=np.array([_unseen_share(words, known) for words in read]),
    )


def _words(document: Document) -> list[str]:
    return [f.name for f in word_features(document) if _CHINESE.search(f.name)]


def _unseen_share(words: Collection[str], known: Collection[str]) -> float:
    return sum(word not in known for word in words) / max(1, len(words))

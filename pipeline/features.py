"""What the model sees of a document: words, characters and pairs of characters, by TF-IDF.

Views that fail differently: words know meaning but are cut wrongly in dialect and typos;
characters do not care how anything is cut. Each view is scaled to unit length, so that none
drowns the others. Longer n-grams were tried and left out: they fit the corpus and miss the
messages to come (`benchmarks/README.md`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.records import Document

_NOT_A_WORD = re.compile(r"[\W_]+")
# Runs of letters and digits are one symbol each to the character view: phone numbers,
# house numbers and "A3区" say nothing letter by letter.
_CHARACTER = re.compile(r"[a-zA-Z]+|\d+|[^\W_]")


class Feature(NamedTuple):
    """A named n-gram and the code points it covers."""

    name: str
    start: int
    end: int


def word_features(document: Document) -> Iterator[Feature]:
    """Yield the words; punctuation is none."""
    start = 0
    for token in document.tokens:
        end = start + len(token)
        if not _NOT_A_WORD.fullmatch(token):
            yield Feature(_fold(token), start, end)
        start = end


def character_features(document: Document) -> Iterator[Feature]:
    """Yield the characters, punctuation left out; a number or a Latin word is one."""
    for match in _CHARACTER.finditer(document.text):
        yield Feature(_fold(match.group()), match.start(), match.end())


def pair_features(document: Document) -> Iterator[Feature]:
    """Yield two neighbouring characters, over punctuation as well."""
    for left, right in pairwise(character_features(document)):
        yield Feature(left.name + right.name, left.start, right.end)


View = Callable[[Document], Iterator[Feature]]
VIEWS: dict[str, View] = {
    "words": word_features,
    "characters": character_features,
    "pairs": pair_features,
}
# In how many messages a feature must stand to count. A pair says little more than its two
# characters until it has been seen a few times.
MIN_DOCUMENTS = {"words": 2, "characters": 2, "pairs": 3}


class Featuriser:
    """TF-IDF over the views, one block of columns a view.

    Attributes:
        vectorizers_: view name → fitted `TfidfVectorizer`.
    """

    def fit(self, documents: Sequence[Document]) -> "Featuriser":
        """Learn the vocabulary and the inverse document frequencies."""
        self.vectorizers_ = {name: self._vectorizer(name) for name in VIEWS}
        for vectorizer in self.vectorizers_.values():
            vectorizer.fit(documents)
        return self

    def transform(self, documents: Sequence[Document]) -> csr_matrix:
        """Return a float32 matrix of shape (documents, features)."""
        blocks = [vectorizer.transform(documents) for vectorizer in self.vectorizers_.values()]
        return hstack(blocks, format="csr", dtype=np.float32)

    def blocks(self) -> Iterator[tuple[View, dict[str, int], int]]:
        """Yield each view with its vocabulary and the column its block starts at."""
        first = 0
        for name, vectorizer in self.vectorizers_.items():
            yield VIEWS[name], vectorizer.vocabulary_, first
            first += len(vectorizer.vocabulary_)

    def to_arrays(self) -> tuple[dict[str, list[str]], dict[str, Any]]:
        """Return the vocabularies (in column order) and the inverse document frequencies."""
        terms = {n: v.get_feature_names_out().tolist() for n, v in self.vectorizers_.items()}
        return terms, {n: v.idf_.astype(np.float32) for n, v in self.vectorizers_.items()}

    @classmethod
    def from_arrays(cls, terms: dict[str, list[str]], idf: dict[str, Any]) -> "Featuriser":
        """Rebuild a fitted featuriser from what `to_arrays` gave."""
        featuriser = cls()
        featuriser.vectorizers_ = {}
        for name in VIEWS:
            vectorizer = featuriser._vectorizer(name, vocabulary=terms[name])
            vectorizer.idf_ = idf[name].astype(np.float64)
            featuriser.vectorizers_[name] = vectorizer
        return featuriser

    def _vectorizer(self, view: str, vocabulary: list[str] | None = None) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer=_Names(VIEWS[view]),
            min_df=MIN_DOCUMENTS[view] if vocabulary is None else 1,
            vocabulary=vocabulary,
            sublinear_tf=True,
            dtype=np.float64,
        )


class _Names:
    """A view reduced to names, as scikit-learn's `analyzer` wants it."""

    def __init__(self, view: View) -> None:
        self.view = view

    def __call__(self, document: Document) -> list[str]:
        return [feature.name for feature in self.view(document)]


def _fold(token: str) -> str:
    """Fold what differs without meaning: case, and the value of a number."""
    if token.isdigit():
        return "0" if len(token) < 4 else "0000"
    return token.lower()

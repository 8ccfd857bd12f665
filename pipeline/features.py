"""What the model sees of a document: word and character n-grams, weighted by TF-IDF.

Two views that fail differently: words know meaning but are cut wrongly in dialect and
typos; character n-grams do not care how anything is cut. Each view is scaled to unit
length, so that neither drowns the other.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.records import Document

CHARACTER_SIZES = (1, 2, 3)
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
    """Yield word unigrams and bigrams; punctuation breaks no bigram but is none itself."""
    start, before = 0, None
    for token in document.tokens:
        end = start + len(token)
        if not _NOT_A_WORD.fullmatch(token):
            word = Feature(_fold(token), start, end)
            yield word
            if before is not None:
                yield Feature(f"{before.name} {word.name}", before.start, end)
            before = word
        start = end


def character_features(document: Document) -> Iterator[Feature]:
    """Yield runs of 1–3 characters, punctuation left out."""
    found = list(_CHARACTER.finditer(document.text))
    symbols = [_fold(match.group()) for match in found]
    for size in CHARACTER_SIZES:
        for i in range(len(symbols) - size + 1):
            name = "".join(symbols[i : i + size])
            yield Feature(name, found[i].start(), found[i + size - 1].end())


View = Callable[[Document], Iterator[Feature]]
VIEWS: dict[str, View] = {"words": word_features, "characters": character_features}


class Featuriser:
    """TF-IDF over the views, one block of columns a view.

    Attributes:
        vectorizers_: view name → fitted `TfidfVectorizer`.
    """

    def __init__(self, *, min_df: int = 2) -> None:
        self.min_df = min_df

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
            min_df=self.min_df if vocabulary is None else 1,
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

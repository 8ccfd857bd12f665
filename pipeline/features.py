"""What the model sees of a document: words, characters and pairs of characters, by TF-IDF.

Views that fail differently: words know meaning but are cut wrongly in dialect and typos;
characters do not care how anything is cut. Each view is scaled to unit length, so that none
drowns the others. Longer n-grams were tried and left out: they fit the corpus and miss the
messages to come; counting the head of a long message (mostly a title) three times helps
(`benchmarks/README.md`).

This is the reference, and what one reads first. Where the kernel was compiled it reads what a
message is about instead (`pipeline.kernel.reader`): the same columns and values.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline import kernel
from pipeline.records import Document
from pipeline.segmenter import Segmenter

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_NOT_A_WORD = re.compile(r"[\W_]+")
# Runs of letters and digits are one symbol each to the character view: phone numbers,
# house numbers and "A3区" say nothing letter by letter.
_CHARACTER = re.compile(r"[a-zA-Z]+|\d+|[^\W_]")
_SIGN = re.compile(r"[a-zA-Z]+|\d+(?:\.\d+)?|\S")


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


def pair_features(characters: Iterable[Feature]) -> Iterator[Feature]:
    """Yield two neighbouring characters, over punctuation as well."""
    for left, right in pairwise(characters):
        yield Feature(left.name + right.name, left.start, right.end)


def sign_features(document: Document) -> Iterator[Feature]:
    """Yield every sign, punctuation included, and one for either edge of the text.

    How something is said (asked, promised, reported) shows in its little words, its
    punctuation and how it begins and ends.
    """
    signs = [Feature(_fold(m.group()), *m.span()) for m in _SIGN.finditer(document.text)]
    if signs:
        yield signs[0]._replace(name="^")
        yield from signs
        yield signs[-1]._replace(name="$")


def triple_features(signs: Sequence[Feature]) -> Iterator[Feature]:
    """Yield three neighbouring signs."""
    for first, second, third in zip(signs, signs[1:], signs[2:], strict=False):
        yield Feature(first.name + second.name + third.name, first.start, third.end)


# Which views there are, and in how many messages a feature must stand to count in each. What
# a message is about: a pair says little more than its two characters until it has been seen
# a few times.
MATTER = {"words": 2, "characters": 2, "pairs": 3}
# How something is said (`pipeline.notes.kinds`).
MANNER = {"signs": 2, "sign_pairs": 2, "sign_triples": 2}


# In a message of more than `HAS_HEAD` characters what stands in the first `HEAD` counts
# `HEAD_COUNTS` times: it is mostly a title, and says what the message is about.
HAS_HEAD, HEAD, HEAD_COUNTS = 80, 20, 3

# Documents read at once: their arrays stay small enough for a processor's cache.
_BATCH = 256


def view(document: Document, names: Collection[str]) -> dict[str, list[Feature]]:
    """Return the features of every view named, in their order."""
    found: dict[str, list[Feature]] = {}
    if "words" in names:
        characters = list(character_features(document))
        found["words"] = list(word_features(document))
        found["characters"] = characters
        found["pairs"] = list(pair_features(characters))
    if "signs" in names:
        signs = list(sign_features(document))
        found["signs"] = signs
        found["sign_pairs"] = list(pair_features(signs))
        found["sign_triples"] = list(triple_features(signs))
    return found


class Reading(NamedTuple):
    """A document as the model reads it.

    Attributes:
        columns: the distinct columns present, ascending, shape (k,).
        values: their TF-IDF values, each view of unit length, shape (k,).
        which: for every occurrence of a feature, its index in `columns`, shape (n,).
        starts: the code points where the occurrences start and (`ends`) end, shape (n,).
    """

    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    which: NDArray[np.intp]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class Readings(NamedTuple):
    """Documents as the reference reads them; what `kernel.BatchReading` is for the kernel."""

    readings: Sequence[Reading]
    matrix: "csr_matrix"

    def scores(self, weights: NDArray[np.float32], intercept: NDArray[np.float32]) -> Any:
        """Return scores of shape (documents, codes); `weights` is (features, codes)."""
        return np.asarray(self.matrix @ weights + intercept)


class Featuriser:
    """TF-IDF over the views, one block of columns a view.

    Term frequencies are `1 + ln(count)`, where the head of a long message counts three times;
    inverse document frequencies are smoothed:
    `1 + ln((1 + documents) / (1 + document frequency))`. Source: scikit-learn's
    `TfidfVectorizer(sublinear_tf=True)`, whose values these are; here the positions of the
    features come along, which the evidence needs, and a message is looked up in one pass.

    Parameters:
        min_documents: the views, and in how many documents a feature of each must stand:
            `MATTER` or `MANNER`.

    Attributes:
        vocabulary_: view name → feature name → column.
        idf_: inverse document frequency of each column, float32, shape (features,).
    """

    vocabulary_: Mapping[str, Mapping[str, int]]
    idf_: NDArray[np.float32]

    def __init__(self, min_documents: Mapping[str, int] = MATTER) -> None:
        self.min_documents = min_documents

    def fit(self, documents: Sequence[Document]) -> "Featuriser":
        """Learn the vocabulary and the inverse document frequencies."""
        seen: dict[str, Counter[str]] = {name: Counter() for name in self.min_documents}
        for document in documents:
            for name, features in view(document, self.min_documents).items():
                seen[name].update({feature.name for feature in features})
        terms = {
            name: sorted(term for term, n in counts.items() if n >= self.min_documents[name])
            for name, counts in seen.items()
        }
        frequency = {name: np.array([seen[name][t] for t in terms[name]]) for name in terms}
        idf = {n: 1 + np.log((1 + len(documents)) / (1 + f)) for n, f in frequency.items()}
        self._set(terms, idf)
        return self

    def read(self, document: Document) -> Reading:
        """Look every feature of a document up; those never learnt are passed over."""
        batch = self._read_with_kernel([document])
        if batch is None:
            return self._read_by_reference(document)
        return Reading(
            batch.columns,
            batch.values,
            batch.which.astype(np.intp),
            batch.starts.astype(np.int64),
            batch.ends.astype(np.int64),
        )

    def read_batch(self, documents: Sequence[Document]) -> kernel.BatchReading | Readings:
        """Read documents together: with the kernel, or each by itself."""
        batch = self._read_with_kernel(documents)
        if batch is not None:
            return batch
        readings = [self._read_by_reference(document) for document in documents]
        return Readings(readings, self.to_matrix(readings))

    def read_texts(
        self, texts: Sequence[str], segmenter: Segmenter
    ) -> kernel.BatchReading | Readings:
        """Cut and read normalised texts together; with the kernel no word becomes a string."""
        batch = None
        if self._reader is not None and kernel.available():
            batch = self._reader.read(texts, segmenter.boundaries(texts))
        if batch is not None:
            return batch
        return self.read_batch([Document("", t, t, tuple(segmenter.cut(t))) for t in texts])

    def transform(self, documents: Sequence[Document]) -> "csr_matrix":
        """Return a float32 matrix of shape (documents, features)."""
        from scipy.sparse import vstack

        parts = range(0, len(documents), _BATCH)
        rows = [self._transform_batch(documents[start : start + _BATCH]) for start in parts]
        return vstack(rows, format="csr") if rows else self.to_matrix([])

    def _transform_batch(self, documents: Sequence[Document]) -> "csr_matrix":
        from scipy.sparse import csr_matrix

        batch = self.read_batch(documents)
        if isinstance(batch, Readings):
            return batch.matrix
        shape = (len(documents), len(self.idf_))
        return csr_matrix((batch.values, batch.columns, batch.column_rows), shape=shape)

    def _read_with_kernel(self, documents: Sequence[Document]) -> kernel.BatchReading | None:
        """Read documents with the kernel; None where the reference has to."""
        if self._reader is None or not kernel.available():
            return None
        boundaries = kernel.Boundaries.of_words(document.tokens for document in documents)
        return self._reader.read([document.text for document in documents], boundaries)

    @cached_property
    def _reader(self) -> kernel.FeatureReader | None:
        if not kernel.available() or not kernel.can_read(self.vocabulary_):
            return None
        return kernel.FeatureReader(self.vocabulary_, self.idf_, (HAS_HEAD, HEAD, HEAD_COUNTS))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the compiled tables: they are made again from the vocabulary."""
        return {name: value for name, value in self.__dict__.items() if name != "_reader"}

    def _read_by_reference(self, document: Document) -> Reading:
        columns: list[int] = []
        places: list[tuple[int, int]] = []
        for name, features in view(document, self.min_documents).items():
            vocabulary = self.vocabulary_[name]
            for term, start, end in features:
                column = vocabulary.get(term)
                if column is not None:
                    columns.append(column)
                    places.append((start, end))
        distinct, which = np.unique(np.array(columns, dtype=np.int32), return_inverse=True)
        spans = np.array(places, dtype=np.int64).reshape(-1, 2)
        head = HEAD if len(document.text) > HAS_HEAD else 0
        counts = np.bincount(which, np.where(spans[:, 1] <= head, HEAD_COUNTS, 1))
        values = (1 + np.log(counts)) * self.idf_[distinct]
        unit = self._scale(distinct, values).astype(np.float32)
        return Reading(distinct, unit, which, spans[:, 0], spans[:, 1])

    def to_matrix(self, readings: Sequence[Reading]) -> "csr_matrix":
        """Stack readings to a float32 matrix of shape (readings, features)."""
        from scipy.sparse import csr_matrix

        ends = np.cumsum([0, *(len(r.columns) for r in readings)])
        columns = np.concatenate([np.empty(0, dtype=np.int32), *(r.columns for r in readings)])
        values = np.concatenate([np.empty(0, dtype=np.float32), *(r.values for r in readings)])
        return csr_matrix((values, columns, ends), shape=(len(readings), len(self.idf_)))

    def to_arrays(self) -> tuple[dict[str, list[str]], dict[str, Any]]:
        """Return the vocabularies (in column order) and the inverse document frequencies."""
        terms = {name: list(vocabulary) for name, vocabulary in self.vocabulary_.items()}
        parts = np.split(self.idf_, self._starts[1:-1])
        return terms, dict(zip(terms, parts, strict=True))

    @classmethod
    def from_arrays(
        cls, terms: Mapping[str, Sequence[str]], idf: Mapping[str, Any]
    ) -> "Featuriser":
        """Rebuild a fitted featuriser from what `to_arrays` gave."""
        views = MANNER if "signs" in terms else MATTER
        featuriser = cls(views)
        featuriser._set({name: terms[name] for name in views}, idf)
        return featuriser

    def _set(self, terms: Mapping[str, Sequence[str]], idf: Mapping[str, Any]) -> None:
        self.__dict__.pop("_reader", None)  # made of what was learnt before
        self._starts = np.cumsum([0, *(len(names) for names in terms.values())])
        self.vocabulary_ = {
            name: {term: int(first) + i for i, term in enumerate(names)}
            for (name, names), first in zip(terms.items(), self._starts, strict=False)
        }
        self.idf_ = np.concatenate([idf[name] for name in terms]).astype(np.float32)

    def _scale(self, columns: NDArray[np.int32], values: NDArray[Any]) -> NDArray[Any]:
        """Scale the part of each view to unit length."""
        edges = np.searchsorted(columns, self._starts)
        for start, end in pairwise(edges.tolist()):
            if end > start:
                values[start:end] /= np.sqrt((values[start:end] ** 2).sum())
        return values


def _fold(token: str) -> str:
    """Fold what differs without meaning: case, and the value of a number."""
    if token.isdigit():
        return "0" if len(token) < 4 else "0000"
    return token.lower()

"""Reading features with the compiled kernel: a batch of texts in, arrays out.

The views are those of `pipeline.features` for what a message is about, which is the reference:
here are the same columns and values, without a string for any of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel.cutter import Boundaries

T = TypeVar("T")

# The views the kernel knows, in the order of their columns.
VIEWS = ("words", "characters", "pairs")
# Columns and code points share 64 bits in the tables.
MOST_COLUMNS = 2**21 - 2
# Counts whose 1 + ln(count) is computed once, by numpy as in the reference.
_COUNTS = 4096


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches of text: request `i` owns those from `rows[i]` to `rows[i + 1]`."""

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    weights: NDArray[np.float64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BatchReading:
    """A batch as the views read it.

    Attributes:
        which: for every occurrence of a feature, its index among its text's columns.
        starts, ends: the code points where the occurrences start and end.
        occurrence_rows: text `i` owns the occurrences from `occurrence_rows[i]` on.
        columns: the distinct columns of each text, ascending.
        values: their TF-IDF values, each view of a text of unit length.
        column_rows: text `i` owns the columns from `column_rows[i]` on.
        is_word: for every word of the boundaries, whether it has a letter or digit.
        lengths: code points of each text.
        boundaries: where the words end.
    """

    which: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    occurrence_rows: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    column_rows: NDArray[np.int64]
    is_word: NDArray[np.uint8]
    lengths: NDArray[np.int32]
    boundaries: Boundaries

    def scores(
        self, weights: NDArray[np.float32], intercept: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the scores of shape (texts, codes); `weights` is (features, codes), C order."""
        from pipeline.kernel._score import score

        return score(self.columns, self.values, self.column_rows, weights, intercept)

    def explain(
        self,
        documents: NDArray[np.int32],
        pulls: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> Spans:
        """Return the strongest stretches for each request, as `pipeline.evidence` does.

        Args:
            documents: the text each request asks about, shape (requests,).
            pulls: how each code's score moves what is explained, shape (requests, codes).
        """
        from pipeline.kernel._score import explain

        found = (
            self.which,
            self.starts,
            self.ends,
            self.occurrence_rows,
            self.columns,
            self.values,
            self.column_rows,
            self.is_word,
            self.lengths,
        )
        bounds = self.boundaries
        return Spans(*explain(found, bounds.ends, bounds.rows, documents, pulls, weights))


class FeatureReader:
    """Looks the features of texts up in tables made of a fitted featuriser.

    Safe to share between threads: it holds no state but the tables.

    Args:
        terms: view → its names in column order, for exactly the views of `VIEWS`.
        idf: inverse document frequency of each column.
        head: in a text of more than `head[0]` characters what stands in the first `head[1]`
            counts `head[2]` times.

    Raises:
        ValueError: there are other views, or too many columns; ask `can_read` first.
    """

    def __init__(
        self,
        terms: Mapping[str, Collection[str]],
        idf: NDArray[np.float32],
        head: tuple[int, int, int],
    ) -> None:
        if not can_read(terms):
            raise ValueError(f"the kernel cannot read these views: {', '.join(terms)}")
        from pipeline.kernel._score import FeatureKernel, build

        brief, long, names = build([list(terms[view]) for view in VIEWS])
        first = np.cumsum([0, *(len(terms[view]) for view in VIEWS)]).astype(np.int32)
        counts = np.arange(_COUNTS, dtype=np.float64)
        factor = 1 + np.log(np.maximum(counts, 1))
        # An array of no length has no first element to point at.
        weights = np.append(idf, np.float32(0))
        self._kernel = FeatureKernel(brief, long, names, first, weights, factor, head)

    def read(self, texts: Sequence[str], boundaries: Boundaries) -> BatchReading | None:
        """Read a batch; None where a text must be read by the reference.

        That is one with `İ` or `Σ`, the two characters that `str.lower` treats by more than
        a table.
        """
        found = self._kernel.read(tuple(texts), boundaries.ends, boundaries.rows)
        return None if found is None else BatchReading(*found, boundaries)


def can_read(terms: Mapping[str, Collection[str]]) -> bool:
    """Whether the kernel has these views and room for their columns."""
    return tuple(terms) == VIEWS and sum(map(len, terms.values())) <= MOST_COLUMNS


def ranked(
    record: type[T],
    codes: tuple[str, ...],
    order: NDArray[np.int64],
    chances: NDArray[np.float32],
    wanted: NDArray[np.bool_],
) -> list[tuple[T, ...]]:
    """Make `record(code, probability)` of each row's codes, in the order given.

    Args:
        record: a frozen dataclass with slots and these two fields.
        order: the numbers of the codes, best first, shape (rows, codes).
        chances: their probabilities, float32, by number, shape (rows, codes).
        wanted: which codes to keep, by number, shape (rows, codes).
    """
    from pipeline.kernel import _score

    chances = np.ascontiguousarray(chances, dtype=np.float32)
    kept = np.ascontiguousarray(wanted).view(np.uint8)
    return _score.ranked(record, codes, order, chances, kept)

"""The measures of agreement, for one table of counts or for a thousand at once.

Raw agreement flatters where one category is frequent; Cohen's kappa and Krippendorff's alpha
take off what two people who only guessed would agree on. Sources: Cohen, A coefficient of
agreement for nominal scales, 1960; Krippendorff, Computing Krippendorff's alpha-reliability,
2011. (The `krippendorff` package is under the GPL, and scikit-learn has only the kappa, of one
table a call; the bootstrap needs a thousand.) Not a number stands for what is not defined.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def krippendorff_alpha(units: Iterable[Sequence[str | None]]) -> float | None:
    """Return alpha of nominal labels by any number of raters, None standing for no label.

    None is returned where all labels are one category, or no unit has two.

    >>> krippendorff_alpha([("a", "a", None), ("b", None, "b"), ("a", None, None)])
    1.0
    """
    value = alpha_of_coincidences(coincidences(units))
    return float(value) if np.isfinite(value) else None


def coincidences(units: Iterable[Sequence[str | None]]) -> FloatArray:
    """Count the pairs of labels within each unit, a unit of m labels weighing 1 / (m - 1)."""
    pairs: defaultdict[tuple[str, str], float] = defaultdict(float)
    for unit in units:
        given = [label for label in unit if label is not None]
        for i, one in enumerate(given):
            for j, other in enumerate(given):
                if i != j:
                    pairs[one, other] += 1 / (len(given) - 1)
    index = {c: i for i, c in enumerate(sorted({c for c, _ in pairs}))}
    counted = np.zeros((len(index), len(index)))
    for (one, other), n in pairs.items():
        counted[index[one], index[other]] = n
    return counted


def raw_of(confusion: FloatArray) -> FloatArray:
    """Return the share of rows on the diagonal; arrays of shape (…, k, k), as all below."""
    return _ratio(_diagonal(confusion), confusion.sum(axis=(-2, -1)))


def specific_of(confusion: FloatArray) -> FloatArray:
    """Return the agreement on the second of two categories."""
    both = confusion[..., 1, 1]
    return _ratio(2 * both, confusion[..., 1, :].sum(-1) + confusion[..., :, 1].sum(-1))


def kappa_of(confusion: FloatArray) -> FloatArray:
    """Return Cohen's kappa."""
    n = confusion.sum(axis=(-2, -1))
    by_chance = (confusion.sum(-1) * confusion.sum(-2)).sum(-1)
    return _ratio(_diagonal(confusion) * n - by_chance, n * n - by_chance)


def alpha_of(confusion: FloatArray) -> FloatArray:
    """Return Krippendorff's alpha of two raters who both labelled every row."""
    return alpha_of_coincidences(confusion + np.swapaxes(confusion, -1, -2))


def alpha_of_coincidences(counted: FloatArray) -> FloatArray:
    """Return `1 - (n - 1) · disagreeing / Σ n_c · n_k` over pairs of different categories."""
    per_category = counted.sum(-1)
    n = per_category.sum(-1)
    expected = n * n - (per_category**2).sum(-1)
    return 1 - _ratio((n - 1) * (n - _diagonal(counted)), expected)


def against_rest(confusion: FloatArray, category: int) -> FloatArray:
    """Fold a table of shape (…, k, k) to "not this category, this category", (…, 2, 2)."""
    both = confusion[..., category, category]
    first, second = confusion[..., category, :].sum(-1), confusion[..., :, category].sum(-1)
    neither = confusion.sum(axis=(-2, -1)) - first - second + both
    cells = np.stack([neither, second - both, first - both, both], axis=-1)
    return cells.reshape(*cells.shape[:-1], 2, 2)


def _diagonal(square: FloatArray) -> FloatArray:
    return np.asarray(np.trace(square, axis1=-2, axis2=-1))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; what is divided by nothing is not a number."""
    undefined = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=np.asarray(whole) != 0))

"""How far a figure could lie from what was measured: the bootstrap over groups of rows.

Rows of one group (near-duplicates) are drawn together, because they are one observation.
Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, percentile intervals.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

RESAMPLES = 1000


class Resampler:
    """Draws groups with replacement, the same draws for every figure asked of it.

    Args:
        groups: the group of each row.
        seed: the same seed gives the same draws.

    >>> draws = Resampler([0, 1, 2, 3], seed=0)
    >>> low, high = draws.interval_of_mean(np.array([1.0, 1.0, 1.0, 0.0]))
    >>> low < 0.75 < high
    True
    """

    def __init__(self, groups: Sequence[int], *, seed: int = 0, resamples: int = RESAMPLES) -> None:
        names, self._group = np.unique(np.asarray(groups, dtype=np.int64), return_inverse=True)
        draws = np.random.default_rng(seed).integers(len(names), size=(resamples, len(names)))
        self._times = np.stack([np.bincount(d, minlength=len(names)) for d in draws])

    def totals(self, values: FloatArray) -> FloatArray:
        """Return the resampled sums of an array of shape (rows, k), shape (resamples, k)."""
        per_group = np.zeros((self._times.shape[1], values.shape[1]))
        np.add.at(per_group, self._group, values)
        return np.asarray(self._times @ per_group, dtype=np.float64)

    def interval_of_mean(self, values: FloatArray) -> tuple[float, float]:
        """Return the 95 % interval of the mean of one value a row."""
        totals = self.totals(np.column_stack([values, np.ones(len(values))]))
        return interval(totals[:, 0] / totals[:, 1])

    def interval_of_macro_f1(
        self, gold: Sequence[str], counted: Sequence[str], categories: Sequence[str]
    ) -> tuple[float, float]:
        """Return the 95 % interval of the mean F1 over `categories`."""
        truth, said = np.asarray(gold), np.asarray(counted)
        columns = [
            column
            for c in categories
            for column in ((truth == c) & (said == c), truth == c, said == c)
        ]
        totals = self.totals(np.column_stack(columns).astype(np.float64))
        both, were, said_so = totals[:, 0::3], totals[:, 1::3], totals[:, 2::3]
        return interval((2 * both / np.maximum(were + said_so, 1)).mean(axis=1))


def interval(draws: FloatArray) -> tuple[float, float]:
    """Return the 2.5th and the 97.5th percentile."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)

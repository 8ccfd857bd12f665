"""Figures of agreement with their intervals, over all categories and for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.agreement.measures import (
    FloatArray,
    against_rest,
    alpha_of,
    kappa_of,
    raw_of,
    specific_of,
)
from pipeline.resampling import Resampler, interval

Measure = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval; None where it is not defined (all in one category)."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Raw agreement, Cohen's kappa and Krippendorff's alpha.

    Of one category against the rest, `raw` is the specific agreement `2a / (2a + b + c)`: how
    often one of them put there what the other put there. The rows that neither put there, most
    of all, say nothing of the category. Source: Fleiss, Measuring agreement between two judges
    on the presence or absence of a trait, 1975.
    """

    raw: Figure
    kappa: Figure
    alpha: Figure


@dataclass(frozen=True)
class Agreement:
    """What two raters agree on.

    Attributes:
        confusion: rows by first label (down) and second label (across), as `categories`.
        per_category: each category against all others.
    """

    categories: tuple[str, ...]
    confusion: NDArray[np.int64]
    overall: Figures
    per_category: Mapping[str, Figures]

    @property
    def n(self) -> int:
        """How many rows both have labelled."""
        return int(self.confusion.sum())


def measure_agreement(
    first: Sequence[str], second: Sequence[str], groups: Sequence[int] = (), *, seed: int = 0
) -> Agreement:
    """Compare two labels a row.

    Args:
        groups: rows of one group (near-duplicates) are drawn together for the intervals;
            none given: every row for itself.

    >>> measure_agreement(["a", "a", "b", "b"], ["a", "b", "b", "b"]).overall.kappa.value
    0.5

    Raises:
        ValueError: there are no rows.
    """
    if not first:
        raise ValueError("there are no rows to compare")
    categories = tuple(sorted({*first, *second}))
    k, index = len(categories), {c: i for i, c in enumerate(categories)}
    cells = np.zeros((len(first), k * k))
    at = [index[a] * k + index[b] for a, b in zip(first, second, strict=True)]
    cells[np.arange(len(first)), at] = 1
    confusion = cells.sum(axis=0).reshape(k, k)
    draws = Resampler(groups or range(len(first)), seed=seed).totals(cells).reshape(-1, k, k)
    return Agreement(
        categories,
        confusion.astype(np.int64),
        _figures(confusion, draws, raw_of),
        {
            c: _figures(against_rest(confusion, i), against_rest(draws, i), specific_of)
            for i, c in enumerate(categories)
        },
    )


def _figures(confusion: FloatArray, draws: FloatArray, raw: Measure) -> Figures:
    return Figures(*(_figure(of, confusion, draws) for of in (raw, kappa_of, alpha_of)))


def _figure(measure: Measure, confusion: FloatArray, draws: FloatArray) -> Figure:
    value, drawn = float(measure(confusion)), measure(draws)
    drawn = drawn[np.isfinite(drawn)]  # a draw may hold one category only
    if not np.isfinite(value) or not len(drawn):
        return Figure(None)
    return Figure(value, *interval(drawn))

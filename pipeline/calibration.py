"""Turning the scores of two levels into probabilities that mean what they say.

    logit(leaf) = a · category_score(parent of leaf) + b · leaf_score(leaf) + bias(parent)

`a`, `b` and one bias per category are few, so held-out scores suffice to fit them: they
are chosen to make the held-out labels most likely. Source: Platt, Probabilistic outputs for
support vector machines, 1999, here with one softmax over the leaves of all categories.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

FloatArray = NDArray[np.float64]

# What the leaf counts beside the category: the category is what thresholds are set on.
_LEAF_SHARE = 0.2
# A mild pull towards no bias, and a milder one towards small scales.
_BIAS_PULL, _SCALE_PULL = 1e-3, 1e-4


@dataclass(frozen=True)
class Scaling:
    """`a`, `b` and the biases of the formula above; `parent[leaf]` is a category's index."""

    scales: tuple[float, float]
    bias: FloatArray
    parent: NDArray[np.intp]

    def log_proba(self, categories: FloatArray, leaves: FloatArray) -> FloatArray:
        """Return log-probabilities of shape (rows, leaves) from scores of both levels."""
        a, b = self.scales
        logits = a * categories[:, self.parent] + b * leaves + self.bias[self.parent]
        return np.asarray(log_softmax(logits, axis=1))


def sum_leaves(log_leaf: FloatArray, parent: NDArray[np.intp], n_categories: int) -> FloatArray:
    """Add the probabilities of leaves up to their categories, in log space.

    >>> log_leaf = np.log([[0.5, 0.2, 0.3]])
    >>> np.exp(sum_leaves(log_leaf, np.array([0, 0, 1]), 2)).round(6).tolist()
    [[0.7, 0.3]]
    """
    top = log_leaf.max(axis=1, keepdims=True)
    member = np.zeros((len(parent), n_categories))
    member[np.arange(len(parent)), parent] = 1
    with np.errstate(divide="ignore"):  # a category without leaves has no probability
        return np.asarray(np.log(np.exp(log_leaf - top) @ member) + top)


def fit_scaling(
    categories: FloatArray,
    leaves: FloatArray,
    parent: NDArray[np.intp],
    *,
    accepted: NDArray[np.bool_],
    leaf_target: NDArray[np.intp],
    weights: FloatArray,
) -> Scaling:
    """Choose scales and biases that make held-out labels most likely.

    Args:
        categories: held-out scores of shape (rows, categories); `leaves` of (rows, leaves).
        accepted: for each row, the categories that count as right, shape (rows, categories).
        leaf_target: each row's leaf, or -1 where nobody named it.
        weights: what each row counts.
    """
    n_categories = categories.shape[1]
    two_levels = leaves.shape[1] > n_categories
    rows = np.arange(len(leaf_target))
    named = np.flatnonzero(leaf_target >= 0)
    weigh = weights / weights.sum()
    weigh_named = np.zeros(len(leaf_target))
    if two_levels and len(named):
        weigh_named[named] = _LEAF_SHARE * weights[named] / weights[named].sum()
    member = accepted[:, parent].astype(np.float64)  # leaves that count as right

    def loss(p: FloatArray) -> tuple[float, FloatArray]:
        scaling = Scaling((p[0], p[1] * two_levels), p[2:], parent)
        log_leaf = scaling.log_proba(categories, leaves)
        chance = np.exp(log_leaf)
        inside = (chance * member).sum(axis=1, keepdims=True).clip(1e-300)
        fit = (
            -(weigh * np.log(inside[:, 0])).sum()
            - (weigh_named * log_leaf[rows, leaf_target]).sum()
        )
        slope = weigh[:, None] * (chance - chance * member / inside) + weigh_named[:, None] * chance
        slope[rows, leaf_target] -= weigh_named
        per_category = np.bincount(parent, slope.sum(axis=0), minlength=n_categories)
        gradient = np.concatenate(
            [
                [(slope * categories[:, parent]).sum(), (slope * leaves).sum() * two_levels],
                per_category,
            ]
        )
        pull = np.full(len(p), _BIAS_PULL)
        pull[:2] = _SCALE_PULL
        return float(fit + (pull * p**2).sum()), gradient + 2 * pull * p

    start = np.zeros(2 + n_categories)
    start[:2] = 2.0, 2.0 * two_levels
    bounds = [(0.1, 50.0), (0.0, 50.0)] + [(-5.0, 5.0)] * n_categories
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Scaling((float(found[0]), float(found[1]) * two_levels), found[2:], parent)

"""One-vs-rest linear machines that look harder at the features that tell classes apart.

Before a machine is fitted, every column is multiplied by its emphasis: how much the log-odds
of seeing the feature differ between the classes. Rare words of one class gain, words that
stand everywhere lose. The product folds back into the weights, so prediction knows nothing
of it. Source: Wang and Manning, Baselines and Bigrams, ACL 2012, whose log-count ratio is
used here once for all classes (its spread) instead of once per class.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, issparse
from sklearn.svm import LinearSVC

FloatArray = NDArray[np.float64]

# The score of a class that a training fold has never seen: as far outside as a clear "no".
UNSEEN = -1.5


def fit_one_vs_rest(
    machine: LinearSVC,
    X: Any,
    y: NDArray[Any],
    classes: NDArray[Any],
    *,
    emphasis: float,
    weights: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Fit and return weights of shape (classes, features) and offsets of shape (classes,).

    Args:
        classes: all classes, sorted; those that `y` lacks get no weights and score `UNSEEN`.
        emphasis: the power of the columns' emphasis; 0 leaves the columns as they are.
        weights: how much each row counts; all alike where none are given.
    """
    scale = column_emphasis(X, y, weights) ** emphasis if emphasis else np.ones(X.shape[1])
    scaled = X.multiply(scale).tocsr() if issparse(X) else X * scale
    shrink = _row_length(X) / max(_row_length(scaled), 1e-12)
    machine.fit(scaled * shrink, y, weights)
    coef, intercept = machine.coef_, np.atleast_1d(machine.intercept_)
    if len(machine.classes_) == 2:  # scikit-learn keeps one row for two classes
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    full = np.zeros((len(classes), X.shape[1]))
    offset = np.full(len(classes), UNSEEN)
    columns = np.searchsorted(classes, machine.classes_)
    full[columns], offset[columns] = coef * (scale * shrink), intercept
    return full, offset


def column_emphasis(X: Any, y: NDArray[Any], weights: FloatArray | None = None) -> FloatArray:
    """Return the spread, over classes, of each column's log-odds of being present.

    >>> X = np.array([[1, 1], [1, 0], [1, 1], [1, 0]])
    >>> shared, telling = column_emphasis(X, np.array(["a", "b", "a", "b"]))
    >>> bool(shared < telling)
    True
    """
    names, member = np.unique(y, return_inverse=True)
    counted = np.ones(len(y)) if weights is None else weights
    one_hot = csr_matrix((counted, (member, np.arange(len(y)))), (len(names), len(y)))
    present = np.asarray((one_hot @ csr_matrix(X > 0, dtype=np.float64)).todense())
    size = np.bincount(member, counted)[:, None]
    inside = (present + 1) / (size + 2)
    outside = (present.sum(axis=0) - present + 1) / (counted.sum() - size + 2)
    return np.asarray(np.log(inside / outside).std(axis=0))


def _row_length(X: Any) -> float:
    """Return the root of the mean squared length of the rows."""
    squared = X.multiply(X).sum() if issparse(X) else (X * X).sum()
    return float(np.sqrt(squared / X.shape[0]))

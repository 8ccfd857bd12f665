"""Confident learning: which labels are likely wrong, judged by models that had not seen them.

A row counts for category j where the model is at least as sure of j as it is, on average, of
the rows labelled j. Counting labels against these confident categories estimates how often i
was written where j is true; that many rows of every label, the least believable first, are
the suspects. No threshold has to be chosen, and a model that is unsure of one category as a
whole does not accuse all of it.

Source: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset
Labels, JAIR 70, 2021, sections 3.1 (the joint) and 3.2 (prune by class, ranked by self-confidence).
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


def fold_accepted(
    probabilities: FloatArray,
    given: IndexArray,
    also: Sequence[Collection[int]],
) -> FloatArray:
    """Give the written category the probability of all that count as right for its row.

    >>> fold_accepted(np.array([[0.2, 0.7, 0.1]]), np.array([0]), [{1}]).round(6).tolist()
    [[0.9, 0.0, 0.1]]
    """
    folded = probabilities.copy()
    for row, others in enumerate(also):
        for other in set(others) - {int(given[row])}:
            folded[row, given[row]] += folded[row, other]
            folded[row, other] = 0.0
    return folded


def confident_joint(given: IndexArray, probabilities: FloatArray) -> FloatArray:
    """Estimate how many rows labelled i (line) are truly j (column); lines sum to the labels.

    Args:
        given: the index of each row's label, shape (rows,).
        probabilities: held-out probabilities, shape (rows, categories).

    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.1, 0.9], [0.2, 0.8]])
    >>> confident_joint(np.array([0, 0, 0, 1, 1]), p).tolist()
    [[2.0, 1.0], [0.0, 2.0]]
    """
    n_categories = probabilities.shape[1]
    own = probabilities[np.arange(len(given)), given]
    labelled = np.bincount(given, minlength=n_categories)
    usual = np.bincount(given, own, minlength=n_categories) / np.maximum(labelled, 1)
    usual[labelled == 0] = np.inf  # nobody wrote this category: nothing says how sure is sure
    confident = np.where(probabilities >= usual, probabilities, -1.0)
    counted = confident.max(axis=1, initial=-1.0) >= 0
    joint = np.zeros((n_categories, n_categories))
    if counted.any():
        np.add.at(joint, (given[counted], confident[counted].argmax(axis=1)), 1)
    empty = joint.sum(axis=1) == 0
    joint[empty, empty] = 1.0
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * labelled[:, None])


def find_suspects(given: IndexArray, probabilities: FloatArray) -> IndexArray:
    """Return the rows whose labels are likely wrong, the least believable first.

    A row is left out where the model itself prefers the label that was given.

    Args:
        given: as `confident_joint`; so is `probabilities`.
    """
    rows = np.arange(len(given))
    own = probabilities[rows, given]
    joint = confident_joint(given, probabilities)
    wrong = np.rint(joint.sum(axis=1) - joint.diagonal()).astype(int)
    suspects = [
        members[np.argsort(own[members], kind="stable")[: wrong[category]]]
        for category in range(probabilities.shape[1])
        for members in [rows[given == category]]
    ]
    found = np.sort(np.concatenate([rows[:0], *suspects]))
    found = found[runner_up(given, probabilities)[1][found] > own[found]]
    return np.asarray(found[np.argsort(own[found], kind="stable")])


def runner_up(given: IndexArray, probabilities: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Return the best category that is not the label, and its probability, for each row."""
    rows = np.arange(len(given))
    if not len(rows):
        return rows, np.empty(0)
    others = probabilities.copy()
    others[rows, given] = -1.0
    best = others.argmax(axis=1)
    return best, np.asarray(others[rows, best])

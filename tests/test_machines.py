"""One-vs-rest machines: emphasis helps, folds away, and unseen classes stay outside."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from pipeline.machines import UNSEEN, column_emphasis, fit_one_vs_rest

X = np.array([[1, 0, 1, 0.2], [1, 0, 1, 0], [0, 1, 1, 0.1], [0, 1, 1, 0]] * 5, dtype=float)
Y = np.array(["a", "a", "b", "b"] * 5)


def test_a_column_that_tells_classes_apart_weighs_more_than_one_that_all_have() -> None:
    telling, _, shared, noise = column_emphasis(X, Y)
    assert telling > noise and telling > shared


@pytest.mark.parametrize("emphasis", [0.0, 0.5])
def test_sparse_and_dense_give_the_same_weights(emphasis: float) -> None:
    dense, sparse = (
        fit_one_vs_rest(LinearSVC(), data, Y, np.array(["a", "b"]), emphasis=emphasis)
        for data in (X, csr_matrix(X))
    )
    assert np.allclose(dense[0], sparse[0], atol=1e-4)
    assert np.allclose(dense[1], sparse[1], atol=1e-4)


def test_the_emphasis_is_folded_into_the_weights() -> None:
    coef, intercept = fit_one_vs_rest(LinearSVC(), X, Y, np.array(["a", "b"]), emphasis=0.5)
    said = np.array(["a", "b"])[(X @ coef.T + intercept).argmax(axis=1)]
    assert (said == Y).all()


def test_a_class_the_rows_lack_is_as_far_outside_as_a_clear_no() -> None:
    coef, intercept = fit_one_vs_rest(
        LinearSVC(), X, Y, np.array(["a", "b", "never"]), emphasis=0.5
    )
    assert not coef[2].any() and intercept[2] == UNSEEN


def test_a_weight_is_what_the_emphasis_counts_a_row_as() -> None:
    twice = np.where(np.arange(len(Y)) < 2, 2.0, 1.0)
    repeated = column_emphasis(np.vstack([X, X[:2]]), np.concatenate([Y, Y[:2]]))
    assert np.allclose(column_emphasis(X, Y, twice), repeated)
    assert np.array_equal(column_emphasis(X, Y, np.ones(len(Y))), column_emphasis(X, Y))

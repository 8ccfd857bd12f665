"""One linear decision over category and topic.

A leaf is a topic (or a category that has none). Its score adds what the category's
hyperplane and the topic's own hyperplane say:

    score(leaf) = a · category_score(parent of leaf) + b · topic_score(leaf) + bias(parent)

and one softmax over leaves gives all probabilities: a category's is the sum of its topics',
so the two levels cannot contradict each other. `a`, `b` and the biases are few and are
fitted on out-of-fold scores, which makes the probabilities calibrated (Platt scaling, with
two levels). Everything folds into one weight matrix: prediction is a single product.
"""

import os
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import vstack
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from pipeline.calibration import fit_scaling, sum_leaves
from pipeline.machines import UNSEEN, fit_one_vs_rest

FloatArray = NDArray[np.float64]

# From this many rows on, folds are worth a process each.
_WORTH_PROCESSES = 2000


class HierarchicalClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Linear classifier over leaves grouped into categories, with calibrated probabilities.

    Parameters:
        parent: leaf → category. A label that is not a key stands for itself: a category
            without topics, or a message whose topic nobody has named.
        shares: category → its share among the messages to come, where that differs from
            the training data's (0–1, need not sum to 1). Calibration weighs the training
            rows accordingly: a corpus may hold as many rare messages as it needs to learn
            them without making the model expect them everywhere.
        C: inverse regularisation of the two linear support vector machines.
        emphasis: power of the columns' emphasis (`pipeline.machines`); 0 for none.
        folds: number of folds for the out-of-fold scores that calibration is fitted on.
        random_state: seed of the folds and of the solver.

    Attributes:
        classes_: the categories, sorted; `predict_proba` has their columns.
        leaves_: the leaves, sorted.
        leaf_parent_: for each leaf, the index of its category in `classes_`.
        coef_: float64 array of shape (leaves, features).
        intercept_: float64 array of shape (leaves,).
        scales_: `a` and `b` of the module's formula.
        oof_proba_: category probabilities of the training rows by models that had not seen
            them, shape (rows, categories). Thresholds are chosen on these.
    """

    def __init__(
        self,
        *,
        parent: Mapping[str, str] | None = None,
        shares: Mapping[str, float] | None = None,
        C: float = 0.5,
        emphasis: float = 0.5,
        folds: int = 4,
        random_state: int = 0,
    ) -> None:
        self.parent = parent
        self.shares = shares
        self.C = C
        self.emphasis = emphasis
        self.folds = folds
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        *,
        hints: tuple[Any, ArrayLike] | None = None,
        also: Sequence[Collection[str]] | None = None,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Fit on a matrix of shape (rows, features) and one leaf (or category) a row.

        Args:
            hints: more rows and their leaves, which are no messages (what a topic's
                definition says): learnt from, but never calibrated or judged on. Hints of
                leaves that no row has are left out.

            also: for each row, other categories that count as right. Nothing is learnt from
                them; but a probability then says how likely a category is to be accepted.

            weights: how much each row counts, in learning and in calibration; all alike where
                none are given. Not `sample_weight`: scikit-learn promises that a weight of 2
                is the same as the row twice, which folds that keep repeats together cannot.

        Raises:
            ValueError: there are fewer than two categories.
        """
        X, leaves = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(leaves)
        parent = self.parent or {}
        categories = np.array([parent.get(label, label) for label in leaves.tolist()])
        self.classes_ = np.unique(categories)
        if len(self.classes_) < 2:
            raise ValueError(
                f"needs at least two classes, got one class: {str(self.classes_[0])!r}"
            )
        self._plant_leaves(leaves, parent)
        self._hints = _usable_hints(hints, leaves, parent)
        rows = np.arange(len(leaves)) if groups is None else np.asarray(groups)
        counted = np.ones(len(leaves)) if weights is None else np.asarray(weights, np.float64)
        scores = self._out_of_fold(X, leaves, categories, counted, rows)
        self._calibrate(scores, leaves, categories, also or [()] * len(leaves), counted)
        self._fold_weights(X, leaves, categories, counted)
        del self._hints
        return self

    def decision_function(self, X: Any) -> FloatArray:
        """Return a score per category whose softmax is `predict_proba` (binary: one column)."""
        logits = self._category_log_proba(X)
        return logits if len(self.classes_) > 2 else logits[:, 1] - logits[:, 0]

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each category, shape (rows, categories)."""
        return np.exp(self._category_log_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable category of each row."""
        best = self._category_log_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def leaf_proba(self, X: Any) -> FloatArray:
        """Return the probability of each leaf, shape (rows, leaves)."""
        return np.asarray(softmax(self._leaf_scores(X), axis=1))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _plant_leaves(self, y: NDArray[Any], parent: Mapping[str, str]) -> None:
        """A category that has topics in the data is no leaf itself."""
        topics = [label for label in np.unique(y).tolist() if label in parent]
        covered = {parent[topic] for topic in topics}
        bare = [c for c in self.classes_.tolist() if c not in covered]
        self.leaves_ = np.array(sorted([*topics, *bare])) if topics else self.classes_.copy()
        index = {c: i for i, c in enumerate(self.classes_.tolist())}
        self.leaf_parent_ = np.array(
            [index[parent.get(leaf, leaf)] for leaf in self.leaves_.tolist()]
        )

    def _out_of_fold(
        self,
        X: Any,
        y: NDArray[Any],
        categories: NDArray[Any],
        weights: FloatArray,
        groups: NDArray[Any],
    ) -> tuple[FloatArray, FloatArray]:
        category_scores = np.full((len(y), len(self.classes_)), UNSEEN)
        leaf_scores = np.full((len(y), len(self.leaves_)), UNSEEN)
        splits = self._splits(categories, groups)
        # Processes, not threads: liblinear draws its order from one generator per process,
        # and the same data must give the same weights.
        jobs = min(len(splits), os.cpu_count() or 1) if len(y) > _WORTH_PROCESSES else 1
        work = (
            delayed(self._score_fold)(
                *self._with_hints(X[a], y[a], categories[a], weights[a]), X[b]
            )
            for a, b in splits
        )
        for (_, test), scores in zip(splits, Parallel(n_jobs=jobs)(work), strict=True):
            category_scores[test], leaf_scores[test] = scores
        return category_scores, leaf_scores

    def _score_fold(
        self,
        X: Any,
        y: NDArray[Any],
        categories: NDArray[Any],
        weights: FloatArray,
        X_test: Any,
    ) -> tuple[FloatArray, FloatArray]:
        coef, intercept = self._fit_machine(X, categories, self.classes_, weights)
        return np.asarray(X_test @ coef.T + intercept), self._topic_scores(X, y, weights, X_test)

    def _with_hints(
        self, X: Any, y: NDArray[Any], categories: NDArray[Any], weights: FloatArray
    ) -> tuple[Any, NDArray[Any], NDArray[Any], FloatArray]:
        if self._hints is None:
            return X, y, categories, weights
        rows, leaves, their_categories = self._hints
        return (
            vstack([X, rows], format="csr"),
            np.concatenate([y, leaves]),
            np.concatenate([categories, their_categories]),
            np.concatenate([weights, np.ones(len(leaves))]),
        )

    def _splits(self, categories: NDArray[Any], groups: NDArray[Any]) -> list[Any]:
        n_splits = min(self.folds, len(np.unique(groups)))
        if n_splits < 2 or min(np.unique(categories, return_counts=True)[1]) < 2:
            everything = np.arange(len(categories))  # too little to hold anything out
            return [(everything, everything)]
        folds = StratifiedGroupKFold(n_splits, shuffle=True, random_state=self.random_state)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a class smaller than the folds
            splits = list(folds.split(categories, categories, groups))
        return [(a, b) for a, b in splits if len(np.unique(categories[a])) > 1]

    def _topic_scores(
        self, X: Any, y: NDArray[Any], weights: FloatArray, X_test: Any
    ) -> FloatArray:
        named = np.isin(y, self.leaves_)
        if len(self.leaves_) == len(self.classes_) or len(np.unique(y[named])) < 2:
            return np.zeros((X_test.shape[0], len(self.leaves_)))
        coef, intercept = self._fit_machine(X[named], y[named], self.leaves_, weights[named])
        return np.asarray(X_test @ coef.T + intercept)

    def _calibrate(
        self,
        scores: tuple[FloatArray, FloatArray],
        y: NDArray[Any],
        categories: NDArray[Any],
        also: Sequence[Collection[str]],
        weights: FloatArray,
    ) -> None:
        """Choose scales and biases that make the out-of-fold scores most likely."""
        target = np.searchsorted(self.classes_, categories)
        accepted = np.equal.outer(target, np.arange(len(self.classes_)))
        for row, others in enumerate(also):
            accepted[row] |= np.isin(self.classes_, list(others))
        leaf_of = {leaf: i for i, leaf in enumerate(self.leaves_.tolist())}
        self.oof_weights_ = self._row_weights(target, weights)
        scaling = fit_scaling(
            *scores,
            self.leaf_parent_,
            accepted=accepted,
            leaf_target=np.array([leaf_of.get(label, -1) for label in y.tolist()]),
            weights=self.oof_weights_,
        )
        self.scales_, self._bias = np.array(scaling.scales), scaling.bias
        log_leaf = scaling.log_proba(*scores)
        self.oof_leaf_proba_ = np.exp(log_leaf)
        self.oof_proba_ = np.exp(sum_leaves(log_leaf, self.leaf_parent_, len(self.classes_)))

    def _row_weights(self, target: NDArray[Any], weights: FloatArray) -> FloatArray:
        """Return a weight per row that gives every category its expected share."""
        counts = np.bincount(target, weights, minlength=len(self.classes_))
        if not self.shares:
            return weights
        share = np.array([self.shares.get(c, 0.0) for c in self.classes_.tolist()])
        share = np.where(share > 0, share, counts / counts.sum())
        return np.asarray((share / share.sum() * counts.sum() / counts)[target] * weights)

    def _fold_weights(
        self, X: Any, y: NDArray[Any], categories: NDArray[Any], weights: FloatArray
    ) -> None:
        """Fit on everything and fold both levels into one matrix over leaves."""
        X, y, categories, weights = self._with_hints(X, y, categories, weights)
        coef, intercept = self._fit_machine(X, categories, self.classes_, weights)
        self.coef_ = self.scales_[0] * coef[self.leaf_parent_]
        self.intercept_ = (self.scales_[0] * intercept + self._bias)[self.leaf_parent_]
        named = np.isin(y, self.leaves_)
        if self.scales_[1] > 0 and len(np.unique(y[named])) > 1:
            coef, intercept = self._fit_machine(X[named], y[named], self.leaves_, weights[named])
            self.coef_ += self.scales_[1] * coef
            self.intercept_ += self.scales_[1] * intercept

    def _fit_machine(
        self, X: Any, y: NDArray[Any], classes: NDArray[Any], weights: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        machine = LinearSVC(C=self.C, random_state=self.random_state, tol=1e-3, max_iter=5000)
        return fit_one_vs_rest(machine, X, y, classes, emphasis=self.emphasis, weights=weights)

    def _leaf_scores(self, X: Any) -> FloatArray:
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def _category_log_proba(self, X: Any) -> FloatArray:
        log_leaf = log_softmax(self._leaf_scores(X), axis=1)
        return sum_leaves(log_leaf, self.leaf_parent_, len(self.classes_))


def _usable_hints(
    hints: tuple[Any, ArrayLike] | None, leaves: NDArray[Any], parent: Mapping[str, str]
) -> tuple[Any, NDArray[Any], NDArray[Any]] | None:
    if hints is None:
        return None
    rows, labels = hints[0], np.asarray(hints[1])
    known = np.isin(labels, leaves)
    if not known.any():
        return None
    named = labels[known]
    return rows[known], named, np.array([parent.get(label, label) for label in named.tolist()])

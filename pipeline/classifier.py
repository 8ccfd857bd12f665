"""One linear decision over category and topic.

A leaf is a topic (or a category that has none). Its score adds what the category's
hyperplane and the topic's own hyperplane say:

    score(leaf) = a · category_score(parent of leaf) + b · topic_score(leaf) + bias(parent)

and one softmax over leaves gives all probabilities: a category's is the sum of its topics',
so the two levels cannot contradict each other. `a`, `b` and the biases are few and are
fitted on out-of-fold scores, which makes the probabilities calibrated (Platt scaling, with
two levels). Everything folds into one weight matrix: prediction is a single product.
"""

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.sparse import vstack
from scipy.special import log_softmax, logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

FloatArray = NDArray[np.float64]

# The score of a class that a training fold has never seen: as far outside as a clear "no".
_UNSEEN = -1.5


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
        C: float = 1.0,
        folds: int = 4,
        random_state: int = 0,
    ) -> None:
        self.parent = parent
        self.shares = shares
        self.C = C
        self.folds = folds
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        *,
        hints: tuple[Any, ArrayLike] | None = None,
    ) -> Self:
        """Fit on a matrix of shape (rows, features) and one leaf (or category) a row.

        Args:
            hints: more rows and their leaves, which are no messages (what a topic's
                definition says): learnt from, but never calibrated or judged on. Hints of
                leaves that no row has are left out.

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
        scores = self._out_of_fold(X, leaves, categories, rows)
        self._calibrate(scores, leaves, categories)
        self._fold_weights(X, leaves, categories)
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
        self, X: Any, y: NDArray[Any], categories: NDArray[Any], groups: NDArray[Any]
    ) -> tuple[FloatArray, FloatArray]:
        category_scores = np.full((len(y), len(self.classes_)), _UNSEEN)
        leaf_scores = np.full((len(y), len(self.leaves_)), _UNSEEN)
        for train, test in self._splits(categories, groups):
            lessons, their_leaves, their_categories = self._with_hints(
                X[train], y[train], categories[train]
            )
            category_scores[test] = _one_vs_rest_scores(
                self._machine(), lessons, their_categories, X[test], self.classes_
            )
            leaf_scores[test] = self._topic_scores(lessons, their_leaves, X[test])
        return category_scores, leaf_scores

    def _with_hints(
        self, X: Any, y: NDArray[Any], categories: NDArray[Any]
    ) -> tuple[Any, NDArray[Any], NDArray[Any]]:
        if self._hints is None:
            return X, y, categories
        rows, leaves, their_categories = self._hints
        return (
            vstack([X, rows], format="csr"),
            np.concatenate([y, leaves]),
            np.concatenate([categories, their_categories]),
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

    def _topic_scores(self, X: Any, y: NDArray[Any], X_test: Any) -> FloatArray:
        named = np.isin(y, self.leaves_)
        if len(self.leaves_) == len(self.classes_) or len(np.unique(y[named])) < 2:
            return np.zeros((X_test.shape[0], len(self.leaves_)))
        return _one_vs_rest_scores(self._machine(), X[named], y[named], X_test, self.leaves_)

    def _calibrate(
        self, scores: tuple[FloatArray, FloatArray], y: NDArray[Any], categories: NDArray[Any]
    ) -> None:
        """Choose scales and biases that make the out-of-fold scores most likely."""
        category_scores, leaf_scores = scores
        target = np.searchsorted(self.classes_, categories)
        leaf_of = {leaf: i for i, leaf in enumerate(self.leaves_.tolist())}
        leaf_target = np.array([leaf_of.get(label, -1) for label in y.tolist()])
        named = leaf_target >= 0
        two_levels = len(self.leaves_) > len(self.classes_)
        weights = self._row_weights(target)
        self.oof_weights_ = weights

        def leaf_logits(p: FloatArray) -> FloatArray:
            return np.asarray(
                p[0] * category_scores[:, self.leaf_parent_]
                + p[1] * two_levels * leaf_scores
                + p[2:][self.leaf_parent_]
            )

        def loss(p: FloatArray) -> float:
            log_leaf = log_softmax(leaf_logits(p), axis=1)
            log_category = _sum_leaves(log_leaf, self.leaf_parent_, len(self.classes_))
            fit = -np.average(log_category[np.arange(len(y)), target], weights=weights)
            if two_levels and named.any():
                topic_fit = log_leaf[named, leaf_target[named]]
                fit -= 0.2 * np.average(topic_fit, weights=weights[named])
            return float(fit + 1e-3 * (p[2:] ** 2).sum() + 1e-4 * (p[:2] ** 2).sum())

        start = np.zeros(2 + len(self.classes_))
        start[:2] = 2.0, 2.0 * two_levels
        bounds = [(0.1, 50.0), (0.0, 50.0)] + [(-5.0, 5.0)] * len(self.classes_)
        found = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
        self.scales_ = found[:2] * (1.0, float(two_levels))
        self._bias = found[2:]
        log_leaf = log_softmax(leaf_logits(found), axis=1)
        self.oof_leaf_proba_ = np.exp(log_leaf)
        self.oof_proba_ = np.exp(_sum_leaves(log_leaf, self.leaf_parent_, len(self.classes_)))

    def _row_weights(self, target: NDArray[Any]) -> FloatArray:
        """Return a weight per row that gives every category its expected share."""
        counts = np.bincount(target, minlength=len(self.classes_))
        if not self.shares:
            return np.ones(len(target))
        share = np.array([self.shares.get(c, 0.0) for c in self.classes_.tolist()])
        share = np.where(share > 0, share, counts / counts.sum())
        return np.asarray((share / share.sum() * counts.sum() / counts)[target])

    def _fold_weights(self, X: Any, y: NDArray[Any], categories: NDArray[Any]) -> None:
        """Fit on everything and fold both levels into one matrix over leaves."""
        X, y, categories = self._with_hints(X, y, categories)
        coef, intercept = _one_vs_rest_weights(self._machine(), X, categories, self.classes_)
        self.coef_ = self.scales_[0] * coef[self.leaf_parent_]
        self.intercept_ = (self.scales_[0] * intercept + self._bias)[self.leaf_parent_]
        named = np.isin(y, self.leaves_)
        if self.scales_[1] > 0 and len(np.unique(y[named])) > 1:
            coef, intercept = _one_vs_rest_weights(
                self._machine(), X[named], y[named], self.leaves_
            )
            self.coef_ += self.scales_[1] * coef
            self.intercept_ += self.scales_[1] * intercept

    def _machine(self) -> LinearSVC:
        return LinearSVC(C=self.C, random_state=self.random_state, tol=1e-3, max_iter=5000)

    def _leaf_scores(self, X: Any) -> FloatArray:
        check_is_fitted(self, "coef_")
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return np.asarray(X @ self.coef_.T + self.intercept_)

    def _category_log_proba(self, X: Any) -> FloatArray:
        log_leaf = log_softmax(self._leaf_scores(X), axis=1)
        return _sum_leaves(log_leaf, self.leaf_parent_, len(self.classes_))


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


def _sum_leaves(log_leaf: FloatArray, leaf_parent: NDArray[Any], n_classes: int) -> FloatArray:
    """Add probabilities of leaves up to their categories, in log space."""
    columns = [logsumexp(log_leaf[:, leaf_parent == c], axis=1) for c in range(n_classes)]
    return np.stack(columns, axis=1)


def _one_vs_rest_weights(
    machine: LinearSVC, X: Any, y: NDArray[Any], classes: NDArray[Any]
) -> tuple[FloatArray, FloatArray]:
    """Fit and return weights with one row per class of `classes`, seen or not."""
    machine.fit(X, y)
    coef, intercept = machine.coef_, np.atleast_1d(machine.intercept_)
    if len(machine.classes_) == 2:  # scikit-learn keeps one row for two classes
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    full = np.zeros((len(classes), X.shape[1]))
    offset = np.full(len(classes), _UNSEEN)
    columns = np.searchsorted(classes, machine.classes_)
    full[columns], offset[columns] = coef, intercept
    return full, offset


def _one_vs_rest_scores(
    machine: LinearSVC, X: Any, y: NDArray[Any], X_test: Any, classes: NDArray[Any]
) -> FloatArray:
    coef, intercept = _one_vs_rest_weights(machine, X, y, classes)
    return np.asarray(X_test @ coef.T + intercept)

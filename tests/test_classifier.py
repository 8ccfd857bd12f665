"""The classifier is a scikit-learn citizen, and its two levels never contradict each other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.classifier import HierarchicalClassifier

PARENT = {"wells": "water", "rivers": "water", "lanes": "roads", "bridges": "roads"}


@parametrize_with_checks([HierarchicalClassifier()])
@pytest.mark.filterwarnings("ignore")
def test_it_keeps_scikit_learns_promises(
    estimator: HierarchicalClassifier, check: Callable[[Any], None]
) -> None:
    check(estimator)


def clouds(leaves: list[str], rows: int = 30, apart: float = 3.0) -> tuple[Any, Any]:
    """Points around one corner of a cube per leaf."""
    random = np.random.default_rng(0)
    X = np.vstack([random.normal(np.eye(8)[i] * apart, 1, (rows, 8)) for i in range(len(leaves))])
    return X, np.repeat(leaves, rows)


@pytest.fixture(scope="module")
def fitted() -> tuple[HierarchicalClassifier, Any, Any]:
    X, y = clouds(list(PARENT))
    return HierarchicalClassifier(parent=PARENT).fit(X, y), X, y


def test_a_categorys_probability_is_the_sum_of_its_topics(
    fitted: tuple[HierarchicalClassifier, Any, Any],
) -> None:
    classifier, X, _ = fitted
    leaves, categories = classifier.leaf_proba(X), classifier.predict_proba(X)
    for c in range(len(classifier.classes_)):
        assert np.allclose(leaves[:, classifier.leaf_parent_ == c].sum(axis=1), categories[:, c])
    assert np.allclose(categories.sum(axis=1), 1)


def test_it_learns_both_levels(fitted: tuple[HierarchicalClassifier, Any, Any]) -> None:
    classifier, X, y = fitted
    assert np.mean(classifier.predict(X) == [PARENT[leaf] for leaf in y]) > 0.9
    assert np.mean(classifier.leaves_[classifier.leaf_proba(X).argmax(axis=1)] == y) > 0.8


def test_hints_teach_what_no_message_shows() -> None:
    """A feature that only a hint has speaks for the hint's topic; it is never judged on."""
    X, y = clouds(list(PARENT))
    hint = np.zeros((1, 8))
    hint[0, 7] = 5.0
    plain = HierarchicalClassifier(parent=PARENT).fit(X, y)
    hinted = HierarchicalClassifier(parent=PARENT).fit(X, y, hints=(hint, ["lanes"]))
    roads = hinted.classes_.tolist().index("roads")
    assert hinted.predict_proba(hint)[0, roads] > plain.predict_proba(hint)[0, roads]
    assert hinted.oof_proba_.shape == plain.oof_proba_.shape


def test_hints_of_topics_that_no_message_has_are_left_out() -> None:
    X, y = clouds(list(PARENT))
    plain = HierarchicalClassifier(parent=PARENT).fit(X, y)
    hinted = HierarchicalClassifier(parent=PARENT).fit(X, y, hints=(X[:2], ["harbours", "ports"]))
    assert np.array_equal(plain.coef_, hinted.coef_)


def test_a_message_without_topic_teaches_its_category() -> None:
    X, y = clouds(list(PARENT))
    y = y.astype(object)
    y[:10] = "water"  # of the 30 that were `wells`
    classifier = HierarchicalClassifier(parent=PARENT).fit(X, y.astype(str))
    assert set(classifier.leaves_) == set(PARENT)
    assert classifier.predict(X[:1])[0] == "water"


def test_a_category_without_topics_is_a_leaf_itself() -> None:
    X, y = clouds([*PARENT, "noise"])
    classifier = HierarchicalClassifier(parent=PARENT).fit(X, y)
    assert set(classifier.leaves_) == {*PARENT, "noise"}
    assert set(classifier.classes_) == {"water", "roads", "noise"}


def test_rare_categories_are_expected_as_often_as_the_shares_say() -> None:
    X, y = clouds(["wells", "lanes"], rows=60, apart=0.5)  # hard to tell: the prior matters
    even = HierarchicalClassifier(parent=PARENT).fit(X, y).predict_proba(X)
    shares = {"water": 0.95, "roads": 0.05}
    skewed = HierarchicalClassifier(parent=PARENT, shares=shares).fit(X, y).predict_proba(X)
    assert skewed[:, 1].mean() > even[:, 1].mean() + 0.2


def test_near_duplicates_never_straddle_a_fold() -> None:
    """With groups, memorising a copy does not pay: held-out confidence is honest."""
    random = np.random.default_rng(1)
    X = np.repeat(random.normal(size=(40, 200)), 5, axis=0)
    y = np.repeat(random.choice(["wells", "lanes"], 40), 5)
    groups = np.repeat(np.arange(40), 5)
    leaky = HierarchicalClassifier().fit(X, y).oof_proba_.max(axis=1).mean()
    honest = HierarchicalClassifier().fit(X, y, groups).oof_proba_.max(axis=1).mean()
    assert honest < leaky - 0.2


def test_the_same_data_gives_the_same_weights() -> None:
    X, y = clouds(list(PARENT))
    first = HierarchicalClassifier(parent=PARENT).fit(X, y)
    second = HierarchicalClassifier(parent=PARENT).fit(X, y)
    assert np.array_equal(first.coef_, second.coef_)


def test_one_category_cannot_be_learnt() -> None:
    X, y = clouds(["wells", "rivers"])
    with pytest.raises(ValueError, match="at least two classes, got one class: 'water'"):
        HierarchicalClassifier(parent=PARENT).fit(X, y)

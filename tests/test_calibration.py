"""Scores become probabilities that mean what they say, level by level."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import softmax

import pipeline.calibration as calibration
from pipeline.calibration import Scaling, fit_scaling, sum_leaves

PARENT = np.array([0, 0, 1, 1, 2])


def drawn(rows: int, stretch: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of both levels and leaves drawn from the softmax of the stretched scores."""
    random = np.random.default_rng(5)
    categories, leaves = random.normal(size=(rows, 3)), random.normal(size=(rows, 5))
    chance = softmax(stretch * (categories[:, PARENT] + leaves), axis=1)
    labels = np.array([random.choice(5, p=row) for row in chance])
    return categories, leaves, labels


def one_hot(labels: np.ndarray) -> np.ndarray:
    """The category of each leaf as the only one that counts as right."""
    return np.equal.outer(PARENT[labels], np.arange(3))


def fitted(rows: int, stretch: float) -> tuple[Scaling, np.ndarray, np.ndarray, np.ndarray]:
    categories, leaves, labels = drawn(rows, stretch)
    scaling = fit_scaling(
        categories, leaves, PARENT, accepted=one_hot(labels), leaf_target=labels,
        weights=np.ones(rows),
    )  # fmt: skip
    return scaling, categories, leaves, labels


@pytest.mark.parametrize("stretch", [0.5, 3.0])
def test_the_scale_that_made_the_labels_is_found_again(stretch: float) -> None:
    scaling, *_ = fitted(4000, stretch)
    assert scaling.scales == pytest.approx((stretch, stretch), rel=0.15)
    assert np.abs(scaling.bias).max() < 0.3


def test_probabilities_of_leaves_sum_to_their_categories() -> None:
    scaling, categories, leaves, _ = fitted(50, 1.0)
    log_leaf = scaling.log_proba(categories, leaves)
    both = np.exp(sum_leaves(log_leaf, PARENT, 3))
    assert np.allclose(both.sum(axis=1), 1)
    assert np.allclose(both[:, 0], np.exp(log_leaf[:, :2]).sum(axis=1))


def test_a_category_without_leaves_has_no_probability() -> None:
    assert np.exp(sum_leaves(np.log([[1.0]]), np.array([0]), 2)).tolist() == [[1.0, 0.0]]


def test_the_gradient_is_the_slope_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(loss, start, **options):  # type: ignore[no-untyped-def]
        seen.append(loss)
        raise RuntimeError("seen")

    monkeypatch.setattr(calibration, "minimize", spy)
    with pytest.raises(RuntimeError, match="seen"):
        fitted(40, 1.0)
    point = np.array([1.3, 0.7, 0.2, -0.1, 0.4])
    value, gradient = seen[0](point)
    assert np.isfinite(value)
    assert gradient == pytest.approx(approx_fprime(point, lambda p: seen[0](p)[0]), abs=1e-5)


def test_rows_without_a_named_leaf_still_speak_for_their_category() -> None:
    categories, leaves, labels = drawn(400, 1.0)
    nameless = np.full(400, -1)
    scaling = fit_scaling(
        categories, leaves, PARENT, accepted=one_hot(labels), leaf_target=nameless,
        weights=np.ones(400),
    )  # fmt: skip
    assert scaling.scales[0] > 0.5


def test_what_is_accepted_too_makes_probabilities_surer() -> None:
    categories, leaves, labels = drawn(400, 0.5)
    right = one_hot(labels)
    generous = right | (np.arange(400)[:, None] % 2 == 0) & np.array([True, True, False])
    strict, loose = (
        fit_scaling(
            categories, leaves, PARENT, accepted=accepted, leaf_target=np.full(400, -1),
            weights=np.ones(400),
        )
        for accepted in (right, generous)
    )  # fmt: skip
    log_leaf = [s.log_proba(categories, leaves) for s in (strict, loose)]
    sure = [np.exp(sum_leaves(x, PARENT, 3)).max(axis=1).mean() for x in log_leaf]
    assert sure[1] > sure[0]

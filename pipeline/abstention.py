"""When a model should say "not sure": thresholds chosen on messages it had not seen.

The analyst states the error they accept among messages that pass without review; the
threshold that buys the largest coverage at that error is found on out-of-fold predictions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classifier import HierarchicalClassifier
from pipeline.corpus import LabelledMessage
from pipeline.evaluation import category_figures, coverage_at_error, expected_calibration_error
from pipeline.model import Thresholds
from pipeline.taxonomy import Taxonomy

# Fewer messages than this teach nothing of emergencies.
FEWEST_EMERGENCIES = 50
# Of the emergencies held out, this share must be noticed; false alarms cost a look.
EMERGENCY_RECALL = 0.97
# Fewer held-out messages of two categories than this tell nothing about a threshold.
_FEWEST_WITH_TWO = 30


def choose_thresholds(
    classifier: HierarchicalClassifier,
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    target_error: float,
) -> tuple[dict[str, Any], Thresholds]:
    """Judge the out-of-fold predictions and choose the threshold on them.

    Rows count by the share of their category among messages to come.
    """
    probabilities, weights = classifier.oof_proba_, classifier.oof_weights_
    predicted = classifier.classes_[probabilities.argmax(axis=1)]
    gold = [m.category for m in messages]
    counted = [
        m.category if p in m.also else p for m, p in zip(messages, predicted.tolist(), strict=True)
    ]
    confidence = probabilities.max(axis=1)
    right = np.array([g == c for g, c in zip(gold, counted, strict=True)])
    coverage, threshold = coverage_at_error(confidence, right, error=target_error, weights=weights)
    figures = category_figures(gold, counted, list(taxonomy.categories), fallback=taxonomy.fallback)
    figures["accuracy"] = float(np.average(right, weights=weights))
    figures["ece"] = expected_calibration_error(confidence, right, weights=weights)
    figures["coverage"] = coverage
    figures["coverage_per_category"] = _coverage_per_category(
        predicted, confidence >= threshold, weights
    )
    thresholds = Thresholds(
        target_error,
        min(threshold, 1.0),
        coverage,
        second_threshold(probabilities, classifier.classes_.tolist(), messages),
    )
    return figures, thresholds


def _coverage_per_category(
    predicted: NDArray[Any], passes: NDArray[Any], weights: NDArray[Any]
) -> dict[str, float]:
    """Return, per predicted category, the share that passes without review (0–1)."""
    return {
        str(c): float(np.average(passes[predicted == c], weights=weights[predicted == c]))
        for c in np.unique(predicted)
    }


def second_threshold(
    probabilities: NDArray[Any], categories: Sequence[str], messages: Sequence[LabelledMessage]
) -> float:
    """Choose the probability from which a runner-up is worth naming: the best F0.5.

    Naming a wrong one costs a reader more than missing one.

    A runner-up is right where people accept it, or where it is what the message should
    have been. The usual value stands where too few messages have a second category.
    """
    order = np.argsort(-probabilities, axis=1)
    runner_up = probabilities[np.arange(len(messages)), order[:, 1]]
    right, wanted = [], 0
    for message, (first, second, *_) in zip(messages, order.tolist(), strict=True):
        others = {message.category, *message.also, message.second_category}
        others -= {categories[first], None}
        right.append(categories[second] in others)
        wanted += bool(others)
    if wanted < _FEWEST_WITH_TWO:
        return Thresholds.second_category
    hits = np.array(right)[by_size := np.argsort(-runner_up, kind="stable")].cumsum()
    f_half = 1.25 * hits / (np.arange(1, len(hits) + 1) + 0.25 * wanted)
    return float(runner_up[by_size[int(f_half.argmax())]])


def emergency_threshold(chances: NDArray[Any], is_emergency: NDArray[np.bool_]) -> float:
    """Choose the highest threshold that still notices 97 % of held-out emergencies.

    >>> emergency_threshold(np.array([0.9, 0.6, 0.2]), np.array([True, True, False]))
    0.6
    """
    found = np.sort(chances[is_emergency])[::-1]
    needed = int(np.ceil(EMERGENCY_RECALL * len(found)))
    return float(found[needed - 1])

"""Thresholds chosen on held-out predictions keep the error the analyst accepts."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.abstention import second_threshold
from pipeline.corpus import LabelledMessage
from pipeline.model import Thresholds
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train


def test_who_accepts_less_error_passes_fewer(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    """One lesson in nine is mislabelled, so that there is error to accept."""
    noisy = [
        replace(m, category="industry", topic="farm_sales") if i % 9 == 0 else m
        for i, m in enumerate(lessons)
    ]
    strict, loose = (
        train(noisy, taxonomy, segmenter, target_error=error).thresholds for error in (0.02, 0.2)
    )
    assert (strict.target_error, loose.target_error) == (0.02, 0.2)
    assert strict.coverage < loose.coverage
    assert strict.confidence > loose.confidence


@pytest.mark.parametrize("error", [0.0, 1.0, -1])
def test_an_error_that_is_no_share_is_refused(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter, error: float
) -> None:
    with pytest.raises(ValueError, match="target_error must lie between 0 and 1"):
        train(lessons, taxonomy, segmenter, target_error=error)


def test_the_card_says_what_passes_of_each_category(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    coverage = train(lessons, taxonomy, segmenter).card["held_out"]["coverage_per_category"]
    assert set(coverage) <= set(taxonomy.categories)
    assert all(0 <= share <= 1 for share in coverage.values())


def test_the_second_threshold_parts_right_runners_up_from_wrong_ones() -> None:
    """Runners-up from 0.3 on are accepted, those below are not."""
    runner_up = np.linspace(0.05, 0.45, 81)
    probabilities = np.column_stack([0.9 - runner_up, runner_up, np.full(81, 0.1)])
    probabilities[:, 2] = 0.01
    messages = [
        LabelledMessage(str(i), "路", "a", also=("b",) if p >= 0.3 else ())
        for i, p in enumerate(runner_up)
    ]
    threshold = second_threshold(probabilities, ["a", "b", "c"], messages)
    assert threshold == pytest.approx(0.3, abs=0.006)


def test_too_few_messages_of_two_categories_tell_nothing() -> None:
    probabilities = np.array([[0.6, 0.4]] * 10)
    messages = [LabelledMessage(str(i), "路", "a", also=("b",)) for i in range(10)]
    assert second_threshold(probabilities, ["a", "b"], messages) == Thresholds.second_category

"""Figures as the contract defines them."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.corpus import LabelledMessage
from pipeline.evaluation import (
    category_figures,
    coverage_at_error,
    evaluate,
    expected_calibration_error,
)
from pipeline.triage import Triage

CONTRACT = {
    "n", "accuracy", "macro_f1", "per_category", "ece", "coverage_at_5pct_error",
    "other_recall", "department_top1", "department_top3", "confusion",
}  # fmt: skip


def test_all_figures_of_the_contract_are_there(
    triage: Triage, lessons: list[LabelledMessage]
) -> None:
    figures = evaluate(triage, lessons)
    assert set(figures) >= CONTRACT
    assert figures["n"] == len(lessons)
    assert figures["accuracy"] > 0.9
    assert sum(sum(row.values()) for row in figures["confusion"].values()) == len(lessons)


def test_an_accepted_alternative_counts_as_the_gold_one(
    triage: Triage, lessons: list[LabelledMessage]
) -> None:
    wrong = [replace(m, category="industry", topic=None) for m in lessons if m.topic == "sewage"]
    accepted = [replace(m, also=("ecology",)) for m in wrong]
    assert evaluate(triage, wrong)["accuracy"] == 0
    assert evaluate(triage, accepted)["per_category"]["industry"]["recall"] == 1


def test_the_fallback_is_no_category_of_macro_f1() -> None:
    figures = category_figures(["a", "b", "x"], ["a", "b", "a"], ["a", "b", "x"], fallback="x")
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures["other_recall"] == 0
    assert figures["confusion"]["x"] == {"a": 1, "b": 0, "x": 0}


def test_certainty_that_is_right_has_no_calibration_error() -> None:
    assert expected_calibration_error(np.ones(4), np.ones(4, dtype=bool)) == 0
    assert expected_calibration_error(np.full(10, 0.75), np.arange(10) < 5) == 0.25


def test_nothing_passes_where_the_surest_is_wrong() -> None:
    coverage, threshold = coverage_at_error(
        np.array([0.9, 0.5]), np.array([False, True]), error=0.05
    )
    assert coverage == 0 and threshold > 1


def test_weights_make_rows_count_for_more() -> None:
    confidence, right = np.array([0.9, 0.8]), np.array([True, False])
    coverage, _ = coverage_at_error(confidence, right, error=0.05, weights=np.array([99.0, 1.0]))
    assert coverage == 1

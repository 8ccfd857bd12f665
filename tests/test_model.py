"""A fitted model: when it names a second category, and what it shows for each."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pipeline.model import Thresholds
from pipeline.records import Scored
from pipeline.triage import Triage

THRESHOLDS = Thresholds(second_category=0.25, tie=0.15)


@pytest.mark.parametrize(
    ("categories", "second", "why"),
    [
        ({"ecology": 0.95, "industry": 0.05}, None, "the runner-up is not likely"),
        ({"ecology": 0.6, "industry": 0.3}, "industry", "likely enough to be named"),
        ({"ecology": 0.6, "other": 0.3}, None, "nothing belongs to a category and to none"),
        ({"ecology": 0.5, "other": 0.45}, "other", "nearly tied: a person has to choose"),
        ({"ecology": 0.3, "industry": 0.2, "other": 0.2}, "industry", "tied, though unlikely"),
        ({"ecology": 1.0}, None, "there is no other category"),
    ],
)
def test_a_second_category_has_its_cause(
    categories: Mapping[str, float], second: str | None, why: str
) -> None:
    ranked = [Scored(code, p) for code, p in categories.items()]
    assert THRESHOLDS.second_of(ranked, fallback="other") == second, why


def test_a_second_category_shows_what_speaks_for_it(triage: Triage) -> None:
    model = replace(triage.model, thresholds=Thresholds(second_category=1e-9))
    text = "茶叶卖不出去，厂里偷排废水，收购价太低，污水臭得很"
    prediction = replace(triage, model=model).triage(text).prediction
    assert prediction.second_category is not None
    assert {prediction.category, prediction.second_category} == {"industry", "ecology"}
    mine = {e.text for e in prediction.evidence if e.weight > 0}
    theirs = {e.text for e in prediction.second_evidence if e.weight > 0}
    assert mine and theirs and not mine & theirs


def test_a_clear_case_has_no_second(triage: Triage) -> None:
    prediction = triage.triage("厂里偷排废水，污水直接排进河里，臭得很").prediction
    assert prediction.second_category is None and prediction.second_evidence == ()

"""When a person is asked to look."""

import pytest

from pipeline.model import Thresholds
from pipeline.records import Document, PlaceMention, Prediction, Routing, Span
from pipeline.review import REASONS, review_reasons
from tests.records_by_hand import document, prediction

SURE = prediction(categories={"ecology": 0.95, "industry": 0.05})
LONG = document("村里的污水直接排到河里")
PLAIN = Routing((), "county", "", (), "normal")
TWO_PLACES = PlaceMention("太平镇", 0, 3, "", ("甲县/太平镇", "乙县/太平镇"))
THRESHOLDS = Thresholds(confidence=0.6, second_category=0.25)


@pytest.mark.parametrize(
    ("doc", "pred", "routing", "expected"),
    [
        (LONG, SURE, PLAIN, ()),
        (document("甲乙", garbled=(Span("甲", 0, 1),)), SURE, PLAIN, ("garbled", "too_short")),
        (document("？？？？？？"), SURE, PLAIN, ("too_short",)),
        (LONG, prediction(categories={"other": 0.9, "ecology": 0.1}), PLAIN, ("no_request",)),
        (
            LONG,
            prediction(categories={"ecology": 0.55, "industry": 0.3}),
            PLAIN,
            ("low_confidence",),
        ),
        (
            LONG,
            prediction(categories={"ecology": 0.5, "industry": 0.45}),
            PLAIN,
            ("low_confidence", "two_categories"),
        ),
        (LONG, SURE, Routing((), "county", "", (TWO_PLACES,), "normal"), ("ambiguous_place",)),
        (LONG, SURE, Routing((), "county", "甲县", (TWO_PLACES,), "normal"), ()),
    ],
)
def test_each_reason_has_its_cause(
    doc: Document, pred: Prediction, routing: Routing, expected: tuple[str, ...]
) -> None:
    assert review_reasons(doc, pred, routing, THRESHOLDS, fallback="other") == expected
    assert set(expected) <= set(REASONS)

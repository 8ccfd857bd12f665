"""When a person should look: reasons as codes, in a fixed order."""

from itertools import islice

from pipeline.model import Thresholds
from pipeline.records import Document, Prediction, Routing

REASONS = {
    "garbled": "有无法恢复的乱码",
    "too_short": "文字太少",
    "no_request": "没有看出诉求",
    "low_confidence": "把握不足",
    "two_categories": "两类都像",
    "ambiguous_place": "地名有歧义",
    "rule_disagrees": "规则与模型不一致",
}
_TOO_SHORT = 5


def review_reasons(
    document: Document,
    prediction: Prediction,
    routing: Routing,
    thresholds: Thresholds,
    *,
    fallback: str | None,
) -> tuple[str, ...]:
    """Return the codes (keys of `REASONS`) that apply to a message."""
    # Only whether there are enough is asked: a long text is not read to its end.
    letters = sum(1 for _ in islice(filter(str.isalnum, document.text), _TOO_SHORT))
    applies = {
        "garbled": bool(document.garbled),
        "too_short": letters < _TOO_SHORT,
        "no_request": prediction.category == fallback,
        "low_confidence": prediction.confidence < thresholds.confidence,
        "two_categories": thresholds.are_tied(prediction.categories),
        "ambiguous_place": not routing.place and any(p.candidates for p in routing.places),
        "rule_disagrees": routing.rule_disagrees,
    }
    return tuple(reason for reason in REASONS if applies[reason])

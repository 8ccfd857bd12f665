"""The order in which people should look at what is open."""

from collections.abc import Mapping
from typing import Any

_URGENCY = {"normal": 0, "urgent": 1, "emergency": 2}
_NEEDS_EYES, _PER_URGENCY = 3_000, 1_000


def priority_of(item: Mapping[str, Any]) -> int:
    """Return the place of a tagged item in the queue: higher is sooner.

    First what needs a person at all (an emergency always does), then the more urgent, then
    the less certain: a decision about those teaches the model most.

    >>> sure = {"needs_review": False, "urgency": "normal", "confidence": 0.9}
    >>> priority_of(sure)
    100
    >>> priority_of(sure | {"confidence": 0.4})
    600
    >>> priority_of(sure | {"needs_review": True, "urgency": "urgent"})
    4100
    >>> priority_of(sure | {"urgency": "emergency"})
    5100
    """
    urgency = item["urgency"]
    needs_eyes = item["needs_review"] or urgency == "emergency"
    doubt = min(_PER_URGENCY - 1, round((1 - item["confidence"]) * _PER_URGENCY))
    return _NEEDS_EYES * bool(needs_eyes) + _PER_URGENCY * _URGENCY[urgency] + int(doubt)

"""Records of the store as the JSON objects that the API shows."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from service.store import Change, Counts, Decided, Page, Submission, Tally


class Json(Response):
    """An answer in JSON, Chinese as it is: half the size, and readable in a log of a client."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def submission(found: Submission) -> dict[str, Any]:
    """Return a submission with its suggestion and decision."""
    return {
        "id": found.id,
        "created_at": found.created_at.isoformat(),
        "source": found.source,
        "station": found.station,
        "external_id": found.external_id,
        "text": found.text,
        "place": found.place,
        "suggestion": dict(found.suggestion),
        "model": found.model,
        "confidence": found.confidence,
        "needs_review": found.needs_review,
        "priority": found.priority,
        "version": found.version,
        "status": found.status,
        "category": found.category,
        "department": found.department,
        "decision": decided(found.decision),
    }


def page(found: Page) -> dict[str, Any]:
    """Return a page."""
    items = [submission(one) for one in found.items]
    return {"items": items, "next_cursor": found.next_cursor}


def decided(found: Decided | None) -> dict[str, Any] | None:
    """Return a decision, or None."""
    if found is None:
        return None
    also = found.department_also
    return {
        "category": found.category,
        "topic": found.topic,
        "department": found.department,
        "department_also": None if also is None else list(also),
        "decided_by": found.decided_by,
        "decided_at": found.decided_at.isoformat(),
        "kind": found.kind,
    }


def change(found: Change) -> dict[str, Any]:
    """Return a step of a history."""
    return {
        "version": found.version,
        "before": decided(found.before),
        "after": decided(found.after),
    }


def counts(found: Counts) -> dict[str, Any]:
    """Return the figures of the overview."""
    return {
        "total": _tally(found.total),
        "by_category": _tallies(found.by_category),
        "by_county": _tallies(found.by_county),
        "by_month": _tallies(found.by_month),
        "by_department": _tallies(found.by_department),
        "corrections": [
            {"suggested": suggested, "decided": decided, "count": count}
            for (suggested, decided), count in found.corrections.items()
        ],
    }


def _tallies(found: Mapping[str, Tally]) -> dict[str, Any]:
    return {name: _tally(tally) for name, tally in found.items()}


def _tally(found: Tally) -> dict[str, Any]:
    return {
        "total": found.total,
        "needs_review": found.needs_review,
        "accepted": found.accepted,
        "corrected": found.corrected,
        "independent": found.independent,
        "decided": found.decided,
        "review_share": round(found.review_share, 4),
    }

"""What people decide. Every decision is kept; the submission follows the latest."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from service.store.columns import check_text
from service.store.errors import Conflict, no_submission
from service.store.records import Change, Decided, Decision, Kind
from service.store.rows import DecisionRow, SubmissionRow


def write_decision(
    session: Session, id: str, decision: Decision, *, expected_version: int, now: datetime
) -> None:
    """Add a decision to the history and let the submission follow it.

    Raises:
        NotFound: there is no submission of that id.
        Conflict: the submission is not at `expected_version` (any more).
    """
    row = session.scalar(select(SubmissionRow).where(SubmissionRow.id == id))
    if row is None:
        raise no_submission(id)
    kind = kind_of(decision, row.suggestion)
    # The condition is in the UPDATE itself: of two clerks at once, one finds no row.
    claim = (
        update(SubmissionRow)
        .where(SubmissionRow.id == id, SubmissionRow.version == expected_version)
        .values(
            version=expected_version + 1,
            category=decision.category,
            department=decision.department,
            kind=kind,
        )
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(claim)).rowcount != 1:
        raise _conflict(session, id)
    session.add(_to_row(id, decision, kind, version=expected_version + 1, now=now))


def read_history(session: Session, id: str) -> tuple[Change, ...]:
    """Return all changes of a submission, oldest first.

    Raises:
        NotFound: there is no submission of that id.
    """
    if session.scalar(select(SubmissionRow.number).where(SubmissionRow.id == id)) is None:
        raise no_submission(id)
    query = select(DecisionRow).where(DecisionRow.submission_id == id)
    return tuple(_changes(list(session.scalars(query.order_by(DecisionRow.version)))))


def kind_of(decision: Decision, suggestion: dict[str, Any]) -> Kind:
    """Tell an accepted suggestion from a corrected one and from an independent decision.

    What the person did not say (None) does not differ.

    >>> item = {"category": "ecology", "topic": "sewage", "department": "environment",
    ...         "departments": []}
    >>> seen = {"department": "environment", "decided_by": "甲", "saw_suggestion": True}
    >>> kind_of(Decision(category="ecology", **seen), item)
    'accepted'
    >>> kind_of(Decision(category="ecology", topic="noise", **seen), item)
    'corrected'
    """
    if not decision.saw_suggestion:
        return "independent"
    also = {d["code"] for d in suggestion["departments"] if d["role"] == "co"}
    agrees = (
        decision.category == suggestion["category"]
        and decision.department == suggestion["department"]
        and decision.topic in (None, suggestion["topic"])
        and (decision.department_also is None or set(decision.department_also) == also)
    )
    return "accepted" if agrees else "corrected"


def to_decided(row: DecisionRow) -> Decided:
    """Make a record of a row."""
    also = row.department_also
    return Decided(
        category=row.category,
        topic=row.topic,
        department=row.department,
        department_also=None if also is None else tuple(also),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        kind=cast(Kind, row.kind),
    )


def _to_row(id: str, decision: Decision, kind: Kind, *, version: int, now: datetime) -> DecisionRow:
    also = decision.department_also
    return DecisionRow(
        submission_id=id,
        version=version,
        category=decision.category,
        topic=decision.topic,
        department=decision.department,
        department_also=None if also is None else list(also),
        decided_by=check_text("经办人", decision.decided_by),
        decided_at=now,
        kind=kind,
    )


def _changes(rows: list[DecisionRow]) -> Iterator[Change]:
    before = None
    for row in rows:
        after = to_decided(row)
        yield Change(version=row.version, before=before, after=after)
        before = after


def _conflict(session: Session, id: str) -> Conflict:
    latest = session.execute(
        select(SubmissionRow.version, DecisionRow.decided_by)
        .outerjoin(DecisionRow, DecisionRow.submission_id == SubmissionRow.id)
        .where(SubmissionRow.id == id)
        .order_by(DecisionRow.version.desc())
        .limit(1)
    ).one()
    who = f"已由{latest.decided_by}处理" if latest.decided_by else "还没有人处理"
    return Conflict(
        f"这条留言{who}，现在是第 {latest.version} 版，与您打开时不同。请重新打开后再定。",
        f"Submission {id} is at version {latest.version} now; read it again before you decide.",
    )

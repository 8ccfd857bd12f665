"""Requests that are sent twice are carried out once."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.store.columns import check_text
from service.store.errors import Conflict
from service.store.rows import RequestRow

# Promised are 24 hours; a clerk who comes back next morning is still inside.
KEPT = timedelta(hours=48)


def claim(
    session: Session, key: str, request_hash: str, *, submission_id: str, now: datetime
) -> str:
    """Take a key for a submission, or return the id of the one it was taken for.

    A second process with the same key waits here until the first has committed.

    Raises:
        Conflict: the key was used for another request.
    """
    values = {
        "key": check_text("幂等键", key),
        "request_hash": request_hash,
        "submission_id": submission_id,
        "created_at": now,
    }
    try:
        with session.begin_nested():
            session.execute(insert(RequestRow).values(values))
    except IntegrityError:
        return _earlier(session, key, request_hash)
    return submission_id


def forget(session: Session, now: datetime) -> None:
    """Drop the keys that are older than promised."""
    session.execute(delete(RequestRow).where(RequestRow.created_at < now - KEPT))


def _earlier(session: Session, key: str, request_hash: str) -> str:
    row = session.execute(select(RequestRow).where(RequestRow.key == key)).scalar_one()
    if row.request_hash != request_hash:
        raise Conflict(
            f"幂等键 {key!r} 已用于另一条内容不同的请求。请换一个新的键。",
            f"The idempotency key {key!r} was used for a request with another body.",
        )
    return row.submission_id

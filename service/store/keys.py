"""API keys. Only a digest of the secret is kept.

The secret has 256 random bits, so a plain SHA-256 cannot be searched backwards and needs no
salt; a slow hash would only slow down every request.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.store.columns import check_text
from service.store.errors import NotFound
from service.store.records import ApiKey, Role
from service.store.rows import KeyRow

PREFIX = "wuwei_"  # so that a leaked one is recognised for what it is
# `last_used_at` is to the minute: a write per request would make readers queue.
_TOUCH_AFTER = timedelta(minutes=1)


def write_key(
    session: Session, id: str, name: str, role: Role, now: datetime
) -> tuple[ApiKey, str]:
    """Make a key; return it and its secret, which is not kept and cannot be shown again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    row = KeyRow(
        id=id, name=check_text("名称", name), role=role, digest=_digest(secret), created_at=now
    )
    session.add(row)
    session.flush()
    return to_key(row), secret


def read_key(session: Session, secret: str) -> ApiKey | None:
    """Return the key of a secret, or None where there is none or it was revoked."""
    query = select(KeyRow).where(KeyRow.digest == _digest(secret), KeyRow.revoked_at.is_(None))
    row = session.scalar(query)
    return to_key(row) if row else None


def is_stale(key: ApiKey, now: datetime) -> bool:
    """Whether the time of last use is old enough to be written again."""
    return key.last_used_at is None or now - key.last_used_at >= _TOUCH_AFTER


def touch(session: Session, id: str, now: datetime) -> None:
    """Note that a key was used; never back in time."""
    older = or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < now)
    session.execute(update(KeyRow).where(KeyRow.id == id, older).values(last_used_at=now))


def revoke(session: Session, id: str, now: datetime) -> ApiKey:
    """End a key. One that ended before keeps its time.

    Raises:
        NotFound: there is none of that id.
    """
    row = session.get(KeyRow, id)
    if row is None:
        raise NotFound(f"没有编号为 {id!r} 的密钥。请核对编号。", f"There is no key {id!r}.")
    row.revoked_at = row.revoked_at or now
    return to_key(row)


def read_keys(session: Session) -> list[ApiKey]:
    """Return all keys, the revoked ones too, oldest first."""
    return [to_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.id))]


def to_key(row: KeyRow) -> ApiKey:
    """Make a record of a row, without the digest."""
    return ApiKey(
        id=row.id,
        name=row.name,
        role=cast(Role, row.role),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

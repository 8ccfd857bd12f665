"""The tables. `migrations/` makes them; `alembic check` in the tests keeps the two equal.

The narrow columns of `submissions` stand before the wide ones (text, suggestion), so that
SQLite need not read past them. Each index is there for one question, named beside it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.store.columns import Code, Number, UtcTime

_NAMES = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
_KINDS = "kind IN ('accepted', 'corrected', 'independent')"


class Base(DeclarativeBase):
    """Carries the names of constraints, which later migrations need to alter them."""

    metadata = MetaData(naming_convention=_NAMES)


class SubmissionRow(Base):
    """A message. `category`, `department` and `kind` follow its latest decision."""

    __tablename__ = "submissions"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    id: Mapped[str] = mapped_column(Code, unique=True)
    version: Mapped[int]
    month: Mapped[str] = mapped_column(Code)
    county: Mapped[str] = mapped_column(Code)
    place: Mapped[str] = mapped_column(Code)
    category: Mapped[str] = mapped_column(Code)
    department: Mapped[str | None] = mapped_column(Code)
    suggested_category: Mapped[str] = mapped_column(Code)
    suggested_department: Mapped[str | None] = mapped_column(Code)
    confidence: Mapped[float] = mapped_column(Double)
    needs_review: Mapped[bool]
    priority: Mapped[int]
    kind: Mapped[str | None] = mapped_column(Code)
    model: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    station: Mapped[str] = mapped_column(String)
    external_id: Mapped[str | None] = mapped_column(String)
    text: Mapped[str] = mapped_column(Text)
    suggestion: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (
        CheckConstraint(f"kind IS NULL OR {_KINDS}", name="kind"),
        # Pages, newest first, narrowed by one of these.
        Index("ix_submissions_category", "category", "id"),
        Index("ix_submissions_county", "county", "id"),
        Index("ix_submissions_department", "department", "id"),
    )


# The queue of what is open.
Index(
    "ix_submissions_queue",
    SubmissionRow.priority.desc(),
    SubmissionRow.id,
    sqlite_where=SubmissionRow.kind.is_(None),
    postgresql_where=SubmissionRow.kind.is_(None),
)
# The overview reads this index and never the wide rows, of whatever months or days.
Index(
    "ix_submissions_overview",
    SubmissionRow.month,
    SubmissionRow.county,
    SubmissionRow.category,
    SubmissionRow.department,
    SubmissionRow.suggested_category,
    SubmissionRow.kind,
    SubmissionRow.needs_review,
    SubmissionRow.id,
)


class DecisionRow(Base):
    """A decision; the one whose version is the submission's is the one that holds."""

    __tablename__ = "decisions"

    submission_id: Mapped[str] = mapped_column(Code, ForeignKey("submissions.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    category: Mapped[str] = mapped_column(Code)
    topic: Mapped[str | None] = mapped_column(Code)
    department: Mapped[str | None] = mapped_column(Code)
    department_also: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    decided_by: Mapped[str] = mapped_column(String)
    decided_at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(Code)

    __table_args__ = (CheckConstraint(_KINDS, name="kind"),)


class BandRow(Base):
    """A band hash of a submission. The primary key is the index that `similar` looks in.

    It names the submission by its number: a million messages have tens of millions of
    bands, and an id of 26 characters in each would treble the table.
    """

    __tablename__ = "submission_bands"

    band: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("submissions.number"), primary_key=True, autoincrement=False
    )

    __table_args__ = ({"sqlite_with_rowid": False},)


class RequestRow(Base):
    """A request that was answered under an idempotency key.

    The key is claimed before its submission is written, hence the deferred reference.
    """

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(Code, primary_key=True)
    request_hash: Mapped[str] = mapped_column(String)
    submission_id: Mapped[str] = mapped_column(
        Code, ForeignKey("submissions.id", deferrable=True, initially="DEFERRED")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)


class KeyRow(Base):
    """An API key, by the digest of its secret."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Code, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    role: Mapped[str] = mapped_column(Code)
    digest: Mapped[str] = mapped_column(Code, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)

    __table_args__ = (CheckConstraint("role IN ('intake', 'analyst', 'admin')", name="role"),)


class ReadRow(Base):
    """Somebody looked at a submission."""

    __tablename__ = "reads"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    submission_id: Mapped[str] = mapped_column(Code, ForeignKey("submissions.id"))
    who: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (Index("ix_reads_submission_id", "submission_id"),)

"""The first tables.

The types are written out: a step stays what it was, whatever `service.store.columns` becomes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_KINDS = "kind IN ('accepted', 'corrected', 'independent')"


def upgrade() -> None:
    """Make all tables."""
    _make_submissions()
    _make_decisions()
    _make_bands()
    _make_idempotency_keys()
    _make_api_keys()
    _make_reads()


def downgrade() -> None:
    """Drop all tables, those first that refer to others."""
    for table in ("reads", "api_keys", "idempotency_keys", "submission_bands", "decisions"):
        op.drop_table(table)
    op.drop_table("submissions")


def _make_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", _CODE, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("month", _CODE, nullable=False),
        sa.Column("county", _CODE, nullable=False),
        sa.Column("place", _CODE, nullable=False),
        sa.Column("category", _CODE, nullable=False),
        sa.Column("department", _CODE, nullable=True),
        sa.Column("suggested_category", _CODE, nullable=False),
        sa.Column("suggested_department", _CODE, nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("kind", _CODE, nullable=True),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("station", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.JSON(), nullable=False),
        sa.CheckConstraint(f"kind IS NULL OR {_KINDS}", name=op.f("ck_submissions_kind")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_submissions")),
        sa.UniqueConstraint("id", name=op.f("uq_submissions_id")),
    )
    for name in ("category", "county", "department"):
        op.create_index(f"ix_submissions_{name}", "submissions", [name, "id"])
    op.create_index(
        "ix_submissions_queue",
        "submissions",
        [sa.literal_column("priority DESC"), "id"],
        sqlite_where=sa.text("kind IS NULL"),
        postgresql_where=sa.text("kind IS NULL"),
    )
    cell = ["month", "county", "category", "department", "suggested_category", "kind"]
    op.create_index("ix_submissions_overview", "submissions", [*cell, "needs_review", "id"])


def _make_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("submission_id", _CODE, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("category", _CODE, nullable=False),
        sa.Column("topic", _CODE, nullable=True),
        sa.Column("department", _CODE, nullable=True),
        sa.Column("department_also", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("kind", _CODE, nullable=False),
        sa.CheckConstraint(_KINDS, name=op.f("ck_decisions_kind")),
        _refers("decisions", "submission_id", "submissions.id"),
        sa.PrimaryKeyConstraint("submission_id", "version", name=op.f("pk_decisions")),
    )


def _make_bands() -> None:
    op.create_table(
        "submission_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        _refers("submission_bands", "number", "submissions.number"),
        sa.PrimaryKeyConstraint("band", "number", name=op.f("pk_submission_bands")),
        sqlite_with_rowid=False,
    )


def _make_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("key", _CODE, nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("submission_id", _CODE, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
            name=op.f("fk_idempotency_keys_submission_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", _CODE, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", _CODE, nullable=False),
        sa.Column("digest", _CODE, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("last_used_at", _TIME, nullable=True),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.CheckConstraint("role IN ('intake', 'analyst', 'admin')", name=op.f("ck_api_keys_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )


def _make_reads() -> None:
    op.create_table(
        "reads",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("submission_id", _CODE, nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        _refers("reads", "submission_id", "submissions.id"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_reads")),
    )
    op.create_index("ix_reads_submission_id", "reads", ["submission_id"])


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))

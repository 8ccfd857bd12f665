"""Writing a submission down, and reading rows back as records."""

from datetime import datetime, timedelta, timezone

from sqlalchemy import Select, and_, insert, select
from sqlalchemy.orm import Session

from service.store.columns import check_text
from service.store.decisions import to_decided
from service.store.errors import no_submission
from service.store.ids import moment_of
from service.store.queue import priority_of
from service.store.records import NewSubmission, Submission
from service.store.rows import BandRow, DecisionRow, SubmissionRow

Found = tuple[SubmissionRow, DecisionRow | None]

# Months are those of the clerks' calendar. China has one time zone and no summer time.
LOCAL = timezone(timedelta(hours=8))


def write(session: Session, new: NewSubmission, id: str) -> None:
    """Add a submission and its bands.

    Raises:
        InputError: a text holds characters that cannot be stored.
    """
    row = _to_row(new, id)
    session.add(row)
    session.flush()
    bands = [{"band": signed(band), "number": row.number} for band in set(new.bands)]
    if bands:
        session.execute(insert(BandRow), bands)


def read(session: Session, id: str) -> Submission:
    """Return one submission.

    Raises:
        NotFound: there is none of that id.
    """
    found = session.execute(with_decision().where(SubmissionRow.id == id)).one_or_none()
    if found is None:
        raise no_submission(id)
    return to_submission(*found)


def with_decision() -> Select[SubmissionRow, DecisionRow]:
    """Return the query for submissions, each with the decision that holds (None if open)."""
    holds = and_(
        DecisionRow.submission_id == SubmissionRow.id,
        DecisionRow.version == SubmissionRow.version,
    )
    return select(SubmissionRow, DecisionRow).outerjoin(DecisionRow, holds)


def to_submission(row: SubmissionRow, decision: DecisionRow | None) -> Submission:
    """Make a record of a row."""
    return Submission(
        id=row.id,
        created_at=moment_of(row.id),
        source=row.source,
        station=row.station,
        external_id=row.external_id,
        text=row.text,
        place=row.place,
        suggestion=row.suggestion | {"text": row.text},
        model=row.model,
        suggested_category=row.suggested_category,
        suggested_department=row.suggested_department,
        confidence=row.confidence,
        needs_review=row.needs_review,
        priority=row.priority,
        version=row.version,
        decision=to_decided(decision) if decision else None,
    )


def signed(band: int) -> int:
    """Return an unsigned 64-bit hash as the signed number of the same bits.

    SQL has no unsigned integers.

    >>> signed(2**64 - 1), signed(2**63), signed(5)
    (-1, -9223372036854775808, 5)
    """
    if not 0 <= band < 2**64:
        raise ValueError(f"{band} is no unsigned 64-bit number")
    return band - 2**64 if band >= 2**63 else band


def local_month(moment: datetime) -> str:
    """Return the month of a moment as clerks count it.

    >>> from datetime import UTC
    >>> local_month(datetime(2026, 10, 31, 16, tzinfo=UTC))
    '2026-11'
    """
    return f"{moment.astimezone(LOCAL):%Y-%m}"


def _to_row(new: NewSubmission, id: str) -> SubmissionRow:
    item, place = new.suggestion, check_text("地点", new.place)
    return SubmissionRow(
        id=id,
        version=1,
        month=local_month(moment_of(id)),
        county=place.partition("/")[0],
        place=place,
        category=item["category"],
        department=item["department"],
        suggested_category=item["category"],
        suggested_department=item["department"],
        confidence=item["confidence"],
        needs_review=item["needs_review"],
        priority=priority_of(item),
        kind=None,
        model=item["model"],
        source=check_text("来源", new.source),
        station=check_text("收件单位", new.station),
        external_id=check_text("外部编号", new.external_id) if new.external_id else None,
        text=check_text("留言", new.text),
        # The text is half of it and stands in its own column; its place is kept.
        suggestion=dict(item) | {"text": None},
    )

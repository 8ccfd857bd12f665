"""The trail of who looked at which submission."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.columns import check_text
from service.store.errors import no_submission
from service.store.records import ReadRecord
from service.store.rows import ReadRow, SubmissionRow


def write_read(session: Session, who: str, id: str, now: datetime) -> None:
    """Note that somebody looked at a submission.

    Raises:
        NotFound: there is no submission of that id.
    """
    if session.scalar(select(SubmissionRow.number).where(SubmissionRow.id == id)) is None:
        raise no_submission(id)
    session.add(ReadRow(submission_id=id, who=check_text("经办人", who), at=now))


def read_reads(session: Session, id: str) -> list[ReadRecord]:
    """Return who looked at a submission, oldest first."""
    query = select(ReadRow).where(ReadRow.submission_id == id).order_by(ReadRow.number)
    return [ReadRecord(row.submission_id, row.who, row.at) for row in session.scalars(query)]

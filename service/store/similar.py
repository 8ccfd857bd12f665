"""Earlier submissions that may ask for the same thing: those that share band hashes."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from service.store.filters import compatible
from service.store.records import Candidate
from service.store.rows import BandRow, SubmissionRow
from service.store.submissions import signed, to_submission, with_decision

# A form letter may sit in one band by the hundred thousand. Looking at the newest of a band
# bounds the work; the count of shared bands is exact for all others.
_NEWEST_PER_BAND = 1_000


def read_similar(
    session: Session, bands: Sequence[int], *, exclude: str | None, place: str, limit: int
) -> list[Candidate]:
    """Return the submissions that share most bands, the newest first among equals.

    Every band is one look into the index, whatever the number of submissions.
    """
    if not bands:
        return []
    holders = union_all(*(_newest(signed(band)) for band in sorted(set(bands)))).subquery()
    shared = func.count().label("shared")
    counted = select(holders.c.number, shared).group_by(holders.c.number).subquery()
    query = (
        with_decision()
        .add_columns(counted.c.shared)
        .join(counted, counted.c.number == SubmissionRow.number)
        .where(compatible(place))
        .order_by(counted.c.shared.desc(), SubmissionRow.number.desc())
        .limit(limit)
    )
    if exclude is not None:
        query = query.where(SubmissionRow.id != exclude)
    return [
        Candidate(to_submission(row, decision), count)
        for row, decision, count in session.execute(query)
    ]


def _newest(band: int) -> Select[int]:
    newest = (
        select(BandRow.number)
        .where(BandRow.band == band)
        .order_by(BandRow.number.desc())
        .limit(_NEWEST_PER_BAND)
        .subquery()
    )
    return select(newest.c.number)

"""The store: one method for each thing the service asks of it, one transaction each.

What a method does stands in the module of its noun; here is only where the transactions
begin and end. When a method that writes returns, what it wrote is on the disk.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from service.store import audit, idempotency, keys
from service.store.counts import read_counts
from service.store.database import connect, unavailable, writing
from service.store.decisions import read_history, write_decision
from service.store.ids import IdSource
from service.store.paging import read_after, read_page, read_queue
from service.store.records import (
    ApiKey,
    Candidate,
    Change,
    Counts,
    Decision,
    Filters,
    NewSubmission,
    Page,
    ReadRecord,
    Role,
    Submission,
)
from service.store.schema import bring_up_to_date
from service.store.similar import read_similar
from service.store.submissions import read, write

Clock = Callable[[], datetime]
_EXPORT_BATCH = 500


def open_store(url: str, *, clock: Clock | None = None) -> "Store":
    """Connect, bring the tables up to date, and return a store. Close it, or use `with`.

    Raises:
        Unavailable: the URL is none, the database does not answer, or it belongs to a newer
            version of the program.
    """
    engine = connect(url)
    try:
        bring_up_to_date(engine)
        store = Store(engine, clock=clock or _now)
        store.sweep()
    except (OperationalError, InterfaceError) as error:
        engine.dispose()
        raise unavailable(error) from error
    except BaseException:
        engine.dispose()
        raise
    return store


class Store:
    """A database that is open and up to date. Safe to share between threads.

    Every method raises `Unavailable` where the database does not answer.
    """

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = IdSource(clock)

    def add(
        self,
        new: NewSubmission,
        *,
        idempotency_key: str | None = None,
        request_hash: str | None = None,
    ) -> tuple[Submission, bool]:
        """Keep a submission; return it, and whether it was made now.

        With a key that was used before, nothing is made and the submission of then returned
        as it is now. Keys are one namespace: put the client's id in front of its own.

        Raises:
            Conflict: the key was used for a request with another hash.
            InputError: a text holds characters that cannot be stored.
        """
        id = wanted = self._ids.next()
        with self._write() as session:
            if idempotency_key is not None:
                if request_hash is None:
                    raise ValueError("an idempotency key needs the hash of its request")
                id = idempotency.claim(
                    session, idempotency_key, request_hash, submission_id=id, now=self._clock()
                )
            if id == wanted:
                write(session, new, id)
            return read(session, id), id == wanted

    def get(self, id: str) -> Submission:
        """Return a submission, or raise `NotFound`."""
        with self._read() as session:
            return read(session, id)

    def page(self, filters: Filters, cursor: str | None = None, limit: int = 50) -> Page:
        """Return submissions, newest first. `InputError` where the cursor or month is none."""
        with self._read() as session:
            return read_page(session, filters, cursor, limit)

    def queue(self, limit: int = 50, cursor: str | None = None) -> Page:
        """Return what is open, in the order in which people should look at it."""
        with self._read() as session:
            return read_queue(session, cursor, limit)

    def decide(self, id: str, decision: Decision, *, expected_version: int) -> Submission:
        """Put down what a person decided.

        Raises:
            NotFound: there is no submission of that id.
            Conflict: it is not at `expected_version`: somebody else was first.
        """
        with self._write() as session:
            write_decision(
                session, id, decision, expected_version=expected_version, now=self._clock()
            )
            session.flush()
            session.expire_all()
            return read(session, id)

    def history(self, id: str) -> tuple[Change, ...]:
        """Return every decision about a submission, oldest first, or raise `NotFound`."""
        with self._read() as session:
            return read_history(session, id)

    def export(self) -> Iterator[Submission]:
        """Yield all submissions, oldest first.

        Each batch is a transaction of its own: a reader who takes an hour holds nothing up,
        and sees decisions that are taken meanwhile.
        """
        last = ""
        while batch := self._batch_after(last):
            yield from batch
            last = batch[-1].id

    def similar(
        self, bands: Sequence[int], *, exclude: str | None = None, place: str = "", limit: int = 20
    ) -> list[Candidate]:
        """Return the submissions that share most bands, at places that may be the same."""
        with self._read() as session:
            return read_similar(session, bands, exclude=exclude, place=place, limit=limit)

    def counts(self, filters: Filters | None = None) -> Counts:
        """Return the figures of the overview."""
        with self._read() as session:
            return read_counts(session, filters or Filters())

    def add_key(self, name: str, role: Role) -> tuple[ApiKey, str]:
        """Make an API key; return it and its secret, which cannot be shown again."""
        with self._write() as session:
            return keys.write_key(session, self._ids.next(), name, role, self._clock())

    def find_key(self, secret: str) -> ApiKey | None:
        """Return the key of a secret and note its use; None where it is unknown or revoked."""
        now = self._clock()
        with self._read() as session:
            key = keys.read_key(session, secret)
        if key and keys.is_stale(key, now):
            with self._write() as session:
                keys.touch(session, key.id, now)
        return key

    def revoke_key(self, id: str) -> ApiKey:
        """End a key, or raise `NotFound`."""
        with self._write() as session:
            return keys.revoke(session, id, self._clock())

    def keys(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too, oldest first."""
        with self._read() as session:
            return keys.read_keys(session)

    def record_read(self, who: str, id: str) -> None:
        """Note that somebody looked at a submission, or raise `NotFound`."""
        with self._write() as session:
            audit.write_read(session, who, id, self._clock())

    def reads(self, id: str) -> list[ReadRecord]:
        """Return who looked at a submission, oldest first."""
        with self._read() as session:
            return audit.read_reads(session, id)

    def sweep(self) -> None:
        """Drop idempotency keys older than promised. To be called once a day or so."""
        with self._write() as session:
            idempotency.forget(session, self._clock())

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _batch_after(self, id: str) -> list[Submission]:
        with self._read() as session:
            return read_after(session, id, _EXPORT_BATCH)

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with _answering(), Session(self._engine) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with _answering(), Session(writing(self._engine)) as session, session.begin():
            yield session


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise unavailable(error) from error


def _now() -> datetime:
    return datetime.now(UTC)

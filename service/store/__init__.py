"""What the service remembers: submissions, decisions, keys, who read what.

    store = open_store(default_url())
    submission, created = store.add(NewSubmission(suggestion=item, source="热线"))
    store.decide(submission.id, decision, expected_version=submission.version)

SQLite by default, PostgreSQL by `WUWEI_DATABASE_URL`; both are tested. What goes in is masked
already: the store has no means to mask, and no column for text as received.
"""

from service.store.database import default_url
from service.store.errors import Conflict, NotFound, Unavailable
from service.store.records import (
    ApiKey,
    Candidate,
    Change,
    Counts,
    Decided,
    Decision,
    Filters,
    Kind,
    NewSubmission,
    Page,
    ReadRecord,
    Role,
    Status,
    Submission,
    Tally,
)
from service.store.store import Store, open_store

__all__ = [
    "ApiKey",
    "Candidate",
    "Change",
    "Conflict",
    "Counts",
    "Decided",
    "Decision",
    "Filters",
    "Kind",
    "NewSubmission",
    "NotFound",
    "Page",
    "ReadRecord",
    "Role",
    "Status",
    "Store",
    "Submission",
    "Tally",
    "Unavailable",
    "default_url",
    "open_store",
]

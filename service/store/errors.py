"""What can go wrong with a store that a clerk or an operator can mend."""

from pipeline.errors import WuweiError


class NotFound(WuweiError):
    """There is no record of that id."""


class Conflict(WuweiError):
    """Somebody else was first. Nothing was overwritten; read again, then decide again."""


class Unavailable(WuweiError):
    """The database cannot be opened, does not answer, or is of another version."""


def no_submission(id: str) -> NotFound:
    """Say that a submission is not there."""
    return NotFound(
        f"没有编号为 {id!r} 的留言。请核对编号。", f"There is no submission with the id {id!r}."
    )

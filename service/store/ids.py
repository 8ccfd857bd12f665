"""Ids that sort by time: ULIDs in lower case, 26 characters.

48 bits of milliseconds since 1970, then 80 random bits, in Crockford's base 32 (no i, l, o,
u). An id is its own timestamp, so a range of dates is a range of ids and needs no index
beside the one that ids have anyway. Source: https://github.com/ulid/spec.
"""

import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
_RANDOM_BITS = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class IdSource:
    """Makes ids that rise strictly within a process, even where the clock steps back.

    Two processes may interleave within a millisecond; that is as near as sorting by time
    can mean across machines.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = -1

    def next(self) -> str:
        """Return a new id, above every one returned before."""
        with self._lock:
            now = _milliseconds(self._clock()) << _RANDOM_BITS
            # One bit less of randomness, so that adding 1 never carries into the time.
            fresh = now | secrets.randbits(_RANDOM_BITS - 1)
            is_later = now >> _RANDOM_BITS > self._last >> _RANDOM_BITS
            self._last = fresh if is_later else self._last + 1
            return _encode(self._last)


def first_id_at(moment: datetime) -> str:
    """Return the lowest id of a moment: the bound of a range of dates.

    >>> first_id_at(datetime(2026, 11, 1, tzinfo=UTC))
    '01m6a6ft000000000000000000'
    """
    return _encode(_milliseconds(moment) << _RANDOM_BITS)


def moment_of(id: str) -> datetime:
    """Return when an id was made, to the millisecond.

    >>> moment_of(first_id_at(datetime(2026, 11, 1, tzinfo=UTC)))
    datetime.datetime(2026, 11, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    number = 0
    for character in id:
        number = number << 5 | _ALPHABET.index(character)
    return _EPOCH + (number >> _RANDOM_BITS) * _MILLISECOND


def _milliseconds(moment: datetime) -> int:
    return max(0, (moment - _EPOCH) // _MILLISECOND)


def _encode(number: int) -> str:
    shifts = range(5 * (_LENGTH - 1), -1, -5)
    return "".join(_ALPHABET[number >> shift & 31] for shift in shifts)

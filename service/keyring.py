"""Which key a secret is, remembered for some seconds.

Asking the database at every request would cost more than the suggestion itself. The price:
a revoked key works for up to `_KEPT` seconds more.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from service.store import ApiKey, Store, Unavailable

_KEPT = 5.0
_MOST = 1_024


@dataclass(frozen=True, slots=True)
class _Snapshot:
    taken: float
    keys: dict[str, ApiKey]


@dataclass
class KeyRing:
    """Looks keys up in the store, through a short memory. Methods may block; `fresh_…` do not.

    Safe to share between threads.
    """

    store: Store
    clock: Callable[[], float] = time.monotonic
    _by_digest: dict[bytes, tuple[float, ApiKey]] = field(default_factory=dict)
    _snapshot: _Snapshot | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, secret: str) -> ApiKey | None:
        """Return the key of a secret where it is remembered."""
        taken, key = self._by_digest.get(_digest(secret), (0.0, None))
        return key if key and self.clock() - taken < _KEPT else None

    def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret, or None where it is unknown or revoked.

        While the database does not answer, a key that is remembered holds: suggestions go on.
        """
        now = self.clock()
        try:
            key = self.store.find_key(secret)
        except Unavailable:
            if (key := self._by_digest.get(_digest(secret), (0.0, None))[1]) is None:
                raise
        with self._lock:
            if len(self._by_digest) >= _MOST:
                self._by_digest.clear()
            if key:
                self._by_digest[_digest(secret)] = now, key
            else:
                self._by_digest.pop(_digest(secret), None)
        return key

    def fresh_keys(self) -> dict[str, ApiKey] | None:
        """Return all keys by id, the revoked ones too, where they were read just now."""
        snapshot = self._snapshot
        recent = snapshot is not None and self.clock() - snapshot.taken < _KEPT
        return snapshot.keys if snapshot and recent else None

    def keys(self) -> dict[str, ApiKey]:
        """Return all keys by id, the revoked ones too.

        While the database does not answer, what it said last holds.
        """
        now = self.clock()
        try:
            self._snapshot = _Snapshot(now, {key.id: key for key in self.store.keys()})  # noqa: SIM118
        except Unavailable:
            if self._snapshot is None:
                raise
            # Not asked again at once: it may be slow to say that it is away.
            self._snapshot = _Snapshot(now, self._snapshot.keys)
        return self._snapshot.keys


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()

"""How often somebody may ask: a bucket of tokens that fills at a steady rate."""

import math
import time
from collections.abc import Callable

_MOST = 4_096


class Buckets:
    """One bucket per name, each full at first.

    >>> now = [0.0]
    >>> buckets = Buckets(rate=2, burst=1, clock=lambda: now[0])
    >>> buckets.take("甲"), buckets.take("甲"), buckets.take("乙")
    (0, 1, 0)
    >>> now[0] = 0.5
    >>> buckets.take("甲")
    0
    """

    def __init__(
        self, *, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> int:
        """Take a token and return 0, or the whole seconds after which there is one again."""
        now = self._clock()
        tokens = self._level(name, now)
        if tokens < 1:
            return math.ceil((1 - tokens) / self._rate)
        if len(self._buckets) >= _MOST:
            self._drop_full(now)
        self._buckets[name] = tokens - 1, now
        return 0

    def is_empty(self, name: str) -> bool:
        """Whether there is no token left, without taking one."""
        return self._level(name, self._clock()) < 1

    def _level(self, name: str, now: float) -> float:
        tokens, then = self._buckets.get(name, (float(self._burst), now))
        return min(self._burst, tokens + (now - then) * self._rate)

    def _drop_full(self, now: float) -> None:
        """Forget those that are full again: they are as good as new. All, if none is."""
        kept = {n: b for n, b in self._buckets.items() if self._level(n, now) < self._burst}
        self._buckets = kept if len(kept) < _MOST else {}

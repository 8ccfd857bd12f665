"""The way to the processor: one at a time, and only so many waiting."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from service.problems import busy

T = TypeVar("T")


class Gate:
    """Lets one piece of work through at a time; turns away who would wait too long.

    Under Python's one lock for all threads, two computations at once only slow each other
    down, and the event loop with them.
    """

    def __init__(self, *, waiting: int) -> None:
        self._most = 1 + waiting
        self._turn = asyncio.Lock()
        self.inside = 0

    async def run(self, work: Callable[[], T], *, is_short: bool) -> T:
        """Wait for a turn, do the work, return its result.

        Args:
            is_short: a few milliseconds. Such work is done on the event loop itself: handing
                it to a thread costs more than it saves (measured: benchmarks/serving.py).

        Raises:
            Problem: too many are waiting already (429).
        """
        if self.inside >= self._most:
            raise busy(
                1,
                "同时处理的留言太多。请稍后再试。",
                "Too many messages are waiting; retry after a second.",
            )
        self.inside += 1
        try:
            async with self._turn:
                if not is_short:
                    return await run_in_threadpool(work)
                # Let the loop read what has come in meanwhile: it is counted, or refused.
                await asyncio.sleep(0)
                return work()
        finally:
            self.inside -= 1

"""The one thread beside the requests: it looks for a new model and sweeps the store."""

import logging
import threading
import time

from pipeline.errors import WuweiError
from service.served import Served
from service.store import Store

_DAY = 24 * 3600.0
_log = logging.getLogger("wuwei.service")


class Background:
    """Runs until it is stopped; `every` is the seconds between looks."""

    def __init__(self, served: Served, store: Store, *, every: float = 1.0) -> None:
        self._served, self._store, self._every = served, store, every
        self._asked = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wuwei-background", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask(self) -> None:
        """Load the model anew at the next look. Takes no lock: signal handlers call it."""
        self._asked = True

    def stop(self) -> None:
        """End, and wait for the end."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        swept = time.monotonic()
        while not self._stop.wait(self._every):
            asked, self._asked = self._asked, False
            self._served.follow(asked=asked)
            if time.monotonic() - swept > _DAY:
                swept = time.monotonic()
                self._sweep()

    def _sweep(self) -> None:
        try:
            self._store.sweep()
        except WuweiError as error:
            _log.warning("sweep failed", extra={"why": str(error)})

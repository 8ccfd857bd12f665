"""A real browser and a real server for the tests of the pages.

Debian's Chromium, driven by Playwright; Playwright's own download of browsers is not needed.
The server listens on a free port, in a thread of this process, and can be stopped and
started again on the same port, as when the machine in the next room restarts.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

HOW = (
    "the tests of the pages need a browser: apt-get install chromium fonts-noto-cjk, and "
    "pip install playwright axe-playwright-python (WUWEI_CHROMIUM names another binary)"
)

# To a browser the loopback is as trustworthy as HTTPS; a name like this one is not.
INTRANET = "office.example"


def find_chromium() -> str:
    """Return the path of a Chromium, or skip and say how to get one."""
    named = os.environ.get("WUWEI_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if not found:
        pytest.skip(HOW)
    return found


@contextmanager
def open_browser() -> Iterator[Any]:
    """Start the browser; its sandbox is off where root runs the tests."""
    chromium = find_chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason=HOW)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium, args=[f"--host-resolver-rules=MAP {INTRANET} 127.0.0.1"]
        )
        yield browser
        browser.close()


class Server:
    """An application on a port of its own that can go away and come back (made anew)."""

    def __init__(self, make_app: Callable[[], FastAPI]) -> None:
        self._make_app = make_app
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"

    def start(self) -> None:
        """Listen; return once it answers."""
        config = uvicorn.Config(
            self._make_app(),
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")

    def stop(self) -> None:
        """Close all connections and stop listening."""
        self._server.should_exit = True
        self._thread.join()

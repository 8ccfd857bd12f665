"""Clients for the tests of the service: in this process, and to a real one."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.corpus import LabelledMessage
from pipeline.home import data_path
from pipeline.notes import NoteReader
from pipeline.notes.hints import Hints
from pipeline.notes.kinds import train_kinds
from pipeline.triage import Triage
from service import Settings, create_app
from service.running import listen
from service.served import Source
from service.store import Role, Store, open_store

ROOT = Path(__file__).resolve().parents[1]
LAMP = "村口的路灯坏了半个月，晚上看不见路，请派人来修。"
# For plumbing, not for quality.
_SEGMENTS = {
    "ask": ("污水直接排进河里没人管", "请把村口的路修一修", "自来水停了三天请解决"),
    "promise": ("由水利站牵头月底前完成", "镇里承诺下周派人", "责成住建局限期整改"),
    "done": ("已经修复并恢复通行", "问题现场解决完毕", "目前已全部通水"),
    "praise": ("感谢代表热心帮忙", "乡亲们都夸干得好", "给工作队点赞"),
    "procedure": ("主持人宣布会议开始", "会议进行第二项议程", "散会"),
    "narrative": ("全村共有三百二十户", "近年来产业不断壮大", "这里海拔一千二百米"),
}
_PORT = re.compile(r"http://[\d.]+:(\d+)/")


@contextmanager
def client_of(
    triage: Triage,
    folder: Path,
    *,
    notes: NoteReader | None = None,
    source: Source | None = None,
    **settings: Any,
) -> Iterator[TestClient]:
    """Yield a client to an application with an empty store; it is open, as on a laptop."""
    with open_store(f"sqlite:///{folder / 'service.sqlite3'}") as store:
        app = create_app(Settings(**settings), triage, store, notes=notes, source=source)
        with TestClient(app, base_url="http://localhost") as client:
            yield client


def small_reader(triage: Triage) -> NoteReader:
    """A reader of notes whose model of kinds knows a few phrases."""
    segments = [
        LabelledMessage(f"{kind}-{i}-{j}", f"{text}{'。！；，'[j]}", kind)
        for kind, texts in _SEGMENTS.items()
        for i, text in enumerate(texts)
        for j in range(4)
    ]
    hints = Hints.from_file(data_path("notes.toml"))
    return NoteReader(triage, train_kinds(segments, triage.segmenter), hints)


def store_of(client: TestClient) -> Store:
    """The store behind a client."""
    found: Store = client.app.state.service.store  # type: ignore[attr-defined]
    return found


def bearer(client: TestClient, role: Role, name: str = "一号窗口") -> dict[str, str]:
    """Make a key; return the header that shows it."""
    _, secret = store_of(client).add_key(name, role)
    client.app.state.service.ring.keys()  # type: ignore[attr-defined]  # what some seconds do
    return {"Authorization": f"Bearer {secret}"}


@dataclass
class Process:
    """A real `wuwei serve`."""

    process: subprocess.Popen[str]
    port: int
    errors: Path

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Send one request on a connection of its own; return status and JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            sent = None if body is None else json.dumps(body).encode()
            kind = {"Content-Type": "application/json"} if sent is not None else {}
            connection.request(method, path, sent, kind | (headers or {}))
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()

    def wait_for(self, words: str) -> str:
        """Wait until standard error holds the words; return all of it."""
        deadline = time.monotonic() + 60
        while words not in (said := self.errors.read_text("utf-8")):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.05)
        return said

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def serving(home: Path, *arguments: str, **environment: str) -> Iterator[Process]:
    """Start `wuwei serve` on a free port; kill it at the end if it still runs."""
    errors = home / f"errors-{time.monotonic_ns()}.txt"
    code = "from pipeline.cli import main; main()"
    with errors.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", *arguments],
            cwd=ROOT, stderr=log, stdout=log, text=True,
            env=os.environ | {"WUWEI_HOME": str(home)} | environment,
        )  # fmt: skip
    found = Process(process, 0, errors)
    try:
        match = _PORT.search(found.wait_for('"event": "serving"'))
        assert match
        found.port = int(match[1])
        found.wait_for("Application startup complete")
        yield found
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(30)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve an application from a thread; yield its address."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on")
    server, sock = uvicorn.Server(config), listen("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([sock],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()

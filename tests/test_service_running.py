"""A real `wuwei serve`: it starts, refuses to start, stops in order, and loses nothing."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

import pytest

from pipeline import registry
from pipeline.cli import main
from pipeline.errors import InputError
from pipeline.model import Model
from pipeline.triage import Triage
from service.running import is_loopback, listen
from service.store import open_store
from tests.service_clients import LAMP, Process, serving, small_reader
from tests.store_databases import BACKENDS, fresh_url

SECRET = "王二麻子欠薪不还"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model: Model, triage: Triage) -> Path:
    home = tmp_path_factory.mktemp("running")
    registry.save(replace(model, name="default"), home / "models")
    registry.save(replace(small_reader(triage).kinds, name="kinds"), home / "models")
    return home


@pytest.fixture
def empty_home(home: Path, tmp_path: Path) -> Path:
    """The same models, and a database of its own."""
    (tmp_path / "models").symlink_to(home / "models")
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def wuwei(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command here; return its exit code, standard output and standard error."""
    monkeypatch.setenv("WUWEI_HOME", str(empty_home))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wuwei", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return run


OTHERS = ("serve", "--host", "0.0.0.0", "--port", "0")


def test_without_keys_other_machines_are_refused(wuwei: Run) -> None:
    code, _, errors = wuwei(*OTHERS)
    assert code == 2
    assert "wuwei keys add" in errors


def test_with_revoked_keys_only_other_machines_are_refused(wuwei: Run, empty_home: Path) -> None:
    wuwei("keys", "add", "一号窗口")
    with open_store(f"sqlite:///{empty_home / 'service.sqlite3'}") as store:
        [key] = store.keys()
    code, _, errors = wuwei("keys", "revoke", key.id)
    assert (code, "一号窗口" in errors) == (0, True)
    assert "已作废" in wuwei("keys", "list")[1]
    assert wuwei(*OTHERS)[0] == 2


def test_a_key_is_shown_once_and_opens_the_service(wuwei: Run, empty_home: Path) -> None:
    _, shown, said = wuwei("keys", "add", "一号窗口", "--role", "analyst")
    secret = shown.strip()
    assert secret.startswith("wuwei_")
    _, listed, _ = wuwei("keys", "list")
    assert "一号窗口" in listed
    assert secret not in listed + said
    assert secret not in (empty_home / "service.sqlite3").read_bytes().decode("latin-1")
    with serving(empty_home, "--host", "0.0.0.0") as process:
        header = {"Authorization": f"Bearer {secret}"}
        assert process.ask("GET", "/api/v1/overview")[0] == 401
        assert process.ask("GET", "/api/v1/overview", headers=header)[0] == 200


def test_revoking_a_key_that_is_none_says_so(wuwei: Run) -> None:
    code, _, errors = wuwei("keys", "revoke", "nobody")
    assert code == 2
    assert "没有编号" in errors


def test_a_port_that_is_taken_is_named(home: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"127.0.0.1:{port}"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["::1", "localhost", "127.8.9.1"])
def test_this_machine_alone_is_the_loopback(host: str) -> None:
    assert is_loopback(host)
    assert not is_loopback("0.0.0.0")


def test_nothing_a_real_process_says_holds_what_was_sent(empty_home: Path) -> None:
    with serving(empty_home) as process:
        assert "没有密钥" in process.wait_for("没有密钥")
        process.ask("POST", "/api/v1/suggest", {"text": SECRET})
        process.ask("POST", "/api/v1/suggest", {"text": [SECRET], SECRET: SECRET})
        process.ask("POST", "/api/v1/submissions", {"text": SECRET, "source": SECRET})
        process.ask("POST", "/api/v1/submissions", {"text": SECRET, "source": "\0"})
        process.ask("GET", "/api/v1/submissions?category=%E7%8E%8B%E4%BA%8C&cursor=x")
        assert process.stop() == 0
        said = process.errors.read_text("utf-8")
    assert "王二" not in said
    assert "%E7%8E%8B" not in said
    first = said.splitlines().index(next(s for s in said.splitlines() if s.startswith("{")))
    for line in said.splitlines()[first:]:
        assert {"time", "level", "event"} <= set(json.loads(line))


def test_a_huge_body_is_refused_before_it_is_there(empty_home: Path) -> None:
    head = b"POST /api/v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with serving(empty_home) as process:
        for more, body in (
            (b"Content-Length: 999999999999\r\n\r\n", b""),
            (b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + b" " * 0x100000 + b"\r\n"),
        ):
            with socket.create_connection(("127.0.0.1", process.port), 30) as connection:
                connection.sendall(head + more)
                for _ in range(8):
                    with suppress(ConnectionError):  # it may have hung up on us
                        connection.sendall(body)
                with suppress(ConnectionResetError):
                    assert connection.recv(1_000).startswith(b"HTTP/1.1 413 ")
        assert process.ask("POST", "/api/v1/suggest", {"text": LAMP})[0] == 200
        assert process.errors.read_text("utf-8").count('"status": 413') == 2


def test_sigterm_lets_requests_finish(empty_home: Path) -> None:
    items = [{"id": str(i), "text": f"{LAMP}第{i}次"} for i in range(1_000)]
    answers: list[tuple[int, object]] = []
    with serving(empty_home) as process:
        asker = threading.Thread(
            target=lambda: answers.append(process.ask("POST", "/api/v1/tag", {"items": items}))
        )
        asker.start()
        while "wuwei_waiting 1.0" not in _metrics(process) and not answers:
            time.sleep(0.01)
        assert process.stop() == 0
        asker.join()
    [(status, body)] = answers
    assert status == 200
    assert isinstance(body, dict)
    assert len(body["items"]) == 1_000


def test_workers_share_the_port_and_a_dead_one_is_replaced(empty_home: Path) -> None:
    with serving(empty_home, "--workers", "2") as process:
        pids = _workers(process, 2)
        for _ in range(20):
            assert process.ask("POST", "/api/v1/suggest", {"text": LAMP})[0] == 200
        os.kill(pids[0], signal.SIGKILL)
        process.wait_for('"event": "worker died"')
        _workers(process, 3)
        for _ in range(20):
            assert process.ask("POST", "/api/v1/suggest", {"text": LAMP})[0] == 200
        figures = _metrics(process)
        assert 'wuwei_items_total{category="public_services"} 40.0' in figures
        process.process.send_signal(signal.SIGHUP)
        _wait_for_lines(process, '"event": "model exchanged"', 2)
        assert process.stop() == 0
        for pid in _workers(process, 3):
            with pytest.raises(ProcessLookupError, match="No such process"):
                os.kill(pid, 0)


def _workers(process: Process, count: int) -> list[int]:
    """Wait until so many workers have started; return their ids in order."""
    _wait_for_lines(process, "startup complete", count)
    return [json.loads(s)["pid"] for s in _wait_for_lines(process, '"event": "serving"', count)]


def _wait_for_lines(process: Process, words: str, count: int) -> list[str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        lines = [s for s in process.errors.read_text("utf-8").splitlines() if words in s]
        if len(lines) >= count:
            return lines
        time.sleep(0.05)
    raise AssertionError(f"not {count} times: {words}")


def _metrics(process: Process) -> str:
    with urlopen(f"http://127.0.0.1:{process.port}/api/v1/metrics") as answer:
        text: str = answer.read().decode()
    return text


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_acknowledged_survives_kill_9_under_load(
    backend: str, empty_home: Path, tmp_path: Path
) -> None:
    acknowledged: list[str] = []
    with fresh_url(backend, tmp_path) as url:
        with serving(empty_home, WUWEI_DATABASE_URL=url) as process:
            askers = [
                threading.Thread(target=_submit, args=(process, acknowledged, str(number)))
                for number in range(4)
            ]
            for asker in askers:
                asker.start()
            while len(acknowledged) < 40:
                time.sleep(0.01)
            process.process.kill()
            for asker in askers:
                asker.join()
        with serving(empty_home, WUWEI_DATABASE_URL=url) as process:
            for id in acknowledged:
                assert process.ask("GET", f"/api/v1/submissions/{id}")[0] == 200
    assert len(set(acknowledged)) == len(acknowledged)


def _submit(process: Process, acknowledged: list[str], name: str) -> None:
    """Submit until the service is gone."""
    number = 0
    while True:
        number += 1
        body = {"text": f"{LAMP}第{name}-{number}次反映", "source": "热线"}
        try:
            status, made = process.ask(
                "POST", "/api/v1/submissions", body, {"Idempotency-Key": f"{name}-{number}"}
            )
        except (OSError, HTTPException, ValueError):
            return
        if status == 201:
            acknowledged.append(made["id"])

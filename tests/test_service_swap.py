"""The model that serves is exchanged while requests go on, and never for a broken one."""

import json
import logging
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import registry
from pipeline.errors import ModelError
from pipeline.model import Model
from pipeline.triage import Triage
from service.served import Served, Source
from tests.service_clients import LAMP, Process, client_of, serving, small_reader


def renamed(triage: Triage, digest: str) -> Triage:
    return replace(triage, model=replace(triage.model, digest=digest * 8))


def test_the_model_changes_where_the_stamp_does_and_only_then(triage: Triage) -> None:
    stamp = [1]
    loaded: list[int] = []

    def load(now: Triage) -> Triage:
        loaded.append(stamp[0])
        return renamed(now, f"{stamp[0]:08d}")

    served = Served(triage, source=Source(load, lambda: stamp[0], 1))
    served.follow()
    assert served.triage is triage
    stamp[0] = 2
    served.follow()
    served.follow()
    assert served.version == "lessons@00000002"
    assert loaded == [2]
    served.follow(asked=True)
    assert loaded == [2, 2]


def test_a_change_before_the_first_look_is_not_missed(triage: Triage) -> None:
    """It was promoted while the first one was being loaded."""
    served = Served(triage, source=Source(lambda now: renamed(now, "b"), lambda: 2, 1))
    served.follow()
    assert served.version == "lessons@bbbbbbbb"


def test_notes_are_read_with_the_model_that_serves(triage: Triage) -> None:
    source = Source(lambda now: renamed(now, "c"))
    served = Served(triage, notes=small_reader(triage), source=source)
    served.follow(asked=True)
    assert served.notes is not None
    assert served.notes.triage is served.triage


def _no_model(now: Triage) -> Triage:
    raise ModelError("模型损坏。请重新训练。", "The model is damaged.")


def _half_copied(now: Triage) -> Triage:
    raise EOFError("王二麻子")


def _cannot_decide(now: Triage) -> Triage:
    return replace(now, model=replace(now.model, leaves=replace(now.model.leaves, codes=())))


@pytest.mark.parametrize(
    ("load", "why"),
    [(_no_model, "模型损坏"), (_half_copied, "EOFError"), (_cannot_decide, "Error")],
)
def test_a_broken_model_is_refused_and_the_old_one_serves_on(
    triage: Triage, caplog: pytest.LogCaptureFixture, load: object, why: str
) -> None:
    served = Served(triage, source=Source(load))  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO):
        served.follow(asked=True)
    assert served.triage is triage
    [record] = [r for r in caplog.records if r.message == "model refused"]
    assert why in record.__dict__["why"]
    assert "王二" not in str(record.__dict__)


def test_requests_go_on_while_the_model_changes(triage: Triage, tmp_path: Path) -> None:
    source = Source(lambda now: renamed(now, "d"))
    with client_of(triage, tmp_path, source=source) as client:
        before = client.post("/api/v1/suggest", json={"text": LAMP}).json()["model"]
        client.app.state.service.served.follow(asked=True)  # type: ignore[attr-defined]
        after = client.post("/api/v1/suggest", json={"text": LAMP}).json()["model"]
    assert (before, after) == (triage.model.version, "lessons@dddddddd")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model: Model, triage: Triage) -> Path:
    """A home with two models, a model of kinds, and no need to train any."""
    home = tmp_path_factory.mktemp("swap")
    for name, digest in (("default", "aaaaaaaa"), ("next", "bbbbbbbb")):
        registry.save(replace(model, name=name, digest=digest * 8), home / "models")
    registry.save(replace(small_reader(triage).kinds, name="kinds"), home / "models")
    return home


@pytest.fixture(scope="module")
def process(home: Path) -> Iterator[Process]:
    with serving(home) as process:
        yield process


def ask_until(process: Process, done: threading.Event, seen: list[tuple[int, str]]) -> None:
    while not done.is_set():
        status, item = process.ask("POST", "/api/v1/suggest", {"text": LAMP})
        seen.append((status, item.get("model", "")))


def test_a_promotion_reaches_a_running_service_without_a_lost_request(
    process: Process, home: Path
) -> None:
    done, seen = threading.Event(), list[tuple[int, str]]()
    askers = [threading.Thread(target=ask_until, args=(process, done, seen)) for _ in range(3)]
    for asker in askers:
        asker.start()
    registry.promote(home / "models", "next", by="测试")
    process.wait_for('"event": "model exchanged"')
    process.ask("POST", "/api/v1/suggest", {"text": LAMP})
    done.set()
    for asker in askers:
        asker.join()
    assert {status for status, _ in seen} == {200}
    assert process.ask("GET", "/api/v1/healthz")[1]["model"] == "next@bbbbbbbb"


def test_sighup_with_a_broken_model_changes_nothing(process: Process, home: Path) -> None:
    served = process.ask("GET", "/api/v1/healthz")[1]["model"]
    shutil.rmtree(home / "models" / ".versions")
    process.process.send_signal(signal.SIGHUP)
    said = process.wait_for('"event": "model refused"')
    [line] = [json.loads(s) for s in said.splitlines() if "model refused" in s]
    assert line["serving"] == served
    assert process.ask("POST", "/api/v1/suggest", {"text": LAMP})[1]["model"] == served


def test_a_model_named_at_the_start_is_read_again_at_sighup(home: Path, model: Model) -> None:
    with serving(home, "--model", "default") as process:
        assert process.ask("GET", "/api/v1/healthz")[1]["model"] == "default@aaaaaaaa"
        registry.save(replace(model, name="default", digest="cccccccc" * 8), home / "models")
        process.process.send_signal(signal.SIGHUP)
        process.wait_for('"event": "model exchanged"')
        assert process.ask("GET", "/api/v1/healthz")[1]["model"] == "default@cccccccc"

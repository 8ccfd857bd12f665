"""Logs and figures: enough to run the service by, and never a word of what was sent."""

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipeline.triage import Triage
from service.logs import JsonLines
from tests.service_clients import LAMP, bearer, client_of

SECRET = "王二麻子欠薪"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the service would write to standard error, at the finest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logging.getLogger("wuwei").setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.fixture
def client(triage: Triage, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(triage, tmp_path) as client:
        yield client


def requests_in(lines: io.StringIO) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [record for record in records if record["event"] == "request"]


def test_a_request_is_one_line_with_ids_and_figures(client: TestClient, lines: io.StringIO) -> None:
    header = bearer(client, "intake") | {"X-Request-ID": "hotline-0001"}
    answer = client.post("/api/v1/suggest", json={"text": LAMP}, headers=header)
    [line] = requests_in(lines)
    assert answer.headers["x-request-id"] == line["request_id"] == "hotline-0001"
    key = client.app.state.service.store.keys()[0]  # type: ignore[attr-defined]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/api/v1/suggest", 200)
    assert line["key"] == key.id
    assert line["ms"] >= 0


@pytest.mark.parametrize(
    "given", [SECRET.encode(), b"short", b"a" * 65, b"a b c d e f", b'"{}"xxxx']
)
def test_a_request_id_that_is_not_plain_is_replaced(client: TestClient, given: bytes) -> None:
    answer = client.get("/api/v1/healthz", headers={b"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


def test_no_word_of_what_was_sent_reaches_a_log(
    client: TestClient, lines: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    kind = {"Content-Type": "application/json"}
    with caplog.at_level(logging.DEBUG):
        for path in ("suggest", "submissions", "similar", "notes", "tag"):
            client.post(f"/api/v1/{path}", json={"text": SECRET, "source": SECRET, SECRET: 1})
            client.post(f"/api/v1/{path}", json={"text": [SECRET]})
            client.post(f"/api/v1/{path}", content=SECRET.encode(), headers=kind)
            client.post(f"/api/v1/{path}", content=SECRET.encode("gb18030"), headers=kind)
        client.post("/api/v1/submissions", json={"text": SECRET * 3, "source": "窗口"})
        client.get(f"/{SECRET}?q={SECRET}")
        client.get("/api/v1/submissions", params={"cursor": SECRET, "category": SECRET})
        client.post("/login", data={"key": SECRET})
        client.request("BREW", f"/api/v1/{SECRET}")
    # The client of the test logs too, and it may.
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("httpx2")]
    said = "".join(ours) + lines.getvalue()
    assert SECRET not in said
    assert "%E7%8E%8B" not in said
    assert len(requests_in(lines)) >= 24


def test_a_bug_is_logged_by_kind_and_place_and_answered_without_either(
    client: TestClient, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(Triage, "pipe", broken)
    answer = client.post("/api/v1/suggest", json={"text": SECRET})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["x-content-type-options"] == "nosniff"
    [bug] = [json.loads(s) for s in lines.getvalue().splitlines() if '"bug"' in s]
    assert bug["error"] == "KeyError"
    assert "test_service_logs.py" in bug["where"]
    assert bug["request_id"] == answer.json()["request_id"]
    assert SECRET not in lines.getvalue() + answer.text


def test_messages_of_other_libraries_are_not_repeated(lines: io.StringIO) -> None:
    logging.getLogger("somebody.else").warning("cannot read %s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("asyncio").exception(SECRET)
    first, second = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert first["event"] == "somebody.else"
    assert (second["event"], second["error"]) == ("asyncio", "ValueError")
    assert SECRET not in lines.getvalue()


def test_the_figures_tell_how_many_how_sure_and_by_which_model(
    client: TestClient, triage: Triage
) -> None:
    texts = ["污水直接排进河里，臭得很", "麻将馆通宵打牌赌钱", "啊"]
    items = [client.post("/api/v1/suggest", json={"text": text}).json() for text in texts]
    figures = client.get("/api/v1/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    for category in {item["category"] for item in items}:
        count = sum(item["category"] == category for item in items)
        assert f'wuwei_items_total{{category="{category}"}} {count}.0' in figures.text
    review = sum(item["needs_review"] for item in items)
    assert f"wuwei_items_for_review_total {review}.0" in figures.text
    assert f'wuwei_model_info{{model="{triage.model.version}"}} 1.0' in figures.text
    route = 'method="POST",route="/api/v1/suggest",status="200"'
    assert f"wuwei_request_seconds_count{{{route}}} 3.0" in figures.text


def test_unknown_paths_and_methods_make_no_new_series(client: TestClient) -> None:
    for i in range(5):
        client.get(f"/nowhere/{i}")
        client.request(f"BREW{i}", "/api/v1/suggest")
    figures = client.get("/api/v1/metrics").text
    assert "nowhere" not in figures
    assert "BREW" not in figures

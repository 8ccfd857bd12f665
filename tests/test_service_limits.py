"""What is too much is refused: bodies, rates, and work that would only wait."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send

from pipeline.triage import Triage
from service.gate import Gate
from service.limits import Limits
from service.problems import Problem
from service.rates import Buckets
from service.settings import Settings
from tests.service_clients import LAMP, bearer, client_of


@pytest.fixture
def client(triage: Triage, tmp_path: Path) -> Iterator[TestClient]:
    small: dict[str, Any] = {"body_bytes": 50_000, "rate_per_second": 0.1, "rate_burst": 3}
    with client_of(triage, tmp_path, **small) as client:
        yield client


def test_a_body_too_large_is_refused_by_what_it_declares(client: TestClient) -> None:
    answer = client.post("/api/v1/suggest", content=b'{"text": "' + b"a" * 60_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "0.0 MB" in answer.json()["detail"]


def test_a_body_too_large_is_refused_even_where_it_declares_nothing(client: TestClient) -> None:
    chunks = (b" " * 1_000 for _ in range(60))  # sent in chunks, without a length
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/suggest", content=chunks, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 5_000])
def test_a_length_that_is_none_is_refused(client: TestClient, length: str) -> None:
    headers = {b"Content-Length": length.encode()}
    answer = client.post("/api/v1/suggest", content=b"{}", headers=headers)
    assert answer.status_code in (400, 413)


def test_more_than_a_thousand_items_are_refused(client: TestClient) -> None:
    items = [{"id": "", "text": "a"}] * 1_001
    assert client.post("/api/v1/tag", json={"items": items}).status_code == 422


def test_each_key_has_a_rate_of_its_own(client: TestClient) -> None:
    one, other = bearer(client, "intake", "甲"), bearer(client, "intake", "乙")
    statuses = [client.get("/api/v1/taxonomy", headers=one).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get("/api/v1/taxonomy", headers=one)
    assert refused.json()["code"] == "rate"
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert client.get("/api/v1/taxonomy", headers=other).status_code == 200


def test_guessing_keys_is_slowed_down(client: TestClient) -> None:
    wrong = {"Authorization": "Bearer wuwei_guess"}
    statuses = [client.get("/api/v1/taxonomy", headers=wrong).status_code for _ in range(25)]
    assert statuses[:20] == [401] * 20
    assert statuses[-1] == 429
    known = [client.post("/login", json={"key": "x"}).status_code for _ in range(12)]
    assert known[:10] == [401] * 10
    assert known[-1] == 429


def test_work_that_would_wait_too_long_is_turned_away(triage: Triage, tmp_path: Path) -> None:
    with client_of(triage, tmp_path, compute_waiting=0) as client:
        gate = client.app.state.service.gate  # type: ignore[attr-defined]
        gate.inside = 1  # somebody is being served
        refused = client.post("/api/v1/suggest", json={"text": LAMP})
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        assert refused.headers["retry-after"] == "1"
        gate.inside = 0
        assert client.post("/api/v1/suggest", json={"text": LAMP}).status_code == 200


@pytest.mark.parametrize("is_short", [True, False])
def test_the_gate_lets_one_at_a_time_through_and_turns_the_rest_away(is_short: bool) -> None:
    busy, most = 0, 0
    lock = threading.Lock()

    def work() -> str:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        with lock:
            busy -= 1
        return "done"

    async def everybody() -> list[Any]:
        gate = Gate(waiting=3)
        calls = [gate.run(work, is_short=is_short) for _ in range(10)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert gate.inside == 0
        return results

    results = asyncio.run(everybody())
    assert results.count("done") == 4
    assert all(isinstance(r, Problem) and r.status_code == 429 for r in results if r != "done")
    assert most == 1


def test_a_failure_frees_the_gate() -> None:
    async def twice() -> str:
        gate = Gate(waiting=0)
        with pytest.raises(ZeroDivisionError, match="by zero"):
            await gate.run(lambda: str(1 // 0), is_short=True)
        return await gate.run(lambda: "done", is_short=True)

    assert asyncio.run(twice()) == "done"


@given(
    burst=st.integers(1, 20),
    rate=st.floats(0.1, 50),
    steps=st.lists(st.floats(0, 5), max_size=60),
)
def test_nobody_gets_more_than_burst_and_rate_allow(
    burst: int, rate: float, steps: list[float]
) -> None:
    now = [0.0]
    buckets = Buckets(rate=rate, burst=burst, clock=lambda: now[0])
    admitted = 0
    for step in steps:
        now[0] += step
        admitted += buckets.take("甲") == 0
    assert admitted <= burst + rate * now[0] + 1e-6


@given(rate=st.floats(0.1, 50))
def test_who_waits_as_told_is_admitted(rate: float) -> None:
    now = [0.0]
    buckets = Buckets(rate=rate, burst=1, clock=lambda: now[0])
    assert buckets.take("甲") == 0
    now[0] += buckets.take("甲") + 1e-9
    assert buckets.take("甲") == 0


def _ask(app: Limits, path: str, receive: Receive) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": [], "state": {}}
    asyncio.run(app(scope, receive, send))
    return sent


def test_a_body_that_never_comes_is_not_waited_for() -> None:
    refused: list[int] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await receive()
        except Problem as problem:
            refused.append(problem.status_code)

    async def silence() -> Message:
        await asyncio.sleep(3600)
        return {}

    _ask(Limits(reading, settings=Settings(body_seconds=0.05)), "/", silence)
    assert refused == [408]


def test_bulk_work_has_a_lane_of_its_own() -> None:
    inner: list[list[Message]] = []
    app: Limits

    async def nested(scope: Scope, receive: Receive, send: Send) -> None:
        """While one is inside, another comes."""
        again: list[Message] = []

        async def send_again(message: Message) -> None:
            again.append(message)

        if not inner:
            inner.append(again)
            for path in ("/api/v1/tag", "/api/v1/suggest"):
                await app({**scope, "path": path}, receive, send_again)
        else:
            await send({"type": "passed", "path": scope["path"]})

    async def nothing() -> Message:
        return {"type": "http.request"}

    app = Limits(nested, settings=Settings(bulk_in_flight=1))
    _ask(app, "/api/v1/tag", nothing)
    [seen] = inner
    assert seen[0]["status"] == 429
    assert seen[-1] == {"type": "passed", "path": "/api/v1/suggest"}

"""The API as far as it goes."""

import logging

import pytest
from fastapi.testclient import TestClient

from pipeline.triage import Triage
from service import create_app


@pytest.fixture
def client(triage: Triage) -> TestClient:
    return TestClient(create_app(triage))


def test_a_suggestion_is_the_contracts_item(client: TestClient, triage: Triage) -> None:
    text = "麻将馆通宵打牌赌钱"
    answer = client.post("/api/v1/suggest", json={"text": text})
    assert answer.status_code == 200
    assert answer.json() == triage.triage(text).to_dict()


def test_health_names_the_model(client: TestClient) -> None:
    assert client.get("/api/v1/healthz").json()["model"].startswith("lessons@")


@pytest.mark.parametrize("text", ["", "  ", "字" * 20_001])
def test_an_unreadable_text_is_the_callers_fault(client: TestClient, text: str) -> None:
    assert client.post("/api/v1/suggest", json={"text": text}).status_code == 422


def test_a_problem_is_a_problem_document(client: TestClient) -> None:
    answer = client.post("/api/v1/suggest", json={"text": "  "})
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail"}


def test_no_text_reaches_a_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/api/v1/suggest", json={"text": "这句话不能进日志"})
    assert "不能进日志" not in caplog.text

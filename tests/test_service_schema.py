"""The OpenAPI document is complete, and nothing made after it makes the service fail."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipeline.triage import Triage
from service import Settings, create_app
from tests.service_clients import client_of, listening, small_reader, store_of


@pytest.fixture(scope="module")
def client(triage: Triage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_of(triage, tmp_path_factory.mktemp("schema")) as client:
        yield client


# What the endpoints are; a new one must be added to the test by hand, or the next test fails.
OPERATIONS = [
    ("POST", "/api/v1/suggest"),
    ("POST", "/api/v1/tag"),
    ("POST", "/api/v1/notes"),
    ("POST", "/api/v1/submissions"),
    ("GET", "/api/v1/submissions"),
    ("GET", "/api/v1/queue"),
    ("GET", "/api/v1/submissions/{id}"),
    ("GET", "/api/v1/submissions/{id}/history"),
    ("GET", "/api/v1/submissions/{id}/similar"),
    ("POST", "/api/v1/submissions/{id}/decision"),
    ("POST", "/api/v1/similar"),
    ("GET", "/api/v1/taxonomy"),
    ("GET", "/api/v1/model"),
    ("GET", "/api/v1/overview"),
    ("GET", "/api/v1/export"),
    ("GET", "/api/v1/healthz"),
    ("GET", "/api/v1/readyz"),
    ("GET", "/api/v1/metrics"),
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def address(client: TestClient) -> Iterator[str]:
    assert isinstance(client.app, FastAPI)
    triage = client.app.state.service.served.triage
    app = create_app(Settings(), triage, store_of(client), notes=small_reader(triage))
    with listening(app) as address:
        yield address


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_makes_an_operation_fail(address: str, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json")
    operation = schema[path][method]

    @given(case=operation.as_strategy())
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    def check(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    check()


def test_the_operations_tested_are_all_there_are(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    described = [(method.upper(), path) for path in paths for method in paths[path]]
    assert sorted(described) == sorted(OPERATIONS)


def test_every_operation_is_described_with_its_refusals(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["description"], where
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, where


def test_every_body_has_an_example(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    shapes = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        body = methods.get("post", {}).get("requestBody", {}).get("content", {})
        name = body.get("application/json", {}).get("schema", {}).get("$ref", "").split("/")[-1]
        if name:
            assert shapes[name]["examples"], path
    assert shapes["TaggedItem"]["examples"]

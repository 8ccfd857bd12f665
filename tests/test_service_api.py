"""The endpoints: what the contract says, and what people send instead."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from pipeline.triage import Triage
from service.schemas import items, submissions
from service.store import Store, Unavailable
from tests.service_clients import LAMP, client_of

SUBMISSION = {"text": f"{LAMP}电话13800138000", "source": "窗口", "station": "宣恩县/珠山镇"}


@pytest.fixture
def client(triage: Triage, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(triage, tmp_path) as client:
        yield client


def submit(client: TestClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/submissions", json=SUBMISSION | changes)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def decide(client: TestClient, id: str, **changes: Any) -> Any:
    decision = {
        "version": 1,
        "category": "ecology",
        "department": "environment",
        "saw_suggestion": True,
        "decided_by": "张三",
    }
    return client.post(f"/api/v1/submissions/{id}/decision", json=decision | changes)


def test_a_suggestion_is_the_contracts_item(client: TestClient, triage: Triage) -> None:
    text = "麻将馆通宵打牌赌钱，电话13800138000"
    answer = client.post("/api/v1/suggest", json={"text": text})
    assert answer.status_code == 200
    assert answer.json() == triage.triage(text).to_dict()


def test_a_suggestion_can_be_had_as_it_would_be_kept(client: TestClient) -> None:
    answer = client.post("/api/v1/suggest", json={"text": SUBMISSION["text"], "mask": True}).json()
    assert "13800138000" not in answer["text"]
    assert answer["masked"][0]["kind"] == "手机号"


def test_every_message_of_many_is_tagged_or_rejected(client: TestClient, triage: Triage) -> None:
    sent = [("1", LAMP), ("2", "  "), ("3", "字" * 20_001), ("4", "污水直排河里")]
    body = {"items": [{"id": id, "text": text} for id, text in sent]}
    answer = client.post("/api/v1/tag", json=body).json()
    assert [item["id"] for item in answer["items"]] == ["1", "4"]
    assert answer["items"][1] == triage.triage("污水直排河里", id="4").to_dict()
    rejected = [(one["id"], one["reason"]) for one in answer["rejected"]]
    assert rejected == [("2", "empty_text"), ("3", "text_too_long")]


def test_what_is_kept_is_masked_and_can_be_read_again(client: TestClient) -> None:
    made = submit(client)
    assert "［手机号］" in made["text"]
    assert "13800138000" not in str(made)
    assert made["suggestion"]["text"] == made["text"]
    assert (made["version"], made["status"], made["decision"]) == (1, "open", None)
    assert client.get(f"/api/v1/submissions/{made['id']}").json() == made
    assert client.get("/api/v1/submissions").json() == {"items": [made], "next_cursor": None}


def test_where_the_new_submission_is_stands_in_location(client: TestClient) -> None:
    answer = client.post("/api/v1/submissions", json=SUBMISSION)
    assert client.get(answer.headers["location"]).json() == answer.json()


def test_a_request_sent_twice_with_its_key_is_kept_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "7f0c-1"}
    first = client.post("/api/v1/submissions", json=SUBMISSION, headers=key)
    again = client.post("/api/v1/submissions", json=SUBMISSION, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = client.post("/api/v1/submissions", json=SUBMISSION | {"source": "热线"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert len(client.get("/api/v1/submissions").json()["items"]) == 1


def test_of_two_clerks_on_one_submission_the_second_is_told(client: TestClient) -> None:
    id = submit(client)["id"]
    assert decide(client, id).json()["decision"]["decided_by"] == "张三（本机）"
    second = decide(client, id, category="civility", department="police", decided_by="李四")
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert "张三" in second.json()["detail"]
    assert client.get(f"/api/v1/submissions/{id}").json()["category"] == "ecology"


def test_the_same_decision_sent_again_is_answered_as_before(client: TestClient) -> None:
    id = submit(client)["id"]
    first, again = decide(client, id), decide(client, id)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert len(client.get(f"/api/v1/submissions/{id}/history").json()["items"]) == 1


def test_the_same_decision_by_somebody_else_is_a_conflict(client: TestClient) -> None:
    id = submit(client)["id"]
    decide(client, id)
    assert decide(client, id, decided_by="李四").status_code == 409


def test_the_history_says_from_what_to_what(client: TestClient) -> None:
    id = submit(client)["id"]
    decide(client, id)
    decide(client, id, version=2, category="civility", department="police")
    first, second = client.get(f"/api/v1/submissions/{id}/history").json()["items"]
    assert first["before"] is None
    assert second["before"] == first["after"]
    assert (second["version"], second["after"]["category"]) == (3, "civility")
    assert datetime.fromisoformat(second["after"]["decided_at"]).tzinfo is not None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "weather"}, "body.category"),
        ({"department": "moon"}, "body.department"),
        ({"department_also": ["moon"]}, "body.department"),
        ({"category": "civility", "topic": "sewage"}, "body.topic"),
    ],
)
def test_a_decision_with_an_unknown_code_is_refused(
    client: TestClient, changes: dict[str, Any], field: str
) -> None:
    answer = decide(client, submit(client)["id"], **changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_similar_submissions_are_found_but_never_the_same_one(client: TestClient) -> None:
    one, two = submit(client), submit(client, text=f"领导您好！{LAMP}谢谢领导！")
    submit(client, text="麻将馆通宵打牌赌钱，请管一管")
    found = client.get(f"/api/v1/submissions/{one['id']}/similar").json()["items"]
    assert [item["submission"]["id"] for item in found] == [two["id"]]
    asked = client.post("/api/v1/similar", json={"text": LAMP, "limit": 5}).json()["items"]
    assert {item["submission"]["id"] for item in asked} == {one["id"], two["id"]}


def test_salutations_alone_are_similar_to_nothing(client: TestClient) -> None:
    submit(client, text="尊敬的领导您好，谢谢！")
    answer = client.post("/api/v1/similar", json={"text": "尊敬的领导您好，谢谢！"})
    assert answer.json() == {"items": []}


def test_pages_lead_on_by_cursor(client: TestClient) -> None:
    ids = [submit(client, text=f"{LAMP}第{i}次反映")["id"] for i in range(5)]
    seen, cursor = [], None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/submissions", params=parameters).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({"status": "open"}, 1),
        ({"status": "decided"}, 1),
        ({"category": "ecology"}, 1),
        ({"place": "宣恩县"}, 2),
        ({"place": "恩施市"}, 0),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
        ({"until": "2999-01-01T00:00:00+08:00"}, 2),
    ],
)
def test_listings_can_be_narrowed(
    client: TestClient, parameters: dict[str, str], count: int
) -> None:
    submit(client)
    decide(client, submit(client)["id"])
    found = client.get("/api/v1/submissions", params=parameters).json()["items"]
    assert len(found) == count


def test_the_queue_holds_what_is_open(client: TestClient) -> None:
    done, waiting = submit(client)["id"], submit(client)["id"]
    decide(client, done)
    assert [s["id"] for s in client.get("/api/v1/queue").json()["items"]] == [waiting]


def test_the_overview_counts_and_the_export_holds_everything(client: TestClient) -> None:
    decide(client, submit(client)["id"])
    submit(client)
    total = client.get("/api/v1/overview").json()["total"]
    assert (total["total"], total["decided"]) == (2, 1)
    lines = client.get("/api/v1/export").text.splitlines()
    assert len(lines) == 2


def test_taxonomy_and_model_say_what_is_in_use(client: TestClient, triage: Triage) -> None:
    known = client.get("/api/v1/taxonomy").json()
    assert {c["code"] for c in known["categories"]} == set(triage.model.taxonomy.categories)
    assert {d["code"] for d in known["departments"]} >= {"environment", "police"}
    assert client.get("/api/v1/model").json()["version"] == triage.model.version


def test_health_and_readiness_name_the_model(client: TestClient, triage: Triage) -> None:
    for path in ("healthz", "readyz"):
        assert client.get(f"/api/v1/{path}").json() == {
            "status": "ok",
            "model": triage.model.version,
        }


@pytest.mark.parametrize("path", ["readyz", "submissions", "queue"])
def test_a_database_that_is_away_is_said_to_be(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("数据库没有应答。请稍后再试。", "The database does not answer.")

    for method in ("page", "queue"):
        monkeypatch.setattr(Store, method, away)
    answer = client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "5"
    assert client.post("/api/v1/suggest", json={"text": LAMP}).status_code == 200


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("submissions", submissions.SubmissionPage),
        ("queue", submissions.SubmissionPage),
        ("overview", submissions.OverviewShown),
        ("taxonomy", submissions.TaxonomyShown),
        ("model", submissions.ModelShown),
        ("healthz", submissions.Health),
        ("submissions/{id}", submissions.SubmissionShown),
        ("submissions/{id}/history", submissions.HistoryShown),
        ("submissions/{id}/similar", submissions.SimilarList),
    ],
)
def test_answers_have_the_shape_that_is_documented(
    client: TestClient, path: str, shape: type[BaseModel]
) -> None:
    id = submit(client)["id"]
    submit(client)
    decide(client, id)
    shape.model_validate(client.get(f"/api/v1/{path.format(id=id)}").json())


def test_tagged_items_have_the_shape_that_is_documented(client: TestClient) -> None:
    texts = ["路灯和麻将馆都要管，张家湾的污水��也是", "", "沿著河邊的污水", LAMP]
    body = {"items": [{"id": "", "text": text} for text in texts]}
    items.TagResponse.model_validate(client.post("/api/v1/tag", json=body).json())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("  ", "nothing but spaces"),
        ("\u200b", "nothing visible"),
        ("字" * 20_001, "too long"),
        ("😀" * 100_000, "far too long, four bytes each"),
        (7, "no text"),
        (None, "nothing"),
        (["村口"], "a list"),
    ],
)
def test_an_unreadable_text_is_the_callers_fault(client: TestClient, text: Any, why: str) -> None:
    answer = client.post("/api/v1/suggest", json={"text": text})
    assert answer.status_code == 422, why
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE submissions; --",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "村口\0的路灯\0坏了",
        "{{7*7}} ${jndi:ldap://x} %s %n",
        "路灯坏了" + "\u202e" + "了坏灯路",
        "😀" * 4_000,
        "\ufeff路灯坏了\r\n\t\x1b[31m",
    ],
)
def test_hostile_texts_are_only_texts(client: TestClient, text: str) -> None:
    made = client.post("/api/v1/submissions", json=SUBMISSION | {"text": text})
    assert made.status_code in (201, 422)
    if made.status_code == 201:
        kept = client.get(f"/api/v1/submissions/{made.json()['id']}")
        assert kept.json() == made.json()
        assert kept.headers["content-type"] == "application/json"
        assert kept.headers["x-content-type-options"] == "nosniff"
    assert submit(client)["status"] == "open"  # the table is still there


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b"\xff\xfe", 400),
        (b'{"text": "\xb4\xe5"}', 400),
        (b"[" * 100_000, 400),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "a", "text_": "b"}', 422),
        (b"null", 422),
        (b'{"text": NaN}', 422),
        (b'{"text": ' + b"9" * 5_000 + b"}", 400),
    ],
)
def test_broken_json_is_a_problem_document(client: TestClient, body: bytes, status: int) -> None:
    kind = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/suggest", content=body, headers=kind)
    assert answer.status_code == status
    problem = submissions.ProblemDocument.model_validate(answer.json())
    assert problem.status == status
    assert problem.request_id == answer.headers["x-request-id"]


def test_a_problem_speaks_both_languages_and_quotes_nothing(client: TestClient) -> None:
    answer = client.post("/api/v1/suggest", json={"text": 5, "张三的身份证号": "张三"})
    problem = answer.json()
    assert problem["type"] == "urn:wuwei:problem:invalid"
    assert "接口" in problem["detail"]
    assert "OpenAPI" in problem["detail_en"]
    assert "张三" not in answer.text
    assert {e["field"] for e in problem["errors"]} == {"body.text", "body.…"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1/suggest", 405),
        ("GET", "/api/v1/submissions/00000000000000000000000000", 404),
        ("GET", "/api/v1/submissions/00000000000000000000000000/history", 404),
        ("GET", "/api/v1/submissions/00000000000000000000000000/similar", 404),
        ("GET", "/api/v1/submissions/%00", 422),
        ("GET", "/api/v1/submissions?cursor=x", 422),
        ("GET", "/api/v1/submissions?limit=0", 422),
        ("GET", "/api/v1/submissions?limit=501", 422),
        ("GET", "/api/v1/submissions?month=2026-13", 422),
        ("GET", "/api/v1/submissions?since=2026-11-01T00:00:00", 422),
        ("GET", "/api/v1/submissions?until=0001-01-01T00:00:00Z", 422),
        ("GET", "/api/v1/overview?since=9999-12-31T23:59:59Z", 422),
        ("GET", "/api/v1/submissions?category=%00", 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert submissions.ProblemDocument.model_validate(answer.json()).status == status


# Made up by a client: [“q”, 10^30, "x"] and ["p", "\0"], as a cursor is written.
@pytest.mark.parametrize("path", ["queue", "submissions"])
@pytest.mark.parametrize(
    "cursor",
    [
        "WyJxIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCwgIngiXQ",
        "WyJwIiwgIlx1MDAwMCJd",
        "WyJwIiwgIlx1ZDgwMCJd",
    ],
)
def test_a_made_up_cursor_is_the_callers_fault(client: TestClient, path: str, cursor: str) -> None:
    submit(client)
    status = client.get(f"/api/v1/{path}", params={"cursor": cursor}).status_code
    assert status in (200, 422)

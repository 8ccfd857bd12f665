"""Who may come in: keys, sessions, roles, and what foreign web pages try."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.triage import Triage
from service.keyring import KeyRing
from service.sessions import COOKIE, Sessions
from service.settings import Settings
from service.store import ApiKey, Unavailable, open_store
from tests.service_clients import LAMP, bearer, client_of, store_of

SUGGEST, BODY = "/api/v1/suggest", {"text": LAMP}


@pytest.fixture
def client(triage: Triage, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(triage, tmp_path) as client:
        client.follow_redirects = False
        yield client


def sign_in(client: TestClient, secret: str) -> str:
    """Sign in; return the token that pages would carry."""
    assert client.post("/login", json={"key": secret}).status_code == 204
    parts = client.app.state.service  # type: ignore[attr-defined]
    session = parts.sessions.read(client.cookies[COOKIE])
    token: str = parts.sessions.csrf_token(session)
    return token


def test_without_any_key_this_machine_may_do_everything(client: TestClient) -> None:
    assert client.post(SUGGEST, json=BODY).status_code == 200
    assert client.get("/api/v1/overview").status_code == 200


def test_from_the_first_key_on_a_key_is_needed(client: TestClient) -> None:
    header = bearer(client, "intake")
    refused = client.post(SUGGEST, json=BODY)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert client.post(SUGGEST, json=BODY, headers=header).status_code == 200


def test_revoking_the_last_key_does_not_open_the_service_again(client: TestClient) -> None:
    header = bearer(client, "intake")
    store, ring = store_of(client), client.app.state.service.ring  # type: ignore[attr-defined]
    store.revoke_key(store.keys()[0].id)
    ring.keys()
    assert client.post(SUGGEST, json=BODY).status_code == 401
    assert client.post(SUGGEST, json=BODY, headers=header).status_code == 401


def test_on_other_addresses_no_key_means_no_entry(triage: Triage, tmp_path: Path) -> None:
    with client_of(triage, tmp_path, loopback=False) as client:
        assert client.post(SUGGEST, json=BODY).status_code == 401
        assert client.get("/api/v1/healthz").status_code == 200


@pytest.mark.parametrize(
    "value", ["Bearer wrong", "Bearer", "Basic d3V3ZWk6eA==", "wuwei_x", "Bearer \xe4\xbd\xa0", ""]
)
def test_a_wrong_key_is_refused_even_where_none_is_needed(client: TestClient, value: str) -> None:
    answer = client.post(SUGGEST, json=BODY, headers={b"Authorization": value.encode("latin-1")})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "intake", "analyst"),
    [
        ("GET", "/api/v1/submissions", 200, 200),
        ("GET", "/api/v1/queue", 200, 200),
        ("GET", "/api/v1/taxonomy", 200, 200),
        ("GET", "/api/v1/overview", 403, 200),
        ("GET", "/api/v1/export", 403, 200),
        ("GET", "/api/v1/metrics", 403, 200),
    ],
)
def test_roles_may_do_what_they_are_for(
    client: TestClient, method: str, path: str, intake: int, analyst: int
) -> None:
    headers = bearer(client, "intake"), bearer(client, "analyst"), bearer(client, "admin")
    statuses = [client.request(method, path, headers=header).status_code for header in headers]
    assert statuses == [intake, analyst, analyst]


def test_every_endpoint_but_health_needs_a_key(client: TestClient) -> None:
    bearer(client, "intake")
    document = client.get("/api/openapi.json").json()
    open_to_all = {
        path
        for path, methods in document["paths"].items()
        for method in methods
        if client.request(method, path.replace("{id}", "0" * 26)).status_code != 401
    }
    assert open_to_all == {"/api/v1/healthz", "/api/v1/readyz"}


def test_a_session_is_a_cookie_no_script_can_read(client: TestClient) -> None:
    secret = bearer(client, "intake")["Authorization"].removeprefix("Bearer ")
    answer = client.post("/login", json={"key": secret})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert secret not in cookie


def test_a_session_reads_freely_but_writes_only_with_its_token(client: TestClient) -> None:
    secret = bearer(client, "intake")["Authorization"].removeprefix("Bearer ")
    token = sign_in(client, secret)
    assert client.get("/api/v1/submissions").status_code == 200
    refused = client.post(SUGGEST, json=BODY)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    for wrong in ("", "x", token[:-1], "令"):
        headers = {b"X-CSRF-Token": wrong.encode()}
        assert client.post(SUGGEST, json=BODY, headers=headers).status_code == 403
    assert client.post(SUGGEST, json=BODY, headers={"X-CSRF-Token": token}).status_code == 200


def test_another_sessions_token_is_worth_nothing(client: TestClient) -> None:
    one, other = (
        bearer(client, "intake", name)["Authorization"].removeprefix("Bearer ")
        for name in ("甲", "乙")
    )
    foreign = sign_in(client, one)
    sign_in(client, other)
    assert client.post(SUGGEST, json=BODY, headers={"X-CSRF-Token": foreign}).status_code == 403


def test_signing_out_and_revoking_end_a_session(client: TestClient) -> None:
    secret = bearer(client, "intake")["Authorization"].removeprefix("Bearer ")
    token = sign_in(client, secret)
    cookie = client.cookies[COOKIE]
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", headers={"X-CSRF-Token": token}).status_code == 303
    assert client.get("/api/v1/submissions").status_code == 401
    client.cookies[COOKIE] = cookie
    store, ring = store_of(client), client.app.state.service.ring  # type: ignore[attr-defined]
    store.revoke_key(store.keys()[0].id)
    ring.keys()
    assert client.get("/api/v1/submissions").status_code == 401


def test_a_form_signs_in_without_any_script(client: TestClient) -> None:
    secret = bearer(client, "intake")["Authorization"].removeprefix("Bearer ")
    wrong = client.post("/login", data={"key": "wuwei_x"})
    assert (wrong.status_code, wrong.headers["location"]) == (303, "/login?error=key")
    right = client.post("/login", data={"key": secret})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert COOKIE in client.cookies


def test_a_forged_or_old_session_is_none() -> None:
    sessions = Sessions(Settings())
    cookie = sessions.open("key1")
    found = sessions.read(cookie)
    assert found
    assert found.key_id == "key1"
    assert sessions.read(cookie[:-2] + "xx") is None
    assert Sessions(Settings()).read(cookie) is None  # another secret
    assert Sessions(Settings(session_seconds=-1)).read(cookie) is None
    for broken in ("", ".", "a.b.c", "é"):
        assert sessions.read(broken) is None


@pytest.mark.parametrize("path", ["/api/v1/suggest", "/login"])
@pytest.mark.parametrize(
    ("headers", "admitted"),
    [
        ({}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
    ],
)
def test_a_foreign_page_cannot_post_to_the_loopback(
    client: TestClient, path: str, headers: dict[str, str], admitted: bool
) -> None:
    answer = client.post(path, json=BODY | {"key": "x"}, headers=headers)
    assert (answer.status_code != 403) == admitted


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("localhost", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("LOCALHOST", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8000", False),
        ("", False),
    ],
)
def test_a_name_that_resolves_to_the_loopback_is_not_the_loopback(
    client: TestClient, host: str, admitted: bool
) -> None:
    answer = client.get("/api/v1/submissions", headers={"Host": host})
    assert answer.status_code == (200 if admitted else 421)


def test_a_name_can_be_allowed(triage: Triage, tmp_path: Path) -> None:
    with client_of(triage, tmp_path, hosts=("wuwei.intranet",)) as client:
        answer = client.get("/api/v1/submissions", headers={"Host": "wuwei.intranet:8000"})
        assert answer.status_code == 200


def test_no_other_site_may_read_answers(client: TestClient) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS"):
        answer = client.request(method, "/api/v1/healthz", headers=headers)
        assert not [h for h in answer.headers if h.startswith("access-control-")]


def test_pages_and_problems_carry_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/api/v1/healthz", "/api/v1/nothing", "/api/v1/submissions?limit=0"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"


def test_who_read_a_submission_is_kept(client: TestClient) -> None:
    made = client.post("/api/v1/submissions", json={"text": LAMP, "source": "窗口"}).json()
    header = bearer(client, "intake", "二号窗口")
    client.get(f"/api/v1/submissions/{made['id']}", headers=header)
    client.get(f"/api/v1/submissions/{made['id']}/history", headers=header)
    client.get("/api/v1/submissions", headers=header)  # a listing is no single read
    assert [r.who for r in store_of(client).reads(made["id"])] == ["二号窗口", "二号窗口"]


def test_idempotency_keys_of_two_clients_do_not_meet(client: TestClient) -> None:
    body = {"text": LAMP, "source": "窗口"}
    one, other = bearer(client, "intake", "甲"), bearer(client, "intake", "乙")
    answers = [
        client.post("/api/v1/submissions", json=body, headers=header | {"Idempotency-Key": "1"})
        for header in (one, other)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]


def test_a_key_is_remembered_for_seconds_only(tmp_path: Path) -> None:
    now = [0.0]
    with open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}") as store:
        ring = KeyRing(store, clock=lambda: now[0])
        key, secret = store.add_key("窗口", "intake")
        assert ring.fresh(secret) is None
        found = ring.find(secret)
        assert found
        assert found.id == key.id
        store.revoke_key(key.id)
        assert ring.fresh(secret) is not None
        now[0] += 6
        assert ring.fresh(secret) is None
        assert ring.find(secret) is None


def test_what_the_database_said_last_holds_while_it_is_away() -> None:
    key = ApiKey(
        id="1", name="窗口", role="intake", created_at=datetime.now(UTC),
        last_used_at=None, revoked_at=None,
    )  # fmt: skip

    class Away:
        present = True

        def keys(self) -> list[ApiKey]:
            self.check()
            return [key]

        def find_key(self, secret: str) -> ApiKey | None:
            self.check()
            return key if secret == "right" else None

        def check(self) -> None:
            if not self.present:
                raise Unavailable("数据库没有应答。", "The database does not answer.")

    store, now = Away(), [0.0]
    ring = KeyRing(store, clock=lambda: now[0])  # type: ignore[arg-type]
    assert (ring.keys(), ring.find("right"), ring.find("wrong")) == ({"1": key}, key, None)
    store.present = False
    now[0] += 60
    assert (ring.keys(), ring.find("right")) == ({"1": key}, key)
    for ask in (lambda: ring.find("wrong"), KeyRing(store).keys):  # type: ignore[arg-type]
        with pytest.raises(Unavailable, match="没有应答"):
            ask()

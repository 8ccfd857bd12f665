"""The pages as the server sends them; what happens in them is tested in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import service.pages
from pipeline.triage import Triage
from service import Settings, create_app
from service.pages.overview import build_overview
from service.pages.words import REPAIRS, Names, page_words
from service.store import Counts, Decision, NewSubmission, Role, Store, Tally, open_store

FOLDER = Path(service.pages.__file__).parent
PAGES = ("/", "/notes", "/queue", "/overview")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'pages.sqlite3'}") as store:
        yield store


@pytest.fixture
def client(store: Store, triage: Triage) -> Iterator[TestClient]:
    app = create_app(Settings(), triage, store)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, store: Store, role: Role) -> None:
    _, secret = store.add_key("小田", role)
    assert client.post("/login", data={"key": secret}).status_code == 303


@pytest.fixture
def names(triage: Triage) -> Names:
    return Names(triage.model.taxonomy, triage.router.departments)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_nothing_that_the_policy_forbids(client: TestClient, path: str) -> None:
    html = client.get(path).text
    assert "<script>" not in html and " style=" not in html and "<style" not in html
    assert not re.search(r"\son\w+=", html)
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert address.startswith(("/", "#")), "nothing comes from elsewhere"


@pytest.mark.parametrize("path", PAGES)
def test_whatever_a_page_loads_is_there(client: TestClient, path: str) -> None:
    wanted = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get(path).text)
    seen: set[str] = set()
    while wanted:
        address = wanted.pop()
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["cache-control"] == "no-cache"
        seen.add(address)
        imports = re.findall(r'from "\./([\w.]+)"', answer.text)
        wanted += [f"/static/{name}" for name in imports if f"/static/{name}" not in seen]


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_people_are_sent_to_sign_in(
    client: TestClient, store: Store, path: str
) -> None:
    store.add_key("窗口", "intake")
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "密钥" in client.get("/login").text


def test_a_wrong_key_is_named_but_not_repeated(client: TestClient, store: Store) -> None:
    store.add_key("窗口", "intake")
    assert "密钥不对" in client.get("/login?error=key").text
    assert "<b>" not in client.get("/login?error=<b>").text


def test_a_page_carries_the_token_of_its_session(client: TestClient, store: Store) -> None:
    sign_in(client, store, "intake")
    html = client.get("/").text
    [token] = re.findall(r'name="csrf-token" content="([0-9a-f]+)"', html)
    assert f'name="csrf_token" value="{token}"' in html, "signing out needs it too"
    assert client.post("/api/v1/suggest", json={"text": "修路"}).status_code == 403
    sent = {"X-CSRF-Token": token}
    assert client.post("/api/v1/suggest", json={"text": "修路"}, headers=sent).status_code == 200


@pytest.mark.parametrize(("role", "sees"), [("intake", False), ("analyst", True)])
def test_the_overview_is_for_analysts(
    client: TestClient, store: Store, role: Role, sees: bool
) -> None:
    sign_in(client, store, role)
    assert ('href="/overview"' in client.get("/").text) is sees
    assert ("没有权限" in client.get("/overview").text) is not sees


def test_the_overview_counts_what_the_store_holds(
    client: TestClient, store: Store, triage: Triage
) -> None:
    for text in ("宣恩县的污水直接排进河里", "修路"):
        store.add(NewSubmission(suggestion=triage.triage(text).to_dict(), source="窗口"))
    first = next(iter(store.export()))
    wrong = Decision(category="industry", department=None, decided_by="甲", saw_suggestion=True)
    store.decide(first.id, wrong, expected_version=1)
    html = client.get("/overview").text
    assert "<b>2</b>条留言" in html
    assert re.search(r'scope="row">生态环境</th><td>产业发展</td><td class="n">1<', html)
    narrowed = client.get("/overview", params={"place": "宣恩县"}).text
    assert "<b>1</b>条留言" in narrowed
    assert re.search(r'value="宣恩县" selected', narrowed)


def test_an_empty_overview_says_what_to_do(client: TestClient) -> None:
    assert "收下第一条" in client.get("/overview").text


def test_a_month_that_is_none_shows_everything(client: TestClient) -> None:
    answer = client.get("/overview", params={"month": "'; DROP TABLE"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/overview")


def test_bars_are_longest_first_and_their_parts_add_up(names: Names) -> None:
    counts = Counts(by_category={"ecology": Tally(2, 1), "industry": Tally(4, 1), "gone": Tally(1)})
    bars = build_overview(counts, names)["charts"]["类别"]
    assert [bar.name for bar in bars] == ["产业发展", "生态环境", "gone"]
    assert [(bar.rest, bar.review) for bar in bars] == [(75, 25), (25, 25), (25, 0)]


def test_every_repair_has_a_chinese_name() -> None:
    from pipeline.normalise.doctor import PLAN

    assert [name for name, _ in PLAN if name not in REPAIRS] == []


def test_a_topic_brings_the_department_that_leads_it(triage: Triage, names: Names) -> None:
    topics = page_words(names.taxonomy, names.departments)["topics"]
    assert topics["sewage"]["lead"] == "environment"
    assert topics["praise"]["lead"] is None, "it asks nobody for anything"


def test_the_script_never_parses_html() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\.style\b"
    )
    scripts = list((FOLDER / "static").glob("*.js"))
    assert scripts
    assert [s.name for s in scripts if forbidden.search(s.read_text("utf-8"))] == []

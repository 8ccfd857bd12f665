"""The pages in a real browser, against a real server: what a clerk sees and does."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus import LabelledMessage
from pipeline.home import data_path
from pipeline.notes import NoteReader
from pipeline.notes.hints import Hints
from pipeline.notes.kinds import train_kinds
from pipeline.triage import Triage
from service import Settings, create_app
from service.similar import bands_of
from service.store import Decision, Filters, NewSubmission, Store, Submission, open_store
from tests.browser import INTRANET, Server, open_browser

SEWAGE = "厂里的污水直接排进河里，污染河道"
GAMBLING = "村里聚众打麻将赌博成风"
SHORT = "修路"
HOSTILE = "'; DROP TABLE submissions; -- <img src=x onerror=alert(1)><script>alert(2)</script>"
COUNTY = HOSTILE.replace("/", "／")  # what stands before a stroke is the county
NOTE = """院坝会记录
老杨：厂里的污水直接排进河里没人管。
老田：麻将馆通宵打牌吵人。
老李：请把村口的路修一修。
散会。"""

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def reader(triage: Triage) -> NoteReader:
    sentences = {
        "ask": ("污水直接排进河里没人管", "麻将馆通宵打牌吵人", "请把村口的路修一修"),
        "procedure": ("散会", "院坝会记录", "主持人宣布开会"),
        "praise": ("感谢代表热心帮忙", "乡亲们都夸干得好", "送来锦旗"),
    }
    segments = [
        LabelledMessage(f"{kind}-{i}-{end}", text + end, kind)
        for kind, texts in sentences.items()
        for i, text in enumerate(texts)
        for end in ("。", "！", "")
    ]
    hints = Hints.from_file(data_path("notes.toml"))
    return NoteReader(triage, train_kinds(segments, triage.segmenter), hints)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'pages.sqlite3'}") as store:
        yield store


@pytest.fixture
def server(store: Store, triage: Triage, reader: NoteReader) -> Iterator[Server]:
    server = Server(lambda: create_app(Settings(), triage, store, notes=reader))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_page(browser: Any, server: Server) -> Iterator[Open]:
    """Return a function that opens a page of a fresh profile; no script may fail on it."""
    failures: list[str] = []
    contexts = []

    def open_page(path: str = "/", *, width: int = 1280, height: int = 900) -> Any:
        context = browser.new_context(
            locale="zh-CN", viewport={"width": width, "height": height}, base_url=server.url
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("dialog", lambda dialog: failures.append(f"dialog: {dialog.message}"))
        page.on("console", lambda line: _note_refusal(line, failures))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert failures == []


def _note_refusal(line: Any, failures: list[str]) -> None:
    if "Content Security Policy" in line.text:
        failures.append(line.text)


def suggested(page: Any, text: str) -> Any:
    """Type a text, wait for its suggestion and return the card."""
    page.fill("#text", text)
    return settled(page)


def settled(page: Any) -> Any:
    page.wait_for_selector("#suggestion:not([hidden]):not([aria-busy])")
    return page.locator("#suggestion")


def wait_said(page: Any, words: str) -> None:
    page.wait_for_function(
        "w => document.getElementById('said').textContent.includes(w)", arg=words
    )


def stored(store: Store) -> list[Submission]:
    return list(store.export())


def put(store: Store, triage: Triage, *texts: str, **changes: Any) -> list[Submission]:
    """Keep messages as the API does; `changes` are made to the suggestion."""
    items = [triage.triage(text).to_dict() | changes for text in texts]
    news = [
        NewSubmission(suggestion=item, source="电话", bands=bands_of(item["text"]))
        for item in items
    ]
    return [store.add(new)[0] for new in news]


# ---------------------------------------------------------------- the intake page


def test_a_pause_in_typing_brings_the_suggestion(open_page: Open) -> None:
    page = open_page()
    page.locator("#text").press_sequentially("宣恩县珠山镇" + SEWAGE + "，电话13800138000")
    card = settled(page)
    page.wait_for_function("() => document.querySelector('.evidence') !== null")
    assert "生态环境" in card.locator(".verdict").inner_text()
    assert "宣恩县/珠山镇" in card.inner_text()
    assert card.locator(".tag", has_text="主办").count() == 1
    assert card.locator(".reason").first.inner_text()
    assert card.locator(".reading .masked").inner_text() == "［手机号］"
    assert "13800138000" not in card.inner_text()


def test_marks_stand_where_they_should_behind_characters_beyond_the_basic_plane(
    open_page: Open, triage: Triage
) -> None:
    text = "😷𠮷" + SEWAGE
    item = triage.triage(text).to_dict()
    card = suggested(open_page(), text)
    strong = {e["text"] for e in item["evidence"] if e["weight"] > 0}
    marks = card.locator(".reading .evidence").all_inner_texts()
    assert set("".join(marks)) == set("".join(strong))
    assert card.locator(".reading").inner_text() == item["text"]


def test_an_answer_to_an_earlier_text_is_dropped(open_page: Open) -> None:
    page, held = open_page(), []

    def hold_the_first(route: Any) -> None:
        held.append(route) if not held else route.continue_()

    page.route("**/api/v1/suggest", hold_the_first)
    page.fill("#text", GAMBLING)
    page.wait_for_timeout(300)
    card = suggested(page, SEWAGE)
    with suppress(Exception):  # the page has given the request up
        held[0].continue_()
    page.wait_for_timeout(300)
    assert len(held) == 1
    assert "生态环境" in card.locator(".verdict").inner_text()


def test_not_sure_differs_in_words_shape_and_reasons(open_page: Open) -> None:
    page = open_page()
    sure = suggested(page, SEWAGE)
    assert "有把握" in sure.locator(".verdict").inner_text()
    assert _border(sure) == "solid"
    unsure = suggested(page, SHORT)
    page.wait_for_selector(".unsure")
    assert "需要您看" in unsure.locator(".verdict").inner_text()
    assert "文字太少" in unsure.locator(".why").inner_text()
    assert _border(unsure) == "dashed"


def _border(card: Any) -> str:
    return str(card.evaluate("card => getComputedStyle(card).borderTopStyle"))


def test_one_key_accepts(open_page: Open, store: Store) -> None:
    page = open_page()
    suggested(page, SEWAGE)
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    [submission] = stored(store)
    assert submission.decision is not None and submission.decision.kind == "accepted"
    assert submission.text == SEWAGE
    assert page.input_value("#text") == ""
    assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('message'))") == []


def test_a_pick_corrects(open_page: Open, store: Store) -> None:
    page = open_page()
    card = suggested(page, SEWAGE)
    page.keyboard.press("Alt+4")
    assert card.locator(".save").inner_text().startswith("按更正保存")
    page.get_by_label("主题").select_option(value="gambling")
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    [submission] = stored(store)
    decision = submission.decision
    assert decision is not None and decision.kind == "corrected"
    assert (decision.category, decision.topic) == ("civility", "gambling")
    assert decision.department == "police", "the topic's usual lead came along"


def test_the_lead_can_be_exchanged(open_page: Open, store: Store) -> None:
    page = open_page()
    card = suggested(page, SEWAGE)
    page.get_by_label("主办部门").select_option(value="water")
    card.locator(".save").click()
    wait_said(page, "已保存")
    [submission] = stored(store)
    assert submission.suggestion["department"] != "water"
    assert (submission.category, submission.department) == ("ecology", "water")


def test_a_helper_becomes_lead_at_one_press(open_page: Open, store: Store) -> None:
    page = open_page()
    helping = {"code": "water", "name": "州水利局", "score": 0.2, "role": "co", "reason": "协助"}
    page.route("**/api/v1/suggest", lambda route: _with_helper(route, helping))
    card = suggested(page, SEWAGE)
    card.get_by_role("button", name="改为主办：州水利局").press("Enter")
    assert page.get_by_label("主办部门").input_value() == "water"
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    assert stored(store)[0].department == "water"


def _with_helper(route: Any, helping: dict[str, Any]) -> None:
    answer = route.fetch()
    item = answer.json()
    item["departments"] = [*item["departments"][:1], helping]
    route.fulfill(response=answer, body=json.dumps(item))


def test_earlier_submissions_of_the_same_complaint_are_shown(
    open_page: Open, store: Store, triage: Triage
) -> None:
    put(store, triage, "宣恩县珠山镇" + SEWAGE + "，鱼都死了", GAMBLING)
    page = open_page()
    suggested(page, "宣恩县珠山镇" + SEWAGE + "，鱼都死了，请派人管")
    page.wait_for_selector("#similar:not([hidden])")
    [found] = page.locator("#similar q").all_inner_texts()
    assert found.startswith("宣恩县珠山镇")


def test_a_draft_survives_a_reload(open_page: Open) -> None:
    page = open_page()
    suggested(page, SEWAGE)
    page.reload()
    assert page.input_value("#text") == SEWAGE
    assert "生态环境" in settled(page).locator(".verdict").inner_text()


def test_what_is_typed_while_the_server_is_away_is_there_when_it_is_back(
    open_page: Open, server: Server, store: Store
) -> None:
    page = open_page()
    suggested(page, GAMBLING)
    server.stop()
    page.fill("#text", SEWAGE)
    page.wait_for_selector("#banner:not([hidden])")
    assert "连不上" in page.inner_text("#banner")
    page.keyboard.press("Control+Enter")
    wait_said(page, "内容已留在本机")
    server.start()
    page.wait_for_selector("#banner.back")
    page.wait_for_selector("#suggestion:not([aria-busy]) .verdict :text('生态环境')")
    assert page.input_value("#text") == SEWAGE
    assert stored(store) == []


def test_a_server_that_hangs_counts_as_away(open_page: Open) -> None:
    page = open_page()
    page.clock.install()
    page.reload()
    page.route("**/api/v1/suggest", lambda route: None)
    page.fill("#text", SEWAGE)
    page.clock.run_for(1_000)
    assert page.locator("#banner").is_hidden()
    page.clock.run_for(30_000)
    page.wait_for_selector("#banner:not([hidden])")
    assert page.input_value("#text") == SEWAGE


def test_a_save_without_an_answer_is_repeated_and_stored_once(
    open_page: Open, store: Store
) -> None:
    page, tries = open_page(), []

    def lose_the_first_answer(route: Any) -> None:
        tries.append(route.request.headers["idempotency-key"])
        if len(tries) == 1:
            route.fetch()  # it arrives, but nobody hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/submissions", lose_the_first_answer)
    suggested(page, SEWAGE)
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    [submission] = stored(store)
    assert submission.status == "decided"
    assert len(tries) == 2 and tries[0] == tries[1]


def test_pressing_again_after_a_refusal_stores_once(open_page: Open, store: Store) -> None:
    page, tries = open_page(), []

    def be_busy_first(route: Any) -> None:
        tries.append(route.fetch())
        busy = {"status": 429, "json": {"detail": "太忙了"}}
        route.fulfill(**busy) if len(tries) == 1 else route.fulfill(response=tries[-1])

    page.route("**/api/v1/submissions", be_busy_first)
    suggested(page, SEWAGE)
    page.keyboard.press("Control+Enter")
    wait_said(page, "太忙了")
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    assert [answer.status for answer in tries] == [201, 200]
    assert len(stored(store)) == 1


def test_what_is_written_after_a_lost_save_is_kept(open_page: Open, store: Store) -> None:
    page, down = open_page(), [True]
    page.route("**/api/v1/submissions", lambda r: r.abort() if down else r.continue_())
    page.route("**/api/v1/healthz", lambda r: r.abort() if down else r.continue_())
    suggested(page, SEWAGE)
    page.keyboard.press("Control+Enter")
    wait_said(page, "连上后会自动保存")
    page.fill("#text", GAMBLING)
    down.clear()
    wait_said(page, "之后写的还没有保存")
    assert page.input_value("#text") == GAMBLING
    assert [s.text for s in stored(store)] == [SEWAGE]


def test_a_message_that_is_too_long_is_told_so(open_page: Open) -> None:
    page = open_page()
    page.fill("#text", "污" * 20_001)
    wait_said(page, "太长了")
    assert page.locator("#suggestion").is_hidden()


def test_the_keyboard_alone_is_enough(open_page: Open, store: Store) -> None:
    page = open_page()
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type(SEWAGE)
    settled(page)
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(_FOCUS))
        if "save" in seen[-1]["classes"]:
            break
    assert all(focus["outline"] != "none" for focus in seen), seen
    assert {"SELECT", "INPUT", "BUTTON"} <= {focus["tag"] for focus in seen}
    page.keyboard.press("Enter")
    wait_said(page, "已保存")
    assert len(stored(store)) == 1


_FOCUS = """() => {
  const e = document.activeElement;
  return {tag: e.tagName, classes: e.className, outline: getComputedStyle(e).outlineStyle};
}"""


# ---------------------------------------------------------------- notes, queue, overview


def test_a_note_is_read_corrected_and_taken_over(
    open_page: Open, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "院坝会.txt"
    path.write_text(NOTE, "utf-8")
    page = open_page("/notes")
    page.set_input_files("#file", path)
    page.wait_for_selector(".ask")
    assert page.locator(".ask").count() == 3
    assert page.locator("#note").inner_text().strip() == NOTE
    assert page.locator("#note mark").count() == 3
    page.locator(".ask").nth(0).get_by_label("类别").select_option(label="公共服务")
    page.locator(".ask").nth(1).locator("input[type=checkbox]").uncheck()
    assert page.locator("#note mark.out").count() == 1
    page.click("#take")
    page.wait_for_selector("#taken:text('已收下 2 条')")
    kept = stored(store)
    assert [s.text for s in kept] == ["厂里的污水直接排进河里没人管。", "请把村口的路修一修。"]
    assert [s.source for s in kept] == ["会议记录"] * 2
    assert kept[0].decision is not None and kept[0].decision.kind == "corrected"
    assert kept[0].category == "public_services"


def test_a_pasted_note_survives_a_reload(open_page: Open) -> None:
    page = open_page("/notes")
    page.fill("#pasted", NOTE)
    page.reload()
    assert page.input_value("#pasted") == NOTE
    page.click("#read")
    page.wait_for_selector(".ask")
    assert page.locator(".ask").count() == 3


def test_an_unreadable_file_is_refused_in_chinese(open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "photo.docx"
    path.write_bytes(b"no document at all")
    page = open_page("/notes")
    page.set_input_files("#file", path)
    page.wait_for_selector("#said.bad")
    assert "docx" in page.inner_text("#said")


def test_the_queue_is_worked_through_from_the_keyboard(
    open_page: Open, store: Store, triage: Triage
) -> None:
    sure, short, other = put(store, triage, SEWAGE, SHORT, GAMBLING)
    page = open_page("/queue")
    page.wait_for_selector(".suggestion")
    entries = page.locator(".queue > li")
    assert SHORT in entries.nth(0).inner_text(), "what needs review comes first"
    page.keyboard.press("j")
    assert page.locator("[aria-expanded=true]").count() == 1
    assert entries.nth(1).locator("[aria-expanded=true]").count() == 1
    page.keyboard.press("k")
    assert entries.nth(0).locator("[aria-expanded=true]").count() == 1
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelectorAll('.done').length === 2")
    assert store.get(short.id).status == "decided"
    kinds = [store.get(s.id).decision for s in (sure, other)]
    assert [d.kind for d in kinds if d] == ["corrected"]


def test_a_second_clerk_is_told_who_was_first(
    open_page: Open, store: Store, triage: Triage
) -> None:
    [submission] = put(store, triage, SEWAGE)
    page = open_page("/queue")
    page.wait_for_selector(".suggestion")
    first = Decision(category="other", department=None, decided_by="小田", saw_suggestion=True)
    store.decide(submission.id, first, expected_version=1)
    page.keyboard.press("Control+Enter")
    wait_said(page, "已由小田处理")
    page.wait_for_selector(".done")
    assert store.get(submission.id).category == "other"


def test_what_citizens_wrote_is_text_whatever_it_looks_like(
    open_page: Open, store: Store, triage: Triage
) -> None:
    put(store, triage, SEWAGE, text=HOSTILE, evidence=[], masked=[], place=COUNTY)
    page = open_page("/queue")
    page.wait_for_selector(".suggestion")
    assert page.locator(".excerpt").inner_text() == HOSTILE
    assert page.locator(".reading").inner_text() == HOSTILE
    page.goto("/notes")
    page.fill("#pasted", NOTE.replace("没人管", HOSTILE))
    page.click("#read")
    page.wait_for_selector(".ask")
    assert HOSTILE in page.inner_text("#note")
    page.goto("/overview")
    assert COUNTY in page.inner_text(".bars >> nth=1")
    page.goto("/")
    suggested(page, SEWAGE + HOSTILE)
    for path in ("/queue", "/notes", "/overview", "/"):
        page.goto(path)
        assert page.locator("main img, main script").count() == 0
    assert store.page(Filters()).items[0].text == HOSTILE


# ---------------------------------------------------------------- every page


def prepared(open_page: Open, store: Store, triage: Triage, state: str, **size: int) -> Any:
    """Open a page in a state worth looking at."""
    put(store, triage, SEWAGE, SHORT, GAMBLING + "，" + "很长的地名" * 30)
    if state in ("sure", "unsure"):
        page = open_page("/", **size)
        suggested(page, {"sure": SEWAGE, "unsure": SHORT}[state])
    elif state == "notes":
        page = open_page("/notes", **size)
        page.fill("#pasted", NOTE)
        page.click("#read")
        page.wait_for_selector(".ask")
    else:
        page = open_page(f"/{state}", **size)
    if state == "queue":
        page.wait_for_selector(".suggestion")
    if state == "overview":
        for summary in page.locator("summary").all():
            summary.click()
    return page


STATES = ("", "sure", "unsure", "notes", "queue", "overview")


@pytest.mark.parametrize("state", STATES)
def test_a_page_is_accessible_and_fits_a_phone(
    open_page: Open, store: Store, triage: Triage, state: str
) -> None:
    page = prepared(open_page, store, triage, state)
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360


def axe_violations(page: Any) -> list[tuple[str, list[str]]]:
    """Let axe judge the page: the rule and the elements that break it."""
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found["violations"]]


def test_with_keys_people_sign_in_and_out_even_over_plain_http(
    open_page: Open, store: Store, server: Server
) -> None:
    _, secret = store.add_key("窗口", "intake")
    page = open_page(f"http://{INTRANET}:{server.port}/")
    assert page.url.endswith("/login")
    assert axe_violations(page) == []
    page.fill("#key", "wuwei_wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]:text('密钥不对')")
    page.fill("#key", secret)
    page.keyboard.press("Enter")
    suggested(page, SEWAGE)
    page.keyboard.press("Control+Enter")
    wait_said(page, "已保存")
    assert [s.decision.decided_by for s in stored(store) if s.decision] == ["窗口"]
    page.fill("#text", GAMBLING)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")
    assert page.evaluate("JSON.stringify(localStorage)").find("麻将") == -1
    assert store.page(Filters()).next_cursor is None

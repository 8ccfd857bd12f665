"""Pictures of the pages for the README: `.venv/bin/python -m docs.screenshots [FOLDER]`.

Takes the default model (trained where there is none yet), keeps some of the corpus's own
messages in a store of its own, and photographs the pages in Debian's Chromium, on a desk and
on a telephone. No picture may weigh more than 150 kB.
"""

import base64
import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.cli.shared import DEFAULT, load_note_reader, read_shipped_corpus
from pipeline.notes import NoteReader
from pipeline.records import TaggedItem
from service import Settings, create_app
from service.similar import bands_of
from service.store import Decision, NewSubmission, Store, open_store
from tests.browser import Server, open_browser

IMAGES = Path(__file__).parent / "images"
HEAVIEST = 150_000
DESK, PHONE = (1200, 860), (390, 844)
SURE = (
    "我是宣恩縣珠山鎮的村民，上遊的屠宰場每天晚上把污水直接排進河裏，河水發臭，魚都死了😷。"
    "請環保局派人來查，我的電話是13800138000。"
)
UNSURE = "村里搞民宿开发占了我们家的田，说好的分红也没有给，天天放音乐跳舞吵得睡不着"
EARLIER = "宣恩县珠山镇上游的屠宰场每天晚上把污水直接排进河里，河水发臭，鱼都死了，请派人来查。"
NOTE = Path(__file__).parent.parent / "tests" / "cases" / "notes" / "01-evening.txt"


class _Clock:
    """A clock that the store reads and `fill` moves, so that the months differ."""

    now = datetime(2025, 12, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def fill(store: Store, reader: NoteReader, clock: _Clock) -> None:
    """Keep a year of messages; people have decided on most of the older ones."""
    chance = random.Random(9)
    messages = chance.sample(read_shipped_corpus(), 160)
    texts = ((str(i), message.text) for i, message in enumerate(messages))
    for item in reader.triage.pipe([*texts, ("earlier", EARLIER)], masked=True):
        assert isinstance(item, TaggedItem)
        clock.now += timedelta(days=chance.choice((1, 2, 3)))
        record = item.to_dict()
        new = NewSubmission(suggestion=record, source="电话", bands=bands_of(record["text"]))
        submission, _ = store.add(new)
        if chance.random() < 0.75:
            category = record["category"] if chance.random() < 0.9 else "public_services"
            decision = Decision(
                category=category,
                department=record["department"],
                decided_by="小田",
                saw_suggestion=chance.random() < 0.9,
            )
            store.decide(submission.id, decision, expected_version=1)


def pages(browser: Any, server: Server) -> Iterator[tuple[str, Any]]:
    """Yield each picture's name and the page that is ready for it."""
    for suffix, (width, height) in {"": DESK, "-phone": PHONE}.items():
        context = browser.new_context(
            locale="zh-CN", viewport={"width": width, "height": height}, base_url=server.url
        )
        page = context.new_page()
        page.goto("/")
        for name, text in (("sure", SURE), ("unsure", UNSURE)):
            page.fill("#text", text)
            page.wait_for_selector(f".{name}:not([aria-busy])")
            page.wait_for_load_state("networkidle")
            yield f"intake-{name}{suffix}", page
        server.stop()
        page.fill("#text", SURE)
        page.wait_for_selector("#banner:not([hidden])")
        page.wait_for_timeout(1_000)  # until the old suggestion has turned grey
        yield f"intake-offline{suffix}", page
        server.start()
        page.wait_for_selector("#banner.back")
        page.goto("/notes")
        page.fill("#pasted", NOTE.read_text("utf-8"))
        page.click("#read")
        page.wait_for_selector(".ask")
        yield f"notes{suffix}", page
        page.goto("/queue")
        page.wait_for_selector(".suggestion")
        yield f"queue{suffix}", page
        page.goto("/overview")
        yield f"overview{suffix}", page
        context.close()


def photograph(page: Any) -> bytes:
    """Return what is on the screen as WebP, half the weight of Playwright's own PNG."""
    session = page.context.new_cdp_session(page)
    answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": 85})
    return base64.b64decode(answer["data"])


def main(folder: Path = IMAGES) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    reader, clock = load_note_reader(DEFAULT), _Clock()
    with tempfile.TemporaryDirectory() as home, open_browser() as browser:
        store = open_store(f"sqlite:///{Path(home) / 'pages.sqlite3'}", clock=clock)
        fill(store, reader, clock)
        server = Server(lambda: create_app(Settings(), reader.triage, store, notes=reader))
        server.start()
        for name, page in pages(browser, server):
            picture = photograph(page)
            if len(picture) > HEAVIEST:
                raise SystemExit(f"{name} weighs {len(picture)} bytes; make it smaller")
            (folder / f"{name}.webp").write_bytes(picture)
        server.stop()
        store.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

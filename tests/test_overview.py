"""The overview: counts that merge in any order, and a page that is safe to hand round."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.overview import (
    Damage,
    GroupRow,
    Statistics,
    build_overview,
    read_date,
    render_overview,
)
from pipeline.overview.changes import compare_months
from pipeline.overview.charts import HEIGHT, round_ticks, stack_months
from pipeline.overview.samples import KEPT
from pipeline.overview.statistics import UNKNOWN_MONTH, UNKNOWN_PLACE, Cell
from pipeline.records import DepartmentChoice, Routing, Span, TaggedItem, Urgency
from tests.records_by_hand import document, prediction

CATEGORIES = {"ecology": "生态环境", "civility": "乡风文明", "other": "其他"}
TOPICS = {"sewage": "污水治理", "noise": "噪声", "gambling": "赌博"}
OF_TOPIC = {"sewage": "ecology", "noise": "ecology", "gambling": "civility"}
PHONE = "13800138000"
HOSTILE = "<script>alert('x')</script>\".csv"
Row = tuple[TaggedItem, str, str | None]
NOON = datetime(2026, 4, 20, 12, 0)


def tagged(
    id: str = "1",
    *,
    topic: str = "sewage",
    place: str = "宣恩县/珠山镇",
    confidence: float = 0.9,
    reasons: tuple[str, ...] = (),
    urgency: Urgency = "normal",
    text: str = "沟里的水发黑",
    desk: str = "州生态环境局",
    corruption: float = 0.0,
) -> TaggedItem:
    category = OF_TOPIC[topic]
    lead = (DepartmentChoice("environment", desk, 0.8, "lead", "按主题"),) if desk else ()
    garbled = (Span("�", 0, 1),) if corruption else ()
    return TaggedItem(
        document=replace(document(text, garbled=garbled), id=id, corruption=corruption),
        prediction=prediction(categories={category: confidence}, topics={topic: confidence}),
        routing=Routing(lead, "county", place, (), urgency),
        category_names=CATEGORIES,
        topic_names=TOPICS,
        review_reasons=reasons,
        model="default@3f2a",
    )


ROWS = st.builds(
    lambda item, source, day: (item, source, day),
    st.builds(
        tagged,
        st.integers(0, 40).map(str),
        topic=st.sampled_from(list(TOPICS)),
        place=st.sampled_from(["宣恩县/珠山镇", "恩施市", ""]),
        confidence=st.floats(0, 1),
        reasons=st.sampled_from([(), ("garbled",), ("low_confidence", "two_categories")]),
        urgency=st.sampled_from(["normal", "urgent", "emergency"]),
        text=st.sampled_from(["沟里的水发黑", f"请回电{PHONE}"]),
        desk=st.sampled_from(["州生态环境局", "恩施市城管局", ""]),
        corruption=st.sampled_from([0.0, 0.1, 1 / 3]),
    ),
    st.sampled_from(["a.csv", "b.xlsx/表1"]),
    st.sampled_from([None, "", "2026-03-01", "2026年4月2日"]),
)


def counted(rows: Sequence[Row], *, keep_text: bool = False) -> Statistics:
    statistics = Statistics(keep_text=keep_text)
    for item, source, day in rows:
        statistics.count(item, source=source, date=day)
        if item.review_reasons:
            statistics.count_rejected(source, "empty_text")
    return statistics


def months(**rows_by_month: int) -> Statistics:
    """Count sewage rows: `months(m2026_03=20)`."""
    days = {f"{m[1:5]}-{m[6:]}-01": n for m, n in rows_by_month.items()}
    return counted([(tagged(str(i)), "a.csv", day) for day, n in days.items() for i in range(n)])


# ---------------------------------------------------------------- dates


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_way_of_writing_a_day_reads_as_that_day(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    serial = (day - date(1899, 12, 30)).days
    ways = [f"{y}-{m}-{d}", f"{y}/{m:02}/{d:02} 12:30:05", f"{y}.{m}.{d}", f"{y}年{m}月{d}日"]
    ways += [f"{y}{m:02}{d:02}", str(serial), f"{serial}.75", f" {y} 年 {m} 月 {d} 日 上午 "]
    ways += [f"{day.isoformat()}T08:00:00.000Z", f"{y}-{m}-{d}（周三）", f"{y}{m:02}{d:02}083000"]
    assert {way: read_date(way) for way in ways} == dict.fromkeys(ways, day.isoformat())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2023年5月", "no day"),
        ("23-05-07", "which is the year?"),
        ("07/05/2023", "May or July?"),
        ("2023-13-01", "no such month"),
        ("2023-05-07-0012", "a file number"),
        ("2023-05/07", "two kinds of separator"),
        ("1985-05-07", "a slip of the hand"),
        ("20235", "a serial number of 1955"),
        (PHONE, "a telephone number"),
        ("去年五月", "words"),
        ("2023-05-07" + "，然后" * 30, "a message, not a date"),
    ],
)
def test_what_is_no_certain_day_is_none(text: str, why: str) -> None:
    assert read_date(text) is None, why


@given(st.text())
def test_whatever_is_read_is_a_day_that_reads_as_itself(text: str) -> None:
    found = read_date(text)
    assert found is None or read_date(found) == found == date.fromisoformat(found).isoformat()


# ---------------------------------------------------------------- counts


def test_a_row_is_counted_once_in_each_respect() -> None:
    item = tagged(confidence=0.55, reasons=("low_confidence",), urgency="urgent", corruption=0.5)
    statistics = counted([(item, "a.csv", "2026/3/1")])
    assert statistics.cells == {Cell("ecology", "sewage", "宣恩县", "2026-03"): 1}
    assert statistics.departments == {("environment", "州生态环境局"): 1}
    assert statistics.confidence == {("ecology", 5): 1}
    assert statistics.reasons == {"low_confidence": 1}
    assert statistics.urgency == {("ecology", "urgent"): 1}
    assert (statistics.tagged, statistics.needs_review, statistics.rejected) == (1, 1, 1)
    assert statistics.files["a.csv"].corruption == 0.5


def test_what_is_unknown_is_counted_as_unknown() -> None:
    statistics = counted([(tagged(place="", desk=""), "a.csv", "不详")])
    assert statistics.cells == {Cell("ecology", "sewage", UNKNOWN_PLACE, UNKNOWN_MONTH): 1}
    assert statistics.departments == {("", ""): 1}


@given(st.lists(ROWS, max_size=30), st.integers(0, 30), st.booleans(), st.booleans())
def test_parts_merge_to_the_whole_in_any_order(
    rows: list[Row], cut: int, backwards: bool, keep_text: bool
) -> None:
    parts = [counted(part, keep_text=keep_text) for part in (rows[:cut], rows[cut:])]
    merged = Statistics()
    for part in reversed(parts) if backwards else parts:
        merged.merge(Statistics.from_dict(json.loads(json.dumps(part.to_dict()))))
    assert merged == counted(rows, keep_text=keep_text)
    assert merged.to_dict() == counted(rows[::-1], keep_text=keep_text).to_dict()


def test_merging_leaves_the_other_part_alone() -> None:
    other, whole = counted([(tagged(), "a.csv", None)]), Statistics()
    whole.merge(other)
    whole.count(tagged("2"), source="a.csv", date=None)
    assert other == counted([(tagged(), "a.csv", None)])


def test_memory_follows_distinct_keys_and_not_rows() -> None:
    def size(n: int) -> int:
        rows = [(tagged(f"{i % 997:04}"), "a.csv", f"乱{i}") for i in range(n)]
        data = counted(rows).to_dict()
        return len(re.sub(r"\d+", "0", json.dumps(data | {"samples": {}}, ensure_ascii=False)))

    statistics = counted([(tagged(str(i)), "a.csv", None) for i in range(500)])
    assert size(2000) == size(20)
    assert len(statistics.samples["ecology"]) == KEPT


def test_sample_rows_carry_text_only_if_asked_and_then_masked() -> None:
    long = "水" * 195 + PHONE  # cut in the middle of the number, were it cut first
    rows = [(tagged("1", text=long), "a.csv", None)]
    [without] = counted(rows).samples["ecology"]
    [kept] = counted(rows, keep_text=True).samples["ecology"]
    assert (without.source, without.id, without.text) == ("a.csv", "1", "")
    assert kept.text.startswith("水水") and not re.search(r"\d", kept.text)


def test_statistics_of_another_version_are_refused() -> None:
    with pytest.raises(InputError, match="中间统计的格式是 99，本程序只认 1。请从头再跑一次"):
        Statistics.from_dict(Statistics().to_dict() | {"format": 99})


def test_a_few_garbled_rows_do_not_make_a_damaged_file() -> None:
    assert not Damage(rows=100, garbled=5, millionths=1_000_000).looks_damaged
    assert Damage(rows=100, garbled=6).looks_damaged
    assert Damage(rows=100, millionths=3_000_000).looks_damaged
    assert not Damage().looks_damaged


# ---------------------------------------------------------------- what is new


def test_the_latest_month_is_compared_with_the_one_before_that_has_rows() -> None:
    cells = months(m2025_11=9, m2026_01=10, m2026_03=60, m2099_01=1).cells
    changes = compare_months(cells, until="2026-04")
    assert changes is not None
    assert (changes.month, changes.against) == ("2026-03", "2026-01")
    [topic] = changes.topics
    assert (topic.name, topic.rise, topic.relative, topic.is_notable) == ("sewage", 50, 5.0, True)


def test_falls_are_not_listed_and_rises_descend() -> None:
    before = {Cell("ecology", t, "恩施市", "2026-02"): n for t, n in (("a", 5), ("b", 5), ("c", 9))}
    after = {Cell("ecology", t, "恩施市", "2026-03"): n for t, n in (("a", 6), ("b", 9), ("c", 1))}
    changes = compare_months(before | after, until="2026-03")
    assert changes is not None
    assert [(c.name, c.rise) for c in changes.topics] == [("b", 4), ("a", 1)]


def test_one_month_is_compared_with_nothing() -> None:
    assert compare_months(months(m2026_03=5).cells, until="2026-03") is None


# ---------------------------------------------------------------- charts


@given(st.integers(0, 10**9))
def test_ticks_are_few_and_reach_the_top(top: int) -> None:
    ticks = round_ticks(top)
    assert ticks[0] == 0 and ticks[-1] >= top and 2 <= len(ticks) <= 6
    assert len({b - a for a, b in pairwise(ticks)}) == 1


def test_segments_stand_on_each_other_from_the_ground_up() -> None:
    counts = {("a", "2026-01"): 30, ("b", "2026-01"): 20}
    [bar, empty] = stack_months(["2026-01", "2026-02"], {"a": "甲", "b": "乙"}, counts).bars
    low, high = bar.segments
    assert low.y + low.height == pytest.approx(HEIGHT) and high.y + high.height == low.y
    assert high.height / low.height == pytest.approx(20 / 30)
    assert (bar.total, empty.total, empty.segments) == (50, 0, ())


# ---------------------------------------------------------------- the page


class Page(HTMLParser):
    """Tags with their attributes and all text; fails on tags that do not close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", list[str]()
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "wbr"):
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        self.text += data


GROUP = GroupRow(7, 12, "2026-03-01", "", "宣恩县/珠山镇", "污水治理", f"沟里发黑，电话{PHONE}")


def sample_statistics() -> Statistics:
    rows = [
        (tagged("1", text=f"请回电{PHONE}"), "a.csv", "2026-02-01"),
        (
            tagged("2", topic="gambling", reasons=("garbled",), corruption=0.4),
            HOSTILE,
            "2026-03-01",
        ),
        (tagged("3", place="<script>x", desk="<img src=x>"), "a.csv", "2026-03-02"),
        (tagged("4", topic="noise", place="", desk=""), "a.csv", "2099-01-01"),
    ]
    return counted(rows, keep_text=True)


def page_of(statistics: Statistics, *, with_text: bool = False) -> str:
    groups = [GROUP, replace(GROUP, number=8, place="<i>", topic_name="<script>")]
    return render_overview(
        statistics, title=f"统计{HOSTILE}", made_at=NOON, groups=groups, with_text=with_text
    )


def test_hostile_names_are_inert() -> None:
    page = Page(page_of(sample_statistics(), with_text=True))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "i", "iframe", "link", "object"}
    assert HOSTILE in page.text and "<script>x" in page.text and "<img src=x>" in page.text
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]


def test_the_page_asks_for_nothing_from_outside() -> None:
    page = page_of(sample_statistics())
    assert not re.search(r"@import|url\(|https?:", page)
    attributes = [attrs for _, attrs in Page(page).tags]
    assert not [a for a in attributes if "src" in a]
    assert all((a["href"] or "").startswith("#") for a in attributes if "href" in a)


def test_no_text_is_shown_unless_asked_and_then_masked() -> None:
    without = page_of(sample_statistics())
    shown = page_of(sample_statistics(), with_text=True)
    assert "请回电" not in without and "沟里发黑" not in without
    assert "请回电［手机号］" in shown and "沟里发黑，电话［手机号］" in shown
    assert PHONE not in without + shown


def test_headers_and_charts_speak_to_a_screen_reader() -> None:
    tags = Page(page_of(sample_statistics())).tags
    assert all(a.get("scope") in ("row", "col") for tag, a in tags if tag == "th")
    pictures = [a for tag, a in tags if tag == "svg"]
    assert all(a.get("aria-hidden") or (a.get("role") and a.get("aria-label")) for a in pictures)
    ids = Counter(a["id"] for _, a in tags if "id" in a)
    assert {a["href"] for tag, a in tags if tag == "a"} <= {f"#{id}" for id in ids}
    assert set(ids.values()) == {1}


def test_every_row_stands_in_the_finest_table() -> None:
    data = build_overview(sample_statistics(), made_at=NOON)
    assert sum(table.total for table in data["every_count"].values()) == 4
    assert data["late"] == 1 and data["months"] == ["2026-02", "2026-03"]
    assert data["by_month"]["undrawn"] == 1
    assert data["topics"]["counties"].total == data["counties"].total == 4


def test_the_month_that_is_not_over_is_said_to_be_so() -> None:
    assert "还没有过完" in page_of(months(m2026_03=5, m2026_04=2))
    assert "还没有过完" not in page_of(months(m2026_02=5, m2026_03=2))


def test_damaged_and_rejected_files_are_named() -> None:
    data = build_overview(sample_statistics(), made_at=NOON)
    assert [(file["source"], file["damage"].looks_damaged) for file in data["damaged"]] == [
        (HOSTILE, True)
    ]
    assert data["rejected"] == [(HOSTILE, "文本为空", 1)]


def test_desks_of_one_function_are_counted_together() -> None:
    rows = [
        (tagged(desk=desk), "a.csv", None) for desk in ("州生态环境局", "恩施市分局", "恩施市分局")
    ]
    alone = build_overview(counted(rows), made_at=NOON)["departments"]
    named = build_overview(counted(rows), made_at=NOON, functions={"environment": "生态环境"})
    assert alone["counts"] == {"environment": 3}
    assert alone["names"]["environment"] == "恩施市分局等 2 个单位"
    assert named["departments"]["names"]["environment"] == "生态环境"
    assert alone["desks"] == [("恩施市分局", 2), ("州生态环境局", 1)]


@pytest.mark.parametrize("rows", [0, 1])
def test_a_page_of_little_or_nothing_is_whole(rows: int) -> None:
    statistics = counted([(tagged(), "a.csv", None)] * rows)
    page = render_overview(statistics, title="空", made_at=NOON)
    assert Page(page).text and page.rstrip().endswith("</html>")
    assert ("没有已分类的留言" in page) == (not rows)

"""The text doctor: repairs what is damaged, leaves the rest, and knows the way back."""

import csv
import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.corpus import LabelledMessage
from pipeline.normalise import PLAN, normalise
from pipeline.normalise.traditional import traditional_characters

CASES = tomllib.loads((Path(__file__).parent / "cases/repairs.toml").read_text("utf-8"))["case"]
# Pieces that real damage is made of; strings of them meet more fixers than random text does.
SCRAPS = st.sampled_from(
    [*(case["original"] for case in CASES), "&amp;", "lt;", "<p", ">", " ", "\n", "(", "ǒ)", "？"]
)
TEXTS = st.one_of(st.text(), st.lists(SCRAPS, max_size=4).map("".join))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_a_case(case: dict[str, str]) -> None:
    result = normalise(case["original"])
    assert result.text == case["fixed"]
    assert (case["repair"] in result.repairs) if case["repair"] else not result.repairs
    assert "…" not in case["fixed"] or result.garbled or "…" in case["original"]


def test_every_fixer_of_the_plan_has_a_case() -> None:
    assert {case["repair"] for case in CASES} >= {name for name, _ in PLAN}


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(TEXTS)
def test_the_way_back_to_the_raw_text_never_turns(text: str) -> None:
    result = normalise(text)
    offsets = result.offsets
    assert len(offsets) == len(result.text) + 1
    assert all(a <= b for a, b in pairwise(offsets))
    assert offsets[0] >= 0 and offsets[-1] <= len(text)


@given(TEXTS)
def test_garbled_spans_lie_in_the_text_and_apart(text: str) -> None:
    result = normalise(text)
    edges = [edge for span in result.garbled for edge in span]
    assert edges == sorted(edges) and all(0 <= edge <= len(result.text) for edge in edges)
    assert 0 <= result.corruption <= 1


def test_unchanged_characters_lead_back_to_themselves() -> None:
    result = normalise("  <p>村&nbsp;口的系統(tǒng)，é\x81\x93路</p>！！！！")
    assert result.text == "村 口的系统，道路\n！"
    for index, character in enumerate(result.text):
        if character in "村口的系，路！":
            assert result.raw[result.offsets[index]] == character


def test_our_own_messages_are_clean(lessons: list[LabelledMessage]) -> None:
    damaged = {m.id: normalise(m.text).garbled for m in lessons if normalise(m.text).garbled}
    assert damaged == {}


@pytest.mark.parametrize("table", ["latin-1", "gb18030"])
def test_messages_survive_a_wrong_decoder(table: str) -> None:
    """Only whole runs can come back; GBK pairs that a decoder refuses cost a character or two."""
    kept = total = 0
    for text in shipped_texts()[:60]:
        broken = text.encode().decode(table, "replace")
        kept += len(bigrams(normalise(broken).text) & bigrams(text))
        total += len(bigrams(text))
    assert kept / total > (0.99 if table == "latin-1" else 0.7)


def test_messages_survive_the_loss_of_a_byte() -> None:
    kept = total = 0
    for text in shipped_texts()[:80]:
        broken = text.encode("gb18030")[1:].decode("gb18030", "replace")
        kept += len(bigrams(normalise(broken).text) & bigrams(text))
        total += len(bigrams(text))
    assert kept / total > 0.8


def shipped_texts() -> list[str]:
    """Messages of ours as runs of two-byte characters, the long ones."""
    path = Path(__file__).resolve().parents[1] / "corpora/messages/core.jsonl"
    texts = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    return [run for text in texts if len(run := "".join(re.findall("[一-鿿，。、]", text))) > 60]


def bigrams(text: str) -> set[str]:
    return set(re.findall("(?=([一-鿿]{2}))", text))


def test_the_article_comes_back_as_a_careful_person_would_type_it(shared: Path) -> None:
    raw = (shared / "real/enshi-2024-article.txt").read_text("utf-8")
    result = normalise(raw)
    assert not re.search("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]", result.text)
    assert re.findall(r"[(（][^()（）]*[)）]", result.text) == [
        "（州）",
        "(其中县市62项、乡镇259项)",
    ]
    assert not traditional_characters().search(result.text)
    for mark in "“”‘’《》0123456789、。":
        # Two of the marks of the broken stretch were no marks.
        assert result.text.count(mark) - raw.count(mark) == {"。": -1, "、": 1}.get(mark, 0)
    assert "由部分…（州）人大…、人大工作…、基层立法联系点负责人等共70人" in result.text
    assert [result.text[span.start : span.end] for span in result.garbled] == ["…"] * 3


def test_real_messages_change_only_where_something_is_wrong(shared: Path) -> None:
    """Whatever a repair touched is looked for again by plain means."""
    wrong = re.compile(
        r"([，。；：、！？!?;,~～·…—.=_-])\1|[\x00-\x1f\x7f-\xad\u200b-\u200f\ufeff]|[０-９Ａ-Ｚａ-ｚ＂-＇＊＋－．／＜-＞＠＼＾-｀｛-｝]"
        r"|[?\ufffd]|[\u2e80-\u2fdf\uf900-\ufaff]|[ \u3000\xa0\u2000-\u200a\u202f\u205f﹐-﹗]"
    )
    with (shared / "real/teddy_raw.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = [row["留言详情"] for row in csv.DictReader(file)]
    clean = [t for t in texts if not wrong.search(t) and not traditional_characters().search(t)]
    assert len(clean) > 2000
    changed = [
        t for t in clean if normalise(t).text != t and "half_bytes" not in normalise(t).repairs
    ]
    assert changed == []

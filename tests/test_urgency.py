"""Emergencies are noticed in any words; figures of speech are none."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataFileError
from pipeline.home import data_path
from pipeline.records import Urgency
from pipeline.triage import Triage
from pipeline.urgency import UrgencyPhrases, _any_of, _phrase_pattern


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("山体滑坡把房子埋了，有人被困", "emergency"),
        ("路灯坏了，请修", "normal"),
    ],
)
def test_the_shipped_phrases(text: str, urgency: str) -> None:
    assert UrgencyPhrases.from_file(data_path("urgency.toml")).read(text) == urgency


def test_a_level_without_phrases_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "urgency.toml"
    path.write_text('[emergency]\nphrases = ["着火"]\n', "utf-8")
    with pytest.raises(DataFileError, match=r"urgency\.toml：\[urgent\] 没有 phrases"):
        UrgencyPhrases.from_file(path)


CASES = Path(__file__).parent / "cases/urgency.jsonl"


def test_emergencies_are_noticed_and_figures_of_speech_are_not(shipped: Triage) -> None:
    """200 messages written by someone who knew neither the phrases nor the corpus."""
    cases = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]
    assert len(cases) == 200
    said = [shipped.triage(case["text"]).routing.urgency == "emergency" for case in cases]
    gold = [case["urgency"] == "emergency" for case in cases]
    both = sum(s and g for s, g in zip(said, gold, strict=True))
    recall, precision = both / sum(gold), both / max(sum(said), 1)
    print(f"emergencies: recall {recall:.2f}, precision {precision:.2f}")
    assert recall >= 0.9
    assert precision >= 0.78


def test_what_makes_it_urgent_is_shown(shipped: Triage) -> None:
    routing = shipped.triage("楼下着火了，快来人，还有老人在里面").routing
    assert routing.urgency == "emergency" and routing.urgency_words


@pytest.mark.parametrize(
    ("text", "urgency", "why"),
    [
        ("电线又掉下来了", "emergency", "a gap of a few characters"),
        ("电线修好了，灯泡掉了", "normal", "not over a comma"),
        ("去年这里着火了，一直没有赔", "normal", "a year ago"),
        ("建议开展防溺水宣传", "normal", "a campaign"),
        ("屋后的坡在裂，快来人", "emergency", "a danger and a call for help"),
        ("快来人把垃圾收走", "normal", "a call for help without a danger"),
        ("我气得火冒三丈", "normal", "a figure of speech"),
    ],
)
def test_phrases_read_sentence_by_sentence(text: str, urgency: str, why: str) -> None:
    assert UrgencyPhrases.from_file(data_path("urgency.toml")).read(text) == urgency, why


LISTS = {
    "emergency": (
        ["着火了", "电线…掉", "…塌", "火势"],
        ["心里着火了", "火势头"],
        ["去年", "演练"],
        ["烟", "裂…大"],
        ["快来"],
    ),
    "urgent": (["停水…天", "停水"], ["停水通知"]),
}
MADE = ["着火了", "心里", "电线", "又", "掉", "塌", "火势", "头", "去年", "烟", "裂", "大", "快来"]
MADE += ["停水", "通知", "三", "天", "。", "，", "！", "\n", "的"]


@pytest.mark.parametrize("lists", [LISTS, {**LISTS, "emergency": (["着火了", "火势"], ["火势头"])}])
@given(words=st.lists(st.sampled_from(MADE), max_size=14))
def test_looking_for_anchors_first_misses_nothing(
    lists: Mapping[Urgency, Sequence[Sequence[str]]], words: list[str]
) -> None:
    phrases, text = UrgencyPhrases.from_lists(lists), "".join(words)
    everywhere = [(level.urgency, level.words(text, range(len(text)))) for level in phrases.levels]
    expected = next(((u, found) for u, found in everywhere if found), ("normal", ()))
    assert phrases.find(text) == expected


@given(words=st.lists(st.sampled_from(MADE), max_size=14))
def test_phrases_by_first_characters_match_as_in_a_list(words: list[str]) -> None:
    exceptions, phrases = (
        ["心里着火了", "火势头", "停水通知"],
        ["着火了", "电线…掉", "火势", "停水…天", "停水"],
    )
    text = "".join(words)
    quick = [
        (m.group(), bool(m.lastindex))
        for m in re.finditer(_phrase_pattern(exceptions, phrases), text)
    ]
    slow = re.finditer(f"{_any_of(exceptions)}|({_any_of(phrases)})", text)
    assert quick == [(m.group(), bool(m.lastindex)) for m in slow]

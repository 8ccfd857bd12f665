"""What keeps a model from being promoted: a category that got worse, a golden message broken."""

from typing import Any

import pytest

from pipeline.comparison import Figure
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.home import data_path
from pipeline.model import Model
from pipeline.promotion import broken_golden, compare_held_out, judge_promotion
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage

NAMES = {"a": "甲类", "b": "乙类"}


def card(hits_a: int, hits_b: int, *, of: int = 500) -> dict[str, Any]:
    """A card whose held-out messages are `of` a category, so many of each found."""
    confusion = {"a": {"a": hits_a, "b": of - hits_a}, "b": {"a": of - hits_b, "b": hits_b}}
    return {"held_out": {"confusion": confusion}}


def golden(text: str, category: str, **more: Any) -> LabelledMessage:
    return LabelledMessage("g1", text, category, **more)


def test_only_what_is_worse_beyond_its_interval_is_an_objection() -> None:
    figures = [
        Figure("a", "甲类", 100, 0.90, 0.80, -0.15, -0.05),
        Figure("b", "乙类", 9, 0.90, 0.80, -0.30, 0.10),
        Figure("c", "丙类", 100, 0.80, 0.90, 0.05, 0.15),
    ]
    verdict = judge_promotion(figures, [], measured_on="九月.jsonl")
    assert verdict.objections == ("甲类 0.900 → 0.800，差的 95% 区间 -0.150 到 -0.050（100 条）",)
    assert verdict.figures == {
        "measured_on": "九月.jsonl", "a": [0.9, 0.8], "b": [0.9, 0.8], "c": [0.8, 0.9],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (card(450, 450), card(450, 450), set()),
        (card(450, 450), card(445, 450), set()),
        (card(450, 450), card(350, 350), {"a", "b"}),
        (card(350, 350), card(450, 450), set()),
        (card(45, 45, of=50), card(41, 41, of=50), set()),
    ],
)
def test_held_out_figures_are_worse_only_beyond_what_their_numbers_allow(
    before: dict[str, Any], after: dict[str, Any], worse: set[str]
) -> None:
    figures = compare_held_out(before, after, NAMES)
    assert {f.code for f in figures if f.is_worse} == worse


def test_held_out_figures_are_those_of_the_card(model: Model, taxonomy: Taxonomy) -> None:
    figures = compare_held_out(model.card, model.card, taxonomy.categories)
    for figure in figures:
        row = model.card["held_out"]["per_category"][figure.code]
        assert (figure.before, figure.n) == (pytest.approx(row["f1"]), row["support"])


def test_cards_of_other_categories_cannot_be_compared(model: Model) -> None:
    with pytest.raises(ValueError, match="the categories differ"):
        compare_held_out(card(1, 1), model.card, NAMES)


def test_a_golden_message_kept_is_no_objection(triage: Triage) -> None:
    kept = golden("污水直接排进河里，臭得很", "ecology", department="environment")
    assert broken_golden(triage, [kept]) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (golden("污水直接排进河里", "industry"), "g1：类别应为产业发展，得到生态环境"),
        (golden("污水直接排进河里", "ecology", department="police"), "g1：部门应为 police，得到"),
        (golden("污水直接排进河里", "ecology", urgency="emergency"), "g1：应为紧急，没有看出"),
        (golden("\u200b", "ecology"), "g1：读不出"),
        (golden("污水直接排进河里", "交通"), "这个模型没有的类别"),
    ],
)
def test_a_golden_message_broken_says_how(
    triage: Triage, message: LabelledMessage, fault: str
) -> None:
    [found] = broken_golden(triage, [message])
    assert fault in found


def test_the_golden_messages_cover_every_category_and_an_emergency(taxonomy: Taxonomy) -> None:
    messages = read_labelled([data_path("golden.jsonl")], taxonomy)
    assert {m.category for m in messages} == set(taxonomy.categories)
    assert any(m.urgency == "emergency" for m in messages)
    assert len({m.id for m in messages}) == len(messages) >= 20


def test_no_golden_message_is_taught(taxonomy: Taxonomy) -> None:
    taught = {m.text for m in read_labelled([data_path("messages")])}
    assert not taught & {m.text for m in read_labelled([data_path("golden.jsonl")])}


def test_the_shipped_model_keeps_the_golden_messages(shipped: Triage) -> None:
    assert broken_golden(shipped, read_labelled([data_path("golden.jsonl")])) == []

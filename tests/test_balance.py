"""Enough messages of every category, or a clear word about it."""

import pytest

from pipeline.balance import FOLDED, check_counts, fold_rare_categories, tell_imbalance
from pipeline.corpus import LabelledMessage
from pipeline.errors import DataFileError
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train


def of(category: str, count: int) -> list[LabelledMessage]:
    """Messages that share a word of their category and differ in another."""
    return [
        LabelledMessage(
            f"{category}-{i}", f"{category}的事情第{'甲乙丙丁戊己庚辛壬癸'[i % 10]}件", category
        )
        for i in range(count)
    ]


def test_rare_categories_go_to_a_new_fallback_where_there_is_none() -> None:
    messages = [*of("交通", 6), *of("教育", 6), *of("盐业", 2), *of("气象", 1)]
    taxonomy = Taxonomy.from_labels(m.category for m in messages)
    said: list[str] = []
    folded, changed = fold_rare_categories(messages, taxonomy, progress=said.append)
    assert changed.fallback == FOLDED and changed.categories[FOLDED] == "其他"
    assert set(changed.categories) == {FOLDED, "交通", "教育"}
    assert [m.category for m in folded].count(FOLDED) == 3
    assert "盐业（2 条）" in said[0] and "气象（1 条）" in said[0]


def test_rare_categories_go_to_the_fallback_there_is(taxonomy: Taxonomy) -> None:
    messages = [*of("industry", 6), *of("ecology", 2), *of("other", 6)]
    folded, changed = fold_rare_categories(messages, taxonomy)
    assert {m.category for m in folded} == {"industry", "other"}
    assert "ecology" not in changed.categories and changed.fallback == "other"
    assert all(topic.category != "ecology" for topic in changed.topics.values())


def test_where_none_is_rare_nothing_changes(taxonomy: Taxonomy) -> None:
    messages = [*of("industry", 6), *of("ecology", 6)]
    assert fold_rare_categories(messages, taxonomy) == (messages, taxonomy)


def test_a_rare_category_is_refused_with_the_way_out() -> None:
    with pytest.raises(DataFileError, match=r"'盐业' 只有 2 条.*--rare fold"):
        check_counts([*of("交通", 6), *of("盐业", 2)])


def test_lopsided_data_is_told(taxonomy: Taxonomy) -> None:
    said: list[str] = []
    tell_imbalance([*of("industry", 6), *of("ecology", 60)], taxonomy, said.append)
    assert said == []
    tell_imbalance([*of("industry", 6), *of("ecology", 150)], taxonomy, said.append)
    assert "“生态环境”有 150 条，“产业发展”只有 6 条" in said[0]


@pytest.mark.parametrize("count", [2, 30])
def test_any_number_of_categories_can_be_learnt(segmenter: Segmenter, count: int) -> None:
    trades = [chr(ord("乐") + 37 * i) + chr(ord("工") + 29 * i) for i in range(count)]
    messages = [m for trade in trades for m in of(trade, 8)]
    model = train(messages, Taxonomy.from_labels(trades), segmenter)
    assert len(model.leaves.codes) == count
    assert model.card["held_out"]["accuracy"] > 0.9


def test_folding_is_offered_by_the_trainer(segmenter: Segmenter) -> None:
    messages = [*of("交通", 8), *of("教育", 8), *of("盐业", 3), *of("气象", 3)]
    taxonomy = Taxonomy.from_labels(m.category for m in messages)
    model = train(messages, taxonomy, segmenter, fold_rare=True)
    assert set(model.taxonomy.categories) == {FOLDED, "交通", "教育"}

"""The taxonomy file is checked when it is read, and its faults are named."""

from typing import Any

import pytest

from pipeline.errors import DataFileError
from pipeline.taxonomy import Taxonomy, read_toml

SMALL: dict[str, Any] = {
    "version": "1",
    "fallback": "none",
    "categories": {"water": "水", "none": "无"},
    "topics": {"wells": {"category": "water", "name": "水井"}},
}


def test_the_shipped_taxonomy_has_the_contracts_categories(taxonomy: Taxonomy) -> None:
    assert dict(taxonomy.categories) == {
        "public_services": "公共服务",
        "industry": "产业发展",
        "ecology": "生态环境",
        "civility": "乡风文明",
        "other": "其他",
    }
    assert taxonomy.fallback == "other"
    assert 45 <= len(taxonomy.topics) <= 80
    assert all(taxonomy.topics_of(category) for category in taxonomy.categories)
    assert all(topic.covers for topic in taxonomy.topics.values())


def test_a_taxonomy_survives_the_way_into_a_model_and_back(taxonomy: Taxonomy) -> None:
    again = Taxonomy.from_dict(taxonomy.to_dict())
    assert again == taxonomy
    assert again.digest() == taxonomy.digest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"categories": {"water": "水"}}, r"t\.toml：\[categories\] 至少要有两个类别"),
        ({"fallback": "gone"}, r"fallback 的类别 'gone' 不存在。可用的类别：water, none"),
        ({"topics": {"wells": {"category": "gone", "name": "井"}}}, r"topics\.wells 的类别 'gone'"),
        ({"topics": {"wells": {"category": "water"}}}, "主题 wells 没有 name"),
        (
            {"topics": {"wells": {"category": ["water", "none"], "name": "井"}}},
            "一个主题只能属于一个类别",
        ),
        ({"shares": {"gone": 0.5}}, "shares 的类别 'gone'"),
        ({"shares": {"water": 2}}, "占比 2 应当在 0 和 1 之间"),
    ],
)
def test_a_contradiction_names_file_entry_and_remedy(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataFileError, match=message):
        Taxonomy.from_dict(SMALL | change, source="t.toml")


def test_a_topic_written_twice_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "taxonomy.toml"
    path.write_text('[topics.a]\nname = "甲"\n[topics.a]\nname = "乙"\n', "utf-8")
    with pytest.raises(DataFileError, match=r"taxonomy\.toml 不是有效的 TOML.*line 3"):
        read_toml(path)


def test_a_missing_file_is_a_sentence(tmp_path: Any) -> None:
    with pytest.raises(DataFileError, match="找不到数据文件"):
        Taxonomy.from_file(tmp_path / "none.toml")

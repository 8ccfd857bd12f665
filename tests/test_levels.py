"""Who should act, by topic, scope and place."""

from pathlib import Path

import pytest

from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.levels import Levels


@pytest.mark.parametrize(
    ("text", "topic", "level", "why"),
    [
        ("我们村的路灯坏了", "public_facilities", "village", "a village lamp is the village's"),
        ("城里路灯坏了一排", "public_facilities", "county", "a town's lamps are the county's"),
        ("集镇上的垃圾没人收", "garbage", "township", "a market town's rubbish is the town's"),
        ("宣恩县到来凤县的路烂了", "roads", "prefecture", "a road between two counties"),
        ("宣恩县和来凤县的医保都能用吗", "medical_insurance", "county", "nothing crosses"),
        ("建议全州统一校服标准", "school_education", "prefecture", "the scope is the prefecture"),
        ("我们村的娃儿要办医保", "medical_insurance", "county", "no matter of the village's own"),
        ("伍家台村的沟没人清", "garbage", "village", "a village is named"),
    ],
)
def test_each_scope_has_its_level(
    gazetteer: Gazetteer, text: str, topic: str, level: str, why: str
) -> None:
    levels = Levels.from_file(data_path("routing.toml"))
    assert levels.read(text, topic, gazetteer.find(text)) == level, why


def test_an_unknown_level_is_named(tmp_path: Path) -> None:
    path = tmp_path / "routing.toml"
    path.write_text('[levels.topics]\nroads = "province"\n', "utf-8")
    with pytest.raises(DataFileError, match=r"层级 'province' 不存在.*village"):
        Levels.from_file(path)

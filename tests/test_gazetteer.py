"""Places are found where they are named, and only there."""

from pathlib import Path

import pytest

from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer, innermost

COUNTIES = ["恩施市", "利川市", "建始县", "巴东县", "宣恩县", "咸丰县", "来凤县", "鹤峰县"]


def test_the_eight_counties_and_their_towns_are_there(gazetteer: Gazetteer) -> None:
    paths = [place.path for place in gazetteer.places]
    assert [p for p in paths if "/" not in p] == COUNTIES
    towns = [p for p in paths if p.count("/") == 1]
    assert 85 <= len(towns) <= 95
    assert all(any(t.startswith(county) for t in towns) for county in COUNTIES)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("宣恩县珠山镇的路灯坏了", "宣恩县/珠山镇"),
        ("芭蕉乡的茶叶", "恩施市/芭蕉侗族乡"),
        ("三胡乡黄柏村", "来凤县/三胡乡"),
        ("来凤的河道", "来凤县"),
        ("A市B区的公交", ""),
    ],
)
def test_a_name_as_people_say_it_leads_to_its_path(
    gazetteer: Gazetteer, text: str, path: str
) -> None:
    assert innermost(gazetteer.find(text)) == path


def test_offsets_are_exact(gazetteer: Gazetteer) -> None:
    text = "我在利川市谋道镇，老家在鹤峰县走马镇"
    mentions = gazetteer.find(text)
    assert len(mentions) == 4
    assert all(text[m.start : m.end] == m.text for m in mentions)


def test_a_name_two_places_share_is_settled_by_a_county_in_the_text(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    rows = ["path,name,level,aliases", "甲县,甲县,county,", "乙县,乙县,county,"]
    rows += ["甲县/太平镇,太平镇,township,", "乙县/太平镇,太平镇,township,"]
    path.write_text("\n".join(rows), "utf-8")
    gazetteer = Gazetteer.from_file(path)
    assert innermost(gazetteer.find("乙县太平镇修路")) == "乙县/太平镇"
    [mention] = gazetteer.find("太平镇修路")
    assert (mention.path, mention.candidates) == ("", ("甲县/太平镇", "乙县/太平镇"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("path,name\n甲县,甲县", r"g\.csv：缺少列 level、aliases"),
        (
            "path,name,level,aliases\n甲县,甲县,county,\n甲县,甲县,county,",
            "第 3 行的地名 '甲县' 为空或重复",
        ),
        ("path,name,level,aliases\n甲县/乙镇,乙镇,township,", "第 2 行的 甲县/乙镇 没有对应的县市"),
    ],
)
def test_a_fault_names_file_and_row(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "g.csv"
    path.write_text(rows, "utf-8")
    with pytest.raises(DataFileError, match=message):
        Gazetteer.from_file(path)

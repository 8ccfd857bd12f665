"""Places are found where they are named, and only there."""

from pathlib import Path

import pytest

from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer, innermost

COUNTIES = ["恩施市", "利川市", "建始县", "巴东县", "宣恩县", "咸丰县", "来凤县", "鹤峰县"]


def test_the_eight_counties_and_their_towns_are_there(gazetteer: Gazetteer) -> None:
    assert [p.path for p in gazetteer.places if p.level == "county"] == COUNTIES
    towns = [p.path for p in gazetteer.places if p.level == "township"]
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


def test_every_town_is_found_by_its_full_and_its_short_names(gazetteer: Gazetteer) -> None:
    for place in gazetteer.places:
        if place.level != "township":
            continue
        county = place.path.partition("/")[0]
        assert innermost(gazetteer.find(f"{county}{place.name}的路烂了")) == place.path
        names = (*place.aliases, *place.short)
        assert names or len(place.name) < 4, f"{place.name} has no short name"
        for name in names:
            assert innermost(gazetteer.find(f"{county}的{name}那边路烂了")) == place.path, name
        if not place.elsewhere:
            assert innermost(gazetteer.find(f"{place.name}的路烂了")) == place.path


HEADER = "path,name,level,kind,aliases,short,elsewhere,except"


def gazetteer_of(folder: Path, *rows: str) -> Gazetteer:
    path = folder / "g.csv"
    path.write_text("\n".join([HEADER, *rows]), "utf-8")
    return Gazetteer.from_file(path)


def test_a_name_two_places_share_is_settled_by_its_context(tmp_path: Path) -> None:
    gazetteer = gazetteer_of(
        tmp_path,
        "甲县,甲县,county,,,,,",
        "乙县,乙县,county,,,,,",
        "甲县/太平镇,太平镇,township,,,太平,,",
        "乙县/太平镇,太平镇,township,,,太平,,",
        "乙县/高坪镇,高坪镇,township,,,,,",
    )
    assert innermost(gazetteer.find("乙县太平镇修路")) == "乙县/太平镇"
    assert innermost(reversed(gazetteer.find("从高坪镇到太平镇修路"))) == "乙县/太平镇"
    assert innermost(gazetteer.find("太平镇修路", station="甲县")) == "甲县/太平镇"
    assert innermost(gazetteer.find("太平修路", station="乙县太平镇联络站")) == "乙县/太平镇"
    [mention] = gazetteer.find("太平镇修路")
    assert (mention.path, mention.candidates) == ("", ("甲县/太平镇", "乙县/太平镇"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("走了五里路，走马上任，天下太平", "everyday words are no places"),
        ("湖南省太平镇的路", "a name borne elsewhere needs a county"),
        ("咸丰年间修的桥", "an emperor's years are no county"),
        ("恩施州人大", "the prefecture is not the city of its name"),
        ("离鹤峰十五里", "a number makes it a distance"),
        ("A市B镇和K5县大河镇", "anonymised places are nowhere"),
    ],
)
def test_nothing_is_forced_into_the_area(gazetteer: Gazetteer, text: str, why: str) -> None:
    assert all("/" not in m.path for m in gazetteer.find(text)), why


def test_columns_that_only_refine_may_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text(
        "path,name,level,aliases\n甲县,甲县,county,\n甲县/乙镇,乙镇,township,乙\n", "utf-8"
    )
    assert innermost(Gazetteer.from_file(path).find("乙的路烂了")) == "甲县/乙镇"


def test_a_doubtful_town_is_offered(gazetteer: Gazetteer) -> None:
    [mention] = gazetteer.find("太平镇的路烂了")
    assert (mention.path, mention.candidates) == ("", ("鹤峰县/太平镇",))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("恩施大峡谷门票太贵", "恩施市/沐抚办事处"),
        ("苏马荡没有水", "利川市/谋道镇"),
        ("麻柳溪村的茶", "咸丰县/黄金洞乡"),
        ("贡水河边全是垃圾", "宣恩县"),
        ("州中心医院停车难", "恩施市"),
    ],
)
def test_sights_rivers_and_institutions_lead_to_their_place(
    gazetteer: Gazetteer, text: str, path: str
) -> None:
    assert innermost(gazetteer.find(text)) == path


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("path,name\n甲县,甲县", r"g\.csv：缺少列 level、aliases"),
        (
            f"{HEADER}\n甲县,甲县,county,,,,,\n甲县,甲县,county,,,,,",
            "第 3 行的地名 '甲县' 为空或重复",
        ),
        (f"{HEADER}\n甲县/乙镇,乙镇,township,,,,,", "第 2 行的 甲县/乙镇 没有对应的县市"),
        (
            f"{HEADER}\n甲县,甲县,county,,,,,\n甲县/丙镇,丁村,village,,,,,",
            "第 3 行的 丁村 指向 甲县/丙镇，但文件里没有这个地方",
        ),
    ],
)
def test_a_fault_names_file_and_row(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "g.csv"
    path.write_text(rows, "utf-8")
    with pytest.raises(DataFileError, match=message):
        Gazetteer.from_file(path)

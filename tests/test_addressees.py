"""Asked to act, complained of, or only mentioned."""

from pathlib import Path

import pytest

from pipeline.addressees import Addressing
from pipeline.departments import Departments
from pipeline.errors import DataFileError
from pipeline.home import data_path


@pytest.fixture(scope="module")
def addressing(departments: Departments) -> Addressing:
    return Addressing.from_file(data_path("addressing.toml"), departments)


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("请水利局派人来看", "water", "addressed"),
        ("希望交警部门在路口守一守", "police", "addressed"),
        ("建议由民政局、妇联牵头", "group_orgs", "addressed"),
        ("环保局能不能来测一下", "environment", "addressed"),
        ("住建局推给街道", "housing", "complained"),
        ("找过城管三回", "urban_management", "complained"),
        ("向教育局申请了两次", "education", "mentioned"),
        ("我爸在税务局上班", "finance", "mentioned"),
        ("学校门口的路", "education", "institution"),
    ],
)
def test_the_part_a_department_plays(
    addressing: Addressing, text: str, code: str, part: str
) -> None:
    assert (code, part) in {(m.code, m.part) for m in addressing.find(text)}


def test_a_comma_ends_the_reach_of_an_ask(addressing: Addressing) -> None:
    found = {m.code: m.part for m in addressing.find("请领导重视，我去年在林业局门口等了一天")}
    assert found == {"forestry": "mentioned"}


def test_offsets_are_exact_and_the_longest_name_wins(addressing: Addressing) -> None:
    text = "请市场监督管理局查一查，纪委监委也看看"
    found = addressing.find(text)
    assert [text[m.start : m.end] for m in found] == ["市场监督管理局", "纪委监委"]


def test_a_missing_list_is_named(tmp_path: Path, departments: Departments) -> None:
    path = tmp_path / "addressing.toml"
    path.write_text('asking = ["请"]\n', "utf-8")
    with pytest.raises(DataFileError, match=r"addressing\.toml：缺少列表 not_asking"):
        Addressing.from_file(path, departments)

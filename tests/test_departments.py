"""Departments are checked against the taxonomy."""

from pathlib import Path

import pytest

from pipeline.departments import Departments
from pipeline.errors import DataFileError
from pipeline.taxonomy import Taxonomy

GUIDE = {
    "education", "health", "hrss", "medical_insurance", "civil_affairs", "housing",
    "housing_fund", "urban_management", "transport", "police", "natural_resources",
    "environment", "water", "agriculture", "forestry", "culture_tourism", "commerce",
    "industry_it", "market_regulation", "emergency", "development_reform", "finance",
    "justice", "ethnic_affairs", "veterans", "petition", "gov_services", "power", "telecom",
    "publicity", "discipline", "organization", "courts", "group_orgs", "local_government",
    "other",
}  # fmt: skip
ENTRY = """
[water]
name = "水利"
prefecture = "州水利局"
county = "{county}水利局"
duties = "管水。"
leads = ["wells"]
"""


@pytest.fixture
def wells() -> Taxonomy:
    return Taxonomy.from_dict(
        {
            "categories": {"water": "水", "none": "无"},
            "topics": {"wells": {"category": "water", "name": "水井"}},
        }
    )


def read(folder: Path, text: str, taxonomy: Taxonomy) -> Departments:
    path = folder / "departments.toml"
    path.write_text(text, "utf-8")
    return Departments.from_file(path, taxonomy)


def test_the_shipped_departments_are_those_of_the_labelling_guide(departments: Departments) -> None:
    assert set(departments.by_code) == GUIDE
    assert all(len(d.duties) >= 8 for d in departments.by_code.values())


def test_every_topic_has_a_lead_and_most_have_a_helper(
    departments: Departments, taxonomy: Taxonomy
) -> None:
    assert all(departments.lead_of(topic) for topic in taxonomy.topics)
    helped = {topic for d in departments.by_code.values() for topic in d.helps}
    assert len(helped) > 0.7 * len(taxonomy.topics)


def test_enshis_bodies_carry_their_levels_names(departments: Departments) -> None:
    water = departments.by_code["water"]
    assert water.name_at("prefecture").startswith("州")
    assert water.name_at("county", "宣恩县/珠山镇").startswith("宣恩县")
    town = departments.by_code["local_government"]
    assert town.name_at("township", "宣恩县/珠山镇").startswith("珠山镇")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('water = "x"', r"departments\.toml：water 应当是一个表 \[water\]"),
        (ENTRY.replace('duties = "管水。"\n', ""), "部门 water 缺少 duties"),
        (ENTRY.replace("wells", "lakes"), "部门 water 引用了不存在的主题 lakes"),
        (ENTRY.replace('["wells"]', "[]"), "主题 wells 的主办部门应恰好一个，现在是：没有"),
        (ENTRY + ENTRY.replace("[water]", "[lakes]"), "现在是：water、lakes"),
    ],
)
def test_a_fault_names_file_entry_and_remedy(
    tmp_path: Path, wells: Taxonomy, text: str, message: str
) -> None:
    with pytest.raises(DataFileError, match=message):
        read(tmp_path, text, wells)

"""Routing rules: the most specific wins, and what cannot work is found before it is used."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.departments import Departments
from pipeline.errors import DataFileError
from pipeline.home import data_path
from pipeline.rules import Case, Rule, Rules, conflicts, unreachable
from pipeline.taxonomy import Taxonomy

CASE = Case(
    "村口的路灯坏了", "public_services", "public_facilities", "甲县/乙镇", "village", "normal"
)
LAMPS = Rule(
    name="灯",
    lead="urban_management",
    also=(),
    level=None,
    why="管灯",
    topics=("public_facilities",),
)
AT_THE_GATE = replace(LAMPS, name="村口灯", lead="local_government", words=("村口",))
TOWN = replace(LAMPS, name="乙镇灯", lead="power", places=("甲县/乙镇",))
COUNTY = replace(TOWN, name="甲县灯", lead="transport", places=("甲县",))


@pytest.mark.parametrize("order", [(LAMPS, AT_THE_GATE), (AT_THE_GATE, LAMPS)])
def test_the_most_specific_wins_wherever_it_stands(order: tuple[Rule, ...]) -> None:
    assert Rules(order).decide(CASE) is AT_THE_GATE


def test_a_town_is_more_specific_than_its_county() -> None:
    assert Rules((COUNTY, TOWN)).decide(CASE) is TOWN
    assert Rules((COUNTY, TOWN)).decide(CASE._replace(place="甲县/丙镇")) is COUNTY


def test_of_two_equally_specific_rules_that_disagree_neither_is_followed() -> None:
    other = replace(AT_THE_GATE, name="也是", lead="power", words=("路灯",))
    assert Rules((AT_THE_GATE, other)).decide(CASE) is None
    assert Rules((AT_THE_GATE, replace(other, lead="local_government"))).decide(CASE) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"categories": ("ecology",)},
        {"topics": ("roads",)},
        {"words": ("井盖",)},
        {"all_words": ("村口", "井盖")},
        {"without": ("路灯",)},
        {"places": ("丁县",)},
        {"levels": ("county",)},
        {"urgency": ("emergency",)},
    ],
)
def test_every_condition_must_hold(change: dict[str, tuple[str, ...]]) -> None:
    assert AT_THE_GATE.holds(CASE)
    assert not replace(AT_THE_GATE, **change).holds(CASE)  # type: ignore[arg-type]


def test_conflicts_are_rules_that_can_meet_and_want_different_things() -> None:
    other = replace(AT_THE_GATE, name="也是", lead="power", words=("路灯",))
    apart = replace(other, name="别处", topics=("roads",))
    barred = replace(other, name="不碰", without=("村口",))
    same_worth = replace(AT_THE_GATE, without=("小区",))
    assert [(a.name, b.name) for a, b in conflicts(Rules((AT_THE_GATE, other, apart)))] == [
        ("村口灯", "也是")
    ]
    assert list(conflicts(Rules((same_worth, barred)))) == []


def test_rules_that_never_decide_are_found(taxonomy: Taxonomy) -> None:
    elsewhere = replace(LAMPS, name="错类", categories=("ecology",))
    barred = replace(AT_THE_GATE, name="自相矛盾", without=("村口",))
    twice = replace(AT_THE_GATE, name="重写")
    found = {rule.name: why for rule, why in unreachable(Rules((elsewhere, barred)), taxonomy)}
    assert found == {"错类": "主题不属于所写的类别", "自相矛盾": "要有的词同时写在 without 里"}
    assert {r.name for r, _ in unreachable(Rules((AT_THE_GATE, twice)), taxonomy)} == {
        "村口灯", "重写",
    }  # fmt: skip
    assert list(unreachable(Rules((LAMPS, AT_THE_GATE)), taxonomy)) == []


def test_the_shipped_rules_have_no_conflicts_and_all_can_win(
    taxonomy: Taxonomy, departments: Departments
) -> None:
    rules = Rules.from_file(data_path("routing.toml"), taxonomy, departments)
    assert len(rules.rules) >= 10
    assert list(conflicts(rules)) == []
    assert list(unreachable(rules, taxonomy)) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('lead = "power"\nwhy = "x"\nwords = ["灯"]', "第 1 条规则缺少 name"),
        ('name = "灯"\nlead = "power"\nwhy = "x"', "没有任何条件"),
        ('name = "灯"\nlead = "power"\nwhy = "x"\nword = ["灯"]', "有不认识的字段 word.*words"),
        ('name = "灯"\nlead = "power"\nwhy = "x"\nwords = "灯"', "words 应当是列表"),
        ('name = "灯"\nlead = "lamps"\nwhy = "x"\nwords = ["灯"]', "用了不存在的部门 lamps"),
        ('name = "灯"\nlead = "power"\nwhy = "x"\ntopics = ["moon"]', "用了不存在的主题 moon"),
        (
            'name = "灯"\nlead = "power"\nwhy = "x"\nwords = ["灯"]\nlevel = "moon"',
            "用了不存在的层级 moon",
        ),
    ],
)
def test_a_fault_names_the_rule(
    tmp_path: Path, taxonomy: Taxonomy, departments: Departments, entry: str, message: str
) -> None:
    path = tmp_path / "routing.toml"
    path.write_text(f"[[rule]]\n{entry}\n", "utf-8")
    with pytest.raises(DataFileError, match=message):
        Rules.from_file(path, taxonomy, departments)

"""Another prefecture is a matter of data files: the made-up county of `examples/yunxi`."""

from pathlib import Path

import pytest

from pipeline.departments import Departments
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.model import Model
from pipeline.rules import Rules, conflicts, unreachable
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage, assemble

EXAMPLE = Path(__file__).resolve().parents[1] / "examples/yunxi"


@pytest.fixture
def elsewhere(model: Model, monkeypatch: pytest.MonkeyPatch) -> Triage:
    """The flow with the example as home."""
    monkeypatch.setenv("WUWEI_HOME", str(EXAMPLE))
    return assemble(model)


@pytest.mark.parametrize(
    ("text", "place", "lead"),
    [
        ("望潮镇的厂里偷排废水，污水臭得很", "云汐县/望潮镇", "云汐县生态环境和水利局"),
        ("鲤鱼湾村通组公路没有硬化，路面坑坑洼洼", "云汐县/望潮镇", "云汐县住建交通局"),
        ("云汐县石桥镇麻将馆通宵打牌赌钱", "云汐县/石桥镇", "云汐县公安局"),
        ("茶叶卖不出去，请帮忙找销路", "", "县农业和商旅局"),
        ("宣恩县珠山镇的污水直排", "", "县生态环境和水利局"),
    ],
)
def test_its_places_and_desks_are_its_own(
    elsewhere: Triage, text: str, place: str, lead: str
) -> None:
    routing = elsewhere.triage(text).routing
    assert routing.lead is not None
    assert (routing.place, routing.lead.name) == (place, lead)


def test_its_rule_decides(elsewhere: Triage) -> None:
    routing = elsewhere.triage("望潮镇渡口的路烂了，路面坑坑洼洼").routing
    assert routing.lead is not None
    assert routing.lead.reason.startswith("规则“古渡的船”")


def test_its_files_are_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WUWEI_HOME", str(EXAMPLE))
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    rules = Rules.from_file(data_path("routing.toml"), taxonomy, departments)
    assert len(departments.by_code) == 8
    assert Gazetteer.from_file(data_path("gazetteer.csv")).places[0].path == "云汐县"
    assert not list(conflicts(rules)) and not list(unreachable(rules, taxonomy))

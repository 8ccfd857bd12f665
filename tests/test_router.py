"""Duty clauses and what the corpus has taught, together."""

from dataclasses import replace

import pytest

from pipeline.departments import Departments
from pipeline.gazetteer import Gazetteer
from pipeline.records import PredictedUrgency
from pipeline.router import MOST_DEPARTMENTS, Router
from pipeline.rules import Rule, Rules
from pipeline.taxonomy import Taxonomy
from pipeline.triage import load_router
from tests.records_by_hand import document, prediction


@pytest.fixture(scope="module")
def router(taxonomy: Taxonomy, departments: Departments, gazetteer: Gazetteer) -> Router:
    return load_router(taxonomy, departments, gazetteer)


def test_without_a_statistical_router_the_duty_clause_decides(router: Router) -> None:
    sewage = prediction(categories={"ecology": 1.0}, topics={"sewage": 1.0})
    routing = router.route(document("宣恩县珠山镇的污水"), sewage)
    assert routing.lead is not None
    assert routing.lead.code == "environment"
    assert routing.lead.name == "州生态环境局宣恩县分局"
    assert "主办" in routing.lead.reason
    assert (routing.place, routing.level) == ("宣恩县/珠山镇", "county")


def test_experience_can_outweigh_the_duty_clause(router: Router) -> None:
    learnt = prediction(
        categories={"public_services": 1.0},
        topics={"roads": 1.0},
        departments={"urban_management": 0.95, "transport": 0.05},
    )
    routing = router.route(document("城里的路"), learnt)
    assert [d.code for d in routing.departments][:2] == ["urban_management", "transport"]
    assert [d.role for d in routing.departments][:2] == ["lead", "co"]


def test_who_asks_for_nothing_is_sent_nowhere(router: Router) -> None:
    thanks = prediction(categories={"other": 1.0}, topics={"praise": 1.0}, asks=0.1)
    routing = router.route(document("谢谢你们"), thanks)
    assert routing.departments == () and routing.lead is None


def test_a_few_departments_are_enough(router: Router) -> None:
    spread = dict.fromkeys(router.departments.by_code, 1 / 36)
    vague = prediction(categories={"ecology": 1.0}, topics={"sewage": 1.0}, departments=spread)
    assert len(router.route(document("不知道找谁"), vague).departments) <= MOST_DEPARTMENTS


def test_the_towns_own_matters_stay_in_the_town(router: Router) -> None:
    own = prediction(
        categories={"civility": 1.0},
        topics={"family_neighbors": 1.0},
        departments={"local_government": 1.0},
    )
    routing = router.route(document("宣恩县珠山镇两家人为滴水吵架"), own)
    assert routing.level == "township"
    assert routing.lead is not None and routing.lead.name.startswith("珠山镇")


def test_an_ask_never_goes_to_a_desk_that_only_files_things(router: Router) -> None:
    learnt = prediction(
        categories={"ecology": 1.0},
        topics={"sewage": 1.0},
        departments={"other": 0.9, "environment": 0.1},
    )
    routing = router.route(document("污水到处流"), learnt)
    assert routing.lead is not None and routing.lead.code == "environment"
    assert "other" not in {d.code for d in routing.departments}


SEWAGE = prediction(
    categories={"ecology": 1.0}, topics={"sewage": 1.0}, departments={"environment": 1.0}
)


def test_who_is_asked_by_name_takes_precedence(router: Router) -> None:
    routing = router.route(document("河沟发臭，请水利局派人来看"), SEWAGE)
    assert routing.lead is not None and routing.lead.code == "water"
    assert "来文点名" in routing.lead.reason and "水利局" in routing.lead.reason
    assert "environment" in {d.code for d in routing.departments}


def test_who_is_only_complained_of_is_not_followed(router: Router) -> None:
    routing = router.route(document("水利局推给城管，城管说不归他们管，河沟还是臭"), SEWAGE)
    assert routing.lead is not None and routing.lead.code == "environment"


DITCH = Rule(
    name="村沟", lead="local_government", also=("water",), level="village",
    why="村里的沟由村里清", topics=("sewage",), words=("村里的沟",),
)  # fmt: skip


def test_a_rule_has_the_last_word_and_the_model_is_still_shown(router: Router) -> None:
    ruled = replace(router, rules=Rules((DITCH,)))
    routing = ruled.route(document("珠山镇村里的沟臭了，宣恩县"), SEWAGE)
    assert [d.code for d in routing.departments][:3] == ["local_government", "water", "environment"]
    assert routing.lead is not None and "规则“村沟”" in routing.lead.reason
    assert (routing.level, routing.rule_disagrees) == ("village", True)
    scores = [d.score for d in routing.departments]
    assert scores[0] == max(scores)


def test_a_rule_that_says_what_the_model_says_is_no_disagreement(router: Router) -> None:
    same = replace(DITCH, lead="environment", also=())
    routing = replace(router, rules=Rules((same,))).route(document("村里的沟臭了"), SEWAGE)
    assert not routing.rule_disagrees


def test_the_station_is_the_place_where_the_text_names_none(router: Router) -> None:
    for station in ("宣恩县/珠山镇", "宣恩县珠山镇老杨家院坝", "三胡乡代表联络站"):
        place = router.route(document("河沟发臭"), SEWAGE, station=station).place
        assert place == ("来凤县/三胡乡" if "三胡" in station else "宣恩县/珠山镇")
    assert router.route(document("河沟发臭"), SEWAGE).place == ""


def test_the_names_shown_are_those_of_the_level(router: Router) -> None:
    county = router.route(document("宣恩县的河沟发臭"), SEWAGE)
    crossing = router.route(document("从宣恩县流到来凤县的河沟发臭"), SEWAGE)
    assert county.lead is not None and crossing.lead is not None
    assert (county.level, county.lead.name) == ("county", "州生态环境局宣恩县分局")
    assert (crossing.level, crossing.lead.name) == ("prefecture", "州生态环境局")


def test_an_emergency_is_one_where_phrases_or_model_say_so(router: Router) -> None:
    def urgency_of(text: str, chance: float, *, is_emergency: bool) -> str:
        learnt = PredictedUrgency({"emergency": chance}, is_emergency)
        return router.route(document(text), replace(SEWAGE, urgency=learnt)).urgency

    assert urgency_of("坡上有响动", 0.7, is_emergency=True) == "emergency"
    assert urgency_of("房子塌了", 0.2, is_emergency=False) == "emergency"
    assert urgency_of("房子塌了", 0.001, is_emergency=False) == "urgent"
    assert urgency_of("请清沟", 0.001, is_emergency=False) == "normal"

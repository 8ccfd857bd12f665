"""Duty clauses and what the corpus has taught, together."""

import pytest

from pipeline.departments import Departments
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.router import MOST_DEPARTMENTS, Router
from pipeline.taxonomy import Taxonomy
from pipeline.urgency import UrgencyPhrases
from tests.records_by_hand import document, prediction


@pytest.fixture(scope="module")
def router(taxonomy: Taxonomy, departments: Departments, gazetteer: Gazetteer) -> Router:
    urgency = UrgencyPhrases.from_file(data_path("urgency.toml"))
    return Router(taxonomy=taxonomy, departments=departments, gazetteer=gazetteer, urgency=urgency)


def test_without_a_statistical_router_the_duty_clause_decides(router: Router) -> None:
    sewage = prediction(categories={"ecology": 1.0}, topics={"sewage": 1.0})
    routing = router.route(document("宣恩县珠山镇的污水"), sewage)
    assert routing.lead is not None
    assert routing.lead.code == "environment"
    assert routing.lead.name == "州生态环境局宣恩县分局" or "宣恩" in routing.lead.name
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
    thanks = prediction(categories={"other": 1.0}, topics={"praise": 1.0})
    routing = router.route(document("谢谢你们"), thanks)
    assert routing.departments == () and routing.lead is None


def test_a_few_departments_are_enough(router: Router) -> None:
    spread = dict.fromkeys(router.departments.by_code, 1 / 36)
    vague = prediction(categories={"ecology": 1.0}, topics={"sewage": 1.0}, departments=spread)
    assert len(router.route(document("不知道找谁"), vague).departments) <= MOST_DEPARTMENTS


def test_the_towns_own_matters_stay_in_the_town(router: Router) -> None:
    own = prediction(
        categories={"civility": 1.0},
        topics={"village_governance": 1.0},
        departments={"local_government": 1.0},
    )
    routing = router.route(document("珠山镇的村务公开"), own)
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

"""`/taxonomy` and `/model`: the codes in use, and the model that serves."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from pipeline.review import REASONS
from pipeline.triage import Triage
from service.answers import Json
from service.context import Parts
from service.openapi import API, answers
from service.principals import Intake
from service.schemas import submissions as shapes

router = APIRouter(prefix=API, tags=["参考"])


@router.get("/taxonomy", responses=answers(shapes.TaxonomyShown))
async def taxonomy(parts: Parts, _: Intake) -> Json:
    """类别、主题、部门的代码和名称，以及“请人看”的原因。"""
    return Json(describe_taxonomy(parts.served.triage))


@router.get("/model", responses=answers(shapes.ModelShown))
async def model(parts: Parts, _: Intake) -> Json:
    """正在使用的模型和它的说明。"""
    serving = parts.served.triage.model
    return Json(
        {
            "name": serving.name,
            "version": serving.version,
            "digest": serving.digest,
            "thresholds": asdict(serving.thresholds),
            "card": dict(serving.card),
        }
    )


def describe_taxonomy(triage: Triage) -> dict[str, Any]:
    """Return all codes with their names, for programs and for the pages."""
    known = triage.model.taxonomy
    return {
        "version": known.version,
        "categories": [
            {
                "code": code,
                "name": name,
                "topics": [{"code": t.code, "name": t.name} for t in known.topics_of(code)],
            }
            for code, name in known.categories.items()
        ],
        "fallback": known.fallback,
        "departments": [
            {"code": code, "name": department.name}
            for code, department in triage.router.departments.by_code.items()
        ],
        "review_reasons": REASONS,
    }

"""From a prediction to a desk: which department, at which level, where, how soon."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.departments import Department, Departments, Level
from pipeline.gazetteer import Gazetteer, innermost
from pipeline.records import DepartmentChoice, Document, Prediction, Routing
from pipeline.taxonomy import Taxonomy
from pipeline.urgency import UrgencyPhrases

MOST_DEPARTMENTS = 4
# Share of the topic's duty clause in the score; the rest is what the corpus has taught.
_DUTY_SHARE = 0.35
# A helper's duty counts this much of a leader's.
_HELP = 0.25
_WORTH_NAMING = 0.05


@dataclass(frozen=True)
class Router:
    """Combines the duty clauses with the statistical router of the model."""

    taxonomy: Taxonomy
    departments: Departments
    gazetteer: Gazetteer
    urgency: UrgencyPhrases

    def route(self, document: Document, prediction: Prediction) -> Routing:
        """Return where the message goes. No departments where nothing is asked."""
        places = tuple(self.gazetteer.find(document.text))
        place = innermost(places)
        scores = self._scores(prediction) if self._asks(prediction) else {}
        ranked = sorted(scores.items(), key=lambda item: -item[1])[:MOST_DEPARTMENTS]
        level = _level(ranked[0][0] if ranked else None, place)
        return Routing(
            departments=tuple(
                self._choice(rank, code, score, prediction, level, place)
                for rank, (code, score) in enumerate(ranked)
                if rank == 0 or score >= _WORTH_NAMING
            ),
            level=level,
            place=place,
            places=places,
            urgency=self.urgency.read(document.text),
        )

    def _asks(self, prediction: Prediction) -> bool:
        topic = self.taxonomy.topics.get(prediction.topics[0].code) if prediction.topics else None
        return topic.asks if topic else prediction.category != self.taxonomy.fallback

    def _scores(self, prediction: Prediction) -> dict[str, float]:
        """Return department → score; scores sum to about 1."""
        learnt = {d.code: d.probability for d in prediction.departments if self._acts(d.code)}
        duty = self._duties(prediction)
        share = _DUTY_SHARE if learnt and duty else float(bool(duty))
        return {
            code: share * duty.get(code, 0.0) + (1 - share) * learnt.get(code, 0.0)
            for code in self.departments.by_code
            if duty.get(code, 0.0) + learnt.get(code, 0.0) > 0
        }

    def _acts(self, code: str) -> bool:
        """Whether a department has any duty for messages that ask for something."""
        department, topics = self.departments.by_code[code], self.taxonomy.topics
        duties = [topics[t].asks for t in (*department.leads, *department.helps) if t in topics]
        return any(duties) or not duties

    def _duties(self, prediction: Prediction) -> dict[str, float]:
        """Spread the topics' probabilities over the departments whose duties they are."""
        mass = sum(topic.probability for topic in prediction.topics)
        duty: dict[str, float] = {}
        for topic in prediction.topics:
            for department in self.departments.by_code.values():
                part = _part(department, topic.code) * topic.probability / max(mass, 1e-9)
                if part:
                    duty[department.code] = duty.get(department.code, 0.0) + part
        total = sum(duty.values())
        return {code: value / total for code, value in duty.items()}

    def _choice(
        self, rank: int, code: str, score: float, prediction: Prediction, level: Level, place: str
    ) -> DepartmentChoice:
        department = self.departments.by_code[code]
        return DepartmentChoice(
            code=code,
            name=department.name_at(level, place),
            score=score,
            role="lead" if rank == 0 else "co",
            reason=_reason(department, prediction, self.taxonomy.topics),
        )


def _part(department: Department, topic: str) -> float:
    if topic in department.leads:
        return 1.0
    return _HELP if topic in department.helps else 0.0


def _reason(department: Department, prediction: Prediction, topics: Mapping[str, object]) -> str:
    """Say which duty clause applies, or that the corpus' experience speaks for it."""
    topic = prediction.topics[0].code if prediction.topics else ""
    name = getattr(topics.get(topic), "name", "")
    if topic in department.leads:
        return f"“{name}”由其主办：{department.duties}"
    if topic in department.helps:
        return f"“{name}”由其协办：{department.duties}"
    return f"同类留言常由其办理：{department.duties}"


def _level(lead: str | None, place: str) -> Level:
    """A first, simple reading: a county's matter unless the desk is the town's own."""
    if lead == "local_government":
        return "township"
    return "county" if place or lead else "prefecture"

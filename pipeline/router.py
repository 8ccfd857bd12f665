"""From a prediction to a desk: which department, at which level, where, how soon.

Four voices are heard, and each choice says whose it is: the duty clauses of the topic, what
the corpus has taught the model, a department that the writer asks by name, and a rule of
`corpora/routing.toml`, which has the last word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from pipeline.addressees import Addressing, DepartmentMention
from pipeline.departments import Department, Departments, Level
from pipeline.gazetteer import Gazetteer, innermost
from pipeline.levels import Levels
from pipeline.records import DepartmentChoice, Document, Prediction, Routing
from pipeline.rules import Case, Rule, Rules
from pipeline.taxonomy import Taxonomy
from pipeline.urgency import FoundUrgency, UrgencyPhrases

MOST_DEPARTMENTS = 4
# Share of the topic's duty clause in the score; the rest is what the corpus has taught.
_DUTY_SHARE = 0.35
# A helper's duty counts this much of a leader's.
_HELP = 0.25
_WORTH_NAMING = 0.05
# What a department asked by name gains; in the corpus 86 of 100 such are accepted as right.
_ADDRESSED = 0.45
# From this probability on a message is taken to ask for something. Low on purpose: a desk that
# has nothing to do says so at once, a message without a desk lies.
_ASKS = 0.25
# Words of danger in a message that the model finds this unlikely an emergency (0–1) make it
# urgent only.
_DOUBTED = 0.02
# A mentioned institution (学校) hints at the department in charge of it.
_INSTITUTION = 0.05


@dataclass(frozen=True)
class Router:
    """Combines duty clauses, the model's statistical router, addressees and rules."""

    taxonomy: Taxonomy
    departments: Departments
    gazetteer: Gazetteer
    urgency: UrgencyPhrases
    addressing: Addressing
    rules: Rules
    levels: Levels

    def route(self, document: Document, prediction: Prediction, *, station: str = "") -> Routing:
        """Return where the message goes. No departments where nothing is asked.

        Args:
            station: path or name of the station that took the message. It settles places
                that share their name, and is the place where the text names none.
        """
        text = document.text
        places = tuple(self.gazetteer.find(text, station=station))
        place = innermost(places) or self._place_of(station)
        topic = prediction.topics[0].code if prediction.topics else ""
        level = self.levels.read(text, topic, places)
        found = self._read_urgency(text, prediction)
        choices: list[_Choice] = []
        rule, learnt_lead = None, ""
        if prediction.asks >= _ASKS:
            mentions = self.addressing.find(text)
            scores = self._scores(prediction, mentions)
            learnt_lead = next(iter(scores), "")
            case = Case(text, prediction.category, topic, place, level, found.urgency)
            rule = self.rules.decide(case)
            level = self._level(level, learnt_lead, rule)
            choices = self._choices(scores, rule, mentions, topic)
        return Routing(
            departments=tuple(
                DepartmentChoice(
                    code=code,
                    name=self.departments.by_code[code].name_at(level, place),
                    score=score,
                    role="lead" if rank == 0 else "co",
                    reason=reason,
                )
                for rank, (code, score, reason) in enumerate(choices)
            ),
            level=level,
            place=place,
            places=places,
            urgency=found.urgency,
            urgency_words=found.words,
            rule_disagrees=bool(rule and learnt_lead and rule.lead != learnt_lead),
        )

    def _read_urgency(self, text: str, prediction: Prediction) -> FoundUrgency:
        """Ask the phrases and the model: an emergency is one where either says so."""
        found, learnt = self.urgency.find(text), prediction.urgency
        if learnt is None:
            return found
        if learnt.is_emergency:
            words = tuple(e.text for e in learnt.evidence if e.weight > 0)
            return FoundUrgency("emergency", found.words if found.words else words[:3])
        if found.urgency == "emergency" and learnt.chances.get("emergency", 0.0) < _DOUBTED:
            return FoundUrgency("urgent", found.words)
        return found

    def _place_of(self, station: str) -> str:
        """Return the station's town, else its county, where there is just one."""
        paths = self.gazetteer.paths_of(station) if station else set()
        towns = {path for path in paths if "/" in path}
        counties = paths - towns
        for found in (towns, counties):
            if len(found) == 1:
                return next(iter(found))
        return ""

    def _level(self, level: Level, lead: str, rule: Rule | None) -> Level:
        """A rule may set it; a matter of the towns' own does not go up to the county."""
        if rule and rule.level:
            return rule.level
        department = self.departments.by_code.get(rule.lead if rule else lead)
        return "township" if department and department.township and level == "county" else level

    def _scores(
        self, prediction: Prediction, mentions: Sequence[DepartmentMention]
    ) -> dict[str, float]:
        """Return department → score, best first; scores sum to about 1."""
        learnt = {d.code: d.probability for d in prediction.departments if d.code in self._acting}
        duty = self._duties(prediction)
        share = _DUTY_SHARE if learnt and duty else float(bool(duty))
        scores = {code: (1 - share) * p for code, p in learnt.items()}
        for code, part in duty.items():
            scores[code] = scores.get(code, 0.0) + share * part
        asked = {m.code for m in mentions if m.part == "addressed"} & self._acting
        if asked:
            scores = {code: (1 - _ADDRESSED) * score for code, score in scores.items()}
            for code in asked:
                scores[code] = scores.get(code, 0.0) + _ADDRESSED / len(asked)
        for code in {m.code for m in mentions if m.part == "institution"} & scores.keys():
            scores[code] += _INSTITUTION
        return dict(sorted(scores.items(), key=lambda item: -item[1]))

    @cached_property
    def _acting(self) -> frozenset[str]:
        """Departments with any duty for messages that ask for something."""
        topics = self.taxonomy.topics

        def acts(department: Department) -> bool:
            duties = [topics[t].asks for t in (*department.leads, *department.helps) if t in topics]
            return any(duties) or not duties

        return frozenset(code for code, d in self.departments.by_code.items() if acts(d))

    @cached_property
    def _duties_of(self) -> Mapping[str, Mapping[str, float]]:
        """Topic → the departments whose duty it is, with their parts."""
        parts: dict[str, dict[str, float]] = {topic: {} for topic in self.taxonomy.topics}
        for code, department in self.departments.by_code.items():
            for topics, part in ((department.helps, _HELP), (department.leads, 1.0)):
                for topic in topics:
                    parts.setdefault(topic, {})[code] = part
        return parts

    def _duties(self, prediction: Prediction) -> dict[str, float]:
        """Spread the topics' probabilities over the departments whose duties they are."""
        duty: dict[str, float] = {}
        for topic in prediction.topics:
            for code, part in self._duties_of.get(topic.code, {}).items():
                duty[code] = duty.get(code, 0.0) + part * topic.probability
        total = sum(duty.values())
        return {code: value / total for code, value in duty.items()} if total else {}

    def _choices(
        self,
        scores: Mapping[str, float],
        rule: Rule | None,
        mentions: Sequence[DepartmentMention],
        topic: str,
    ) -> list["_Choice"]:
        """Rank the departments worth naming, those of the rule first, each with its reason."""
        ruled = (rule.lead, *rule.also) if rule else ()
        best = max(scores.values(), default=1.0)
        found: list[_Choice] = []
        for code in dict.fromkeys((*ruled, *scores)):
            score = max(scores.get(code, 0.0), best if rule and code == rule.lead else 0.0)
            if code not in ruled and found and score < _WORTH_NAMING:
                break  # nor is any that follows: scores come best first
            found.append(_Choice(code, score, self._reason(code, rule, mentions, topic)))
        return found[: max(MOST_DEPARTMENTS, len(ruled))]

    def _reason(
        self, code: str, rule: Rule | None, mentions: Sequence[DepartmentMention], topic: str
    ) -> str:
        """Say whose voice speaks for a department, in words a clerk can check."""
        department = self.departments.by_code[code]
        if rule and code == rule.lead:
            return f"规则“{rule.name}”：{rule.why}"
        named = next((m.text for m in mentions if (m.code, m.part) == (code, "addressed")), "")
        if named:
            return f"来文点名请其办理（“{named}”）：{department.duties}"
        name = self.taxonomy.topics[topic].name if topic in self.taxonomy.topics else ""
        if topic in department.leads:
            return f"“{name}”由其主办：{department.duties}"
        if topic in department.helps:
            return f"“{name}”由其协办：{department.duties}"
        if rule and code in rule.also:
            return f"规则“{rule.name}”要求协办：{department.duties}"
        return f"同类留言常由其办理：{department.duties}"


class _Choice(NamedTuple):
    code: str
    score: float
    reason: str

"""Routing rules an office manager writes: `corpora/routing.toml`, conditions and an outcome.

Of the rules whose conditions all hold, the most specific one wins, wherever it stands in the
file. How specific a rule is: a topic tells more than a category, a word more than a topic,
a town more than a county; every kind of condition adds to it. Where two equally specific
rules want different things, neither is followed (and `wuwei routes check` says so).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pipeline.departments import Departments, Level
from pipeline.errors import DataFileError
from pipeline.records import Urgency
from pipeline.taxonomy import Taxonomy, read_toml

_LISTS = ("categories", "topics", "words", "all_words", "without", "places", "levels", "urgency")
_WORTH = {
    "categories": 1, "topics": 2, "words": 3, "all_words": 4, "without": 1, "places": 2,
    "levels": 2, "urgency": 2,
}  # fmt: skip


class Case(NamedTuple):
    """What a rule can ask about: the text and what has been read in it."""

    text: str
    category: str
    topic: str
    place: str
    level: Level
    urgency: Urgency


@dataclass(frozen=True)
class Rule:
    """Conditions (an empty one always holds) and an outcome.

    Attributes:
        words: one of them stands in the text; `all_words`: each does; `without`: none does.
        places: the message's place is one of these, or lies in it.
        lead, also: departments; `level`: who should act, or None to leave it.
        why: the sentence a clerk can check.
    """

    name: str
    lead: str
    also: tuple[str, ...]
    level: Level | None
    why: str
    categories: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    all_words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    urgency: tuple[str, ...] = ()

    @property
    def specificity(self) -> int:
        """The sum of what its kinds of conditions are worth; a town counts one more."""
        deep = bool(self.places) and all("/" in place for place in self.places)
        return deep + sum(worth for field, worth in _WORTH.items() if getattr(self, field))

    def holds(self, case: Case) -> bool:
        """Whether every condition holds."""
        return (
            (not self.categories or case.category in self.categories)
            and (not self.topics or case.topic in self.topics)
            and (not self.levels or case.level in self.levels)
            and (not self.urgency or case.urgency in self.urgency)
            and (not self.places or any(_lies_in(case.place, p) for p in self.places))
            and (not self.words or any(word in case.text for word in self.words))
            and all(word in case.text for word in self.all_words)
            and not any(word in case.text for word in self.without)
        )

    @property
    def outcome(self) -> tuple[str, tuple[str, ...], Level | None]:
        """What it does, for comparing."""
        return self.lead, self.also, self.level


@dataclass(frozen=True)
class Rules:
    """All rules of a file."""

    rules: tuple[Rule, ...] = ()

    def decide(self, case: Case) -> Rule | None:
        """Return the most specific rule that holds, None where there is none or a tie."""
        holding = [rule for rule in self.rules if rule.holds(case)]
        if not holding:
            return None
        most = max(rule.specificity for rule in holding)
        best = [rule for rule in holding if rule.specificity == most]
        return best[0] if len({rule.outcome for rule in best}) == 1 else None

    @classmethod
    def from_file(cls, path: Path, taxonomy: Taxonomy, departments: Departments) -> "Rules":
        """Read `routing.toml`.

        Raises:
            DataFileError: a rule lacks a name, lead or reason, has an unknown field, or
                names a category, topic, department, level or urgency that does not exist.
        """
        entries = read_toml(path).get("rule", [])
        rules = tuple(_read_rule(entry, n, path.name) for n, entry in enumerate(entries, 1))
        for rule in rules:
            for problem in unknown_codes(rule, taxonomy, departments):
                raise DataFileError(
                    f"{path.name}：规则“{rule.name}”{problem}。请改正。",
                    f"{path.name}: rule {rule.name!r} names something that does not exist.",
                )
        return cls(rules)


def unknown_codes(rule: Rule, taxonomy: Taxonomy, departments: Departments) -> Iterator[str]:
    """Yield a Chinese phrase for each code of a rule that does not exist."""
    known: list[tuple[str, Sequence[str], Any]] = [
        ("类别", rule.categories, taxonomy.categories),
        ("主题", rule.topics, taxonomy.topics),
        ("部门", (rule.lead, *rule.also), departments.by_code),
        ("层级", (*rule.levels, *([rule.level] if rule.level else [])), get_args(Level)),
        ("缓急", rule.urgency, get_args(Urgency)),
    ]
    for kind, codes, existing in known:
        yield from (f"用了不存在的{kind} {code}" for code in codes if code not in existing)


def conflicts(rules: Rules) -> Iterator[tuple[Rule, Rule]]:
    """Yield pairs equally specific that can hold at once and want different things."""
    for one, other in combinations(rules.rules, 2):
        same_rank = one.specificity == other.specificity
        if same_rank and one.outcome != other.outcome and _can_meet(one, other):
            yield one, other


def unreachable(rules: Rules, taxonomy: Taxonomy) -> Iterator[tuple[Rule, str]]:
    """Yield rules that can never decide anything, with a Chinese reason."""
    for rule in rules.rules:
        wanted = {taxonomy.topics[t].category for t in rule.topics if t in taxonomy.topics}
        if rule.categories and wanted and not wanted & set(rule.categories):
            yield rule, "主题不属于所写的类别"
        elif set(rule.without) & {*rule.all_words} or (
            rule.words and set(rule.words) <= set(rule.without)
        ):
            yield rule, "要有的词同时写在 without 里"
        else:
            for other in rules.rules:
                if other is not rule and _shadows(other, rule):
                    yield rule, f"凡它适用之处，“{other.name}”也适用且不比它笼统"
                    break


def _shadows(other: Rule, rule: Rule) -> bool:
    """Whether `other` holds wherever `rule` does and is at least as specific."""
    if other.specificity < rule.specificity:
        return False
    if other.specificity == rule.specificity and other.outcome != rule.outcome:
        return False  # a conflict, reported as such
    narrower = all(
        not getattr(other, field)
        or (getattr(rule, field) and set(getattr(rule, field)) <= set(getattr(other, field)))
        for field in ("categories", "topics", "levels", "urgency", "places", "words")
    )
    return (
        narrower
        and set(other.all_words) <= set(rule.all_words)
        and set(other.without) <= set(rule.without)
    )


def _can_meet(one: Rule, other: Rule) -> bool:
    """Whether some message could fulfil both. Words never exclude each other; `without` may."""
    for field in ("categories", "topics", "levels", "urgency"):
        a, b = set(getattr(one, field)), set(getattr(other, field))
        if a and b and not a & b:
            return False
    if one.places and other.places:
        pairs = [(a, b) for a in one.places for b in other.places]
        if not any(_lies_in(a, b) or _lies_in(b, a) for a, b in pairs):
            return False
    for this, that in ((one, other), (other, one)):
        if set(this.all_words) & set(that.without):
            return False
        if this.words and set(this.words) <= set(that.without):
            return False
    return True


def _lies_in(place: str, area: str) -> bool:
    return place == area or place.startswith(f"{area}/")


def _read_rule(entry: Mapping[str, Any], number: int, source: str) -> Rule:
    name = str(entry.get("name", "")).strip()
    where = f"第 {number} 条规则{f'“{name}”' if name else ''}"
    for field in ("name", "lead", "why"):
        if not str(entry.get(field, "")).strip():
            raise DataFileError(
                f"{source}：{where}缺少 {field}。请补上。",
                f"{source}: rule {number} has no {field}.",
            )
    known = {"name", "lead", "also", "level", "why", *_LISTS}
    for field in entry:
        if field not in known:
            raise DataFileError(
                f"{source}：{where}有不认识的字段 {field}。可用的：{'、'.join(sorted(known))}。",
                f"{source}: rule {number} has the unknown field {field}.",
            )
    for field in ("also", *_LISTS):
        if not isinstance(entry.get(field, []), list):
            raise DataFileError(
                f'{source}：{where}的 {field} 应当是列表。请写成 {field} = ["…"]。',
                f"{source}: rule {number}: {field} should be a list.",
            )
    if not any(entry.get(field) for field in _LISTS if field != "without"):
        raise DataFileError(
            f"{source}：{where}没有任何条件，会套在所有留言上。请至少写一个条件。",
            f"{source}: rule {number} has no condition.",
        )
    lists = {field: tuple(map(str, entry.get(field, []))) for field in _LISTS}
    return Rule(
        name=name,
        lead=str(entry["lead"]),
        also=tuple(map(str, entry.get("also", []))),
        level=entry.get("level"),
        why=str(entry["why"]),
        **lists,
    )

"""Departments that a text names, and in what part: asked to act, complained of, mentioned.

请水利局派人来看 asks the water bureau; 住建局推给城管 asks neither. Names come from
`departments.toml` (`called`, `institutions`), the ways of asking and complaining from
`addressing.toml`: both are data, nothing here knows a department.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.departments import Departments
from pipeline.errors import DataFileError
from pipeline.matching import Match, NameMatcher
from pipeline.taxonomy import read_toml

Part = Literal["addressed", "complained", "mentioned", "institution"]
# A list of names (、) is one clause; a comma ends it.
_CLAUSE_END = re.compile(r"[，。！？；：\n,!?;…]+")
_FIELDS = ("asking", "not_asking", "acting", "complaining")


class DepartmentMention(NamedTuple):
    """A department named in a text: `text[start:end]` stands for `code`."""

    text: str
    start: int
    end: int
    code: str
    part: Part


@dataclass(frozen=True)
class Addressing:
    """Finds departments in a text and tells what part each plays.

    Attributes:
        names: what people call a department → its code.
        institutions: what a department is in charge of (学校) → its code.
        asking, acting, complaining: words of the parts; `not_asking` are words that hold
            one of `asking` without asking (申请).
    """

    names: Mapping[str, str]
    institutions: Mapping[str, str]
    asking: Sequence[str]
    not_asking: Sequence[str]
    acting: Sequence[str]
    complaining: Sequence[str]

    def find(self, text: str) -> list[DepartmentMention]:
        """Return the departments and institutions named in a normalised text, in order.

        >>> names = {"水利局": "water", "城管": "urban"}
        >>> addressing = Addressing(names, {}, ["请"], [], [], ["推给"])
        >>> [(m.code, m.part) for m in addressing.find("城管推给街道，请水利局来看")]
        [('urban', 'complained'), ('water', 'addressed')]
        """
        found = list(self._matcher.find(text))
        if not found:
            return []
        edges = [0, *(m.end() for m in _CLAUSE_END.finditer(text)), len(text)]
        mentions, clause = [], 0
        for match in found:
            while edges[clause + 1] <= match.start:
                clause += 1
            before = text[edges[clause] : match.start]
            after = text[match.end : edges[clause + 1]]
            mentions.append(self._mention(match, before, after))
        return mentions

    @cached_property
    def _matcher(self) -> NameMatcher:
        return NameMatcher([*self.names, *self.institutions])

    def _mention(self, match: Match, before: str, after: str) -> DepartmentMention:
        code = self.names.get(match.name)
        if code is None:
            return DepartmentMention(*match, self.institutions[match.name], "institution")
        return DepartmentMention(*match, code, self._part(before, after))

    def _part(self, before: str, after: str) -> Part:
        complaining, asking, acting = self._patterns
        if complaining.search(before) or complaining.search(after):
            return "complained"
        for word in self.not_asking:
            before = before.replace(word, "")
        if asking.search(before) or acting.search(after):
            return "addressed"
        return "mentioned"

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
        """One pattern a list: it skips to the next first character of any of the words."""
        complaining, asking, acting = (
            re.compile("|".join(map(re.escape, words)) or "(?!)")
            for words in (self.complaining, self.asking, self.acting)
        )
        return complaining, asking, acting

    @classmethod
    def from_file(cls, path: Path, departments: Departments) -> "Addressing":
        """Read `addressing.toml` and the names of the departments.

        Raises:
            DataFileError: a list is missing, or two departments are called the same.
        """
        data = read_toml(path)
        for field in _FIELDS:
            if not isinstance(data.get(field), list):
                raise DataFileError(
                    f'{path.name}：缺少列表 {field}。请写成 {field} = ["…"]。',
                    f"{path.name}: the list {field} is missing.",
                )
        return cls(
            _owners(departments, "called"),
            _owners(departments, "institutions"),
            *(tuple(map(str, data[field])) for field in _FIELDS),
        )


def _owners(departments: Departments, field: str) -> dict[str, str]:
    owners: dict[str, str] = {}
    for code, department in departments.by_code.items():
        for name in getattr(department, field):
            if owners.setdefault(name, code) != code:
                raise DataFileError(
                    f"departments.toml：“{name}”同时写在 {owners[name]} 和 {code} 的 {field} 里。"
                    "请只留一处。",
                    f"departments.toml: {name} is listed under {owners[name]} and {code}.",
                )
    return owners

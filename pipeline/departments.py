"""Who handles what: departments with duties, read from `corpora/departments.toml`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import DataFileError
from pipeline.taxonomy import Taxonomy, read_toml

Level = Literal["village", "township", "county", "prefecture"]


@dataclass(frozen=True, slots=True)
class Department:
    """A function of government and the bodies that carry it at each level.

    `county` and `township` are patterns: `{county}` and `{town}` stand for the place.
    `called` is what people call it, `institutions` what it is in charge of (学校).
    """

    code: str
    name: str
    prefecture: str
    county: str
    township: str
    duties: str
    leads: tuple[str, ...]
    helps: tuple[str, ...]
    called: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()

    def name_at(self, level: Level, place: str = "") -> str:
        """Return the body's name at a level, for a place written `县市/乡镇`.

        Without a place that fills the pattern, the prefecture's name is the honest one.

        >>> water = Department("water", "水利", "州水利和湖泊局", "{county}水利和湖泊局",
        ...                    "", "管河道", (), ())
        >>> water.name_at("county", "宣恩县/珠山镇")
        '宣恩县水利和湖泊局'
        >>> water.name_at("county")
        '州水利和湖泊局'
        """
        county, _, town = place.partition("/")
        if level in ("village", "township") and self.township and town:
            return self.township.format(county=county, town=town)
        if level != "prefecture" and county:
            return self.county.format(county=county)
        return self.prefecture


@dataclass(frozen=True)
class Departments:
    """All departments by code, in file order."""

    version: str
    by_code: Mapping[str, Department]
    digest: str

    def lead_of(self, topic: str) -> Department | None:
        """Return the department that handles a topic by default."""
        return next((d for d in self.by_code.values() if topic in d.leads), None)

    @classmethod
    def from_file(cls, path: Path, taxonomy: Taxonomy) -> "Departments":
        """Read and check the file against the taxonomy.

        Raises:
            DataFileError: a department without name or duties, a reference to a topic that
                does not exist, a topic led by no department or by two.
        """
        data = read_toml(path)
        version = str(data.pop("version", ""))
        by_code = {
            code: _read_department(code, entry, taxonomy, path.name) for code, entry in data.items()
        }
        _check_leads(by_code, taxonomy, path.name)
        return cls(version, by_code, hashlib.sha256(path.read_bytes()).hexdigest())


def _read_department(code: str, entry: Any, taxonomy: Taxonomy, source: str) -> Department:
    if not isinstance(entry, dict):
        raise DataFileError(
            f"{source}：{code} 应当是一个表 [{code}]。请检查写法。",
            f"{source}: {code} should be a table [{code}].",
        )
    for field in ("name", "prefecture", "county", "duties"):
        if not str(entry.get(field, "")).strip():
            raise DataFileError(
                f"{source}：部门 {code} 缺少 {field}。请补上一两句。",
                f"{source}: department {code} has no {field}; add it.",
            )
    for topic in [*entry.get("leads", []), *entry.get("helps", [])]:
        if topic not in taxonomy.topics:
            raise DataFileError(
                f"{source}：部门 {code} 引用了不存在的主题 {topic}。"
                "请改正，或先在 taxonomy.toml 中加上它。",
                f"{source}: department {code} refers to unknown topic {topic}; "
                "mend it or add the topic to taxonomy.toml.",
            )
    return Department(
        code=code,
        name=str(entry["name"]),
        prefecture=str(entry["prefecture"]),
        county=str(entry["county"]),
        township=str(entry.get("township", "")),
        duties=str(entry["duties"]),
        leads=tuple(entry.get("leads", ())),
        helps=tuple(entry.get("helps", ())),
        called=tuple(entry.get("called", ())),
        institutions=tuple(entry.get("institutions", ())),
    )


def _check_leads(by_code: Mapping[str, Department], taxonomy: Taxonomy, source: str) -> None:
    for topic in taxonomy.topics:
        leads = [d.code for d in by_code.values() if topic in d.leads]
        if len(leads) != 1:
            found = "、".join(leads) or "没有"
            raise DataFileError(
                f"{source}：主题 {topic} 的主办部门应恰好一个，现在是：{found}。请只留一个 leads。",
                f"{source}: topic {topic} needs exactly one leading department, has {leads}.",
            )

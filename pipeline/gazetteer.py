"""Place names of the area served, read from `corpora/gazetteer.csv`, and finding them in text.

The file has one place a row: `path` (`县市` or `县市/乡镇`), `name`, `level`, `aliases`
(joined by `|`). Names that two places share stay ambiguous unless the text says which.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.errors import DataFileError
from pipeline.records import PlaceMention

_COLUMNS = ("path", "name", "level", "aliases")


@dataclass(frozen=True, slots=True)
class Place:
    """A county-level place or a town."""

    path: str
    name: str
    level: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gazetteer:
    """All places, and the names they go by."""

    places: tuple[Place, ...]

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Every name and alias → the paths it may mean, in file order."""
        found: dict[str, list[str]] = {}
        for place in self.places:
            for name in (place.name, *place.aliases):
                paths = found.setdefault(name, [])
                if place.path not in paths:
                    paths.append(place.path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """One alternation, longest names first, so that the longest match wins."""
        names = sorted(self.names, key=lambda name: (-len(name), name))
        return re.compile("|".join(map(re.escape, names)) or r"(?!)")

    def find(self, text: str) -> list[PlaceMention]:
        """Return the places named in a normalised text, in order, without overlaps.

        A name that may mean several places is settled by a county named in the same
        text; otherwise its `path` is empty and `candidates` lists the choices.
        """
        hits = [(m.group(), m.start(), m.end()) for m in self._pattern.finditer(text)]
        counties = {
            paths[0]
            for name, _, _ in hits
            if len(paths := self.names[name]) == 1 and "/" not in paths[0]
        }
        return [self._mention(name, start, end, counties) for name, start, end in hits]

    def _mention(self, name: str, start: int, end: int, counties: set[str]) -> PlaceMention:
        paths = self.names[name]
        if len(paths) > 1:
            paths = tuple(p for p in paths if p.partition("/")[0] in counties) or paths
        if len(paths) == 1:
            return PlaceMention(name, start, end, paths[0])
        return PlaceMention(name, start, end, "", paths)

    @classmethod
    def from_file(cls, path: Path) -> "Gazetteer":
        """Read and check the gazetteer.

        Raises:
            DataFileError: a column is missing, a path is named twice, or a town's county
                is not in the file.
        """
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise DataFileError(
                    f"{path.name}：缺少列 {'、'.join(missing)}。表头应为 {','.join(_COLUMNS)}。",
                    f"{path.name}: columns {missing} are missing.",
                )
            places = tuple(
                Place(r["path"], r["name"], r["level"], _split(r["aliases"])) for r in reader
            )
        _check(places, path.name)
        return cls(places)


def innermost(mentions: Iterable[PlaceMention]) -> str:
    """Return the path of the message's place: the first town, else the first county, else ''."""
    paths = [m.path for m in mentions if m.path]
    return next((p for p in paths if "/" in p), paths[0] if paths else "")


def _split(aliases: str | None) -> tuple[str, ...]:
    return tuple(alias.strip() for alias in (aliases or "").split("|") if alias.strip())


def _check(places: tuple[Place, ...], source: str) -> None:
    paths = [place.path for place in places]
    for number, place in enumerate(places, 2):
        county = place.path.partition("/")[0]
        if not place.path or not place.name or place.path in paths[: number - 2]:
            raise DataFileError(
                f"{source}：第 {number} 行的地名 {place.path!r} 为空或重复。请改正或删去。",
                f"{source}: row {number}: path {place.path!r} is empty or repeated.",
            )
        if county not in paths:
            raise DataFileError(
                f"{source}：第 {number} 行的 {place.path} 没有对应的县市 {county}。请先加上它。",
                f"{source}: row {number}: county {county} is not in the file; add it.",
            )

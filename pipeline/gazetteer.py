"""Place names of the area served, read from `corpora/gazetteer.csv`, and finding them in text.

One name a row. A row whose `level` is `county` or `township` makes a place; any other row
(a village, a river, a sight, an institution) is a name for something inside the place its
`path` tells. Names come in three strengths:

- `name` and `aliases` are found wherever they stand;
- where `elsewhere` says `yes`, the name is borne by places outside the area too (太平镇), and
- `short` are everyday words (五里, 走马, 太平).

A name of the second kind is believed, and one of the third kind even noticed, only where the
context speaks for it: the county stands in the text, another certain place of that county
does, or the station that took the message lies there.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import DataFileError
from pipeline.matching import Match, NameMatcher
from pipeline.records import PlaceMention

_COLUMNS = ("path", "name", "level", "aliases")  # `kind short elsewhere except` may be left out
_PLACE_LEVELS = ("county", "township")
# 十五里 and 3太平 are no places: a number in front makes a short name a measure.
_NUMBER = re.compile(r"[\d一二三四五六七八九十百千两几半]")


@dataclass(frozen=True, slots=True)
class Place:
    """A name with the place it stands for (`path`: `县市` or `县市/乡镇`)."""

    path: str
    name: str
    level: str
    kind: str = ""
    aliases: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    elsewhere: bool = False
    exceptions: tuple[str, ...] = ()


class _Reading(NamedTuple):
    """What a name may mean: paths that are certain, and those that need the context."""

    certain: tuple[str, ...]
    in_context: tuple[str, ...]
    noticed: bool  # whether it is worth a question where the context is silent
    village: bool


@dataclass(frozen=True)
class Gazetteer:
    """All places, and the names they go by."""

    places: tuple[Place, ...]

    @cached_property
    def words(self) -> list[str]:
        """Every name that is no everyday word, for the segmenter to keep whole."""
        return [n for place in self.places for n in (place.name, *place.aliases)]

    @cached_property
    def readings(self) -> Mapping[str, _Reading]:
        """Every name, alias and short name → what it may mean."""
        certain: dict[str, list[str]] = {}
        in_context: dict[str, list[str]] = {}
        noticed, villages = set(), set()
        for place in self.places:
            full = (place.name, *place.aliases)
            for name in full:
                paths = (in_context if place.elsewhere else certain).setdefault(name, [])
                paths += [place.path] if place.path not in paths else []
                if not place.elsewhere or place.level in _PLACE_LEVELS:
                    noticed.add(name)
                if place.level == "village":
                    villages.add(name)
            for name in place.short:
                paths = in_context.setdefault(name, [])
                paths += [place.path] if place.path not in paths else []
        return {
            name: _Reading(
                tuple(certain.get(name, ())),
                tuple(in_context.get(name, ())),
                name in noticed,
                name in villages,
            )
            for name in {**certain, **in_context}
        }

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(place.path for place in self.places)

    @cached_property
    def _matcher(self) -> NameMatcher:
        """All names, and the phrases in which a name is none."""
        exceptions = [phrase for place in self.places for phrase in place.exceptions]
        return NameMatcher([*self.readings, *exceptions])

    def find(self, text: str, *, station: str = "") -> list[PlaceMention]:
        """Return the places named in a normalised text, in order, without overlaps.

        A name that may mean several places, or a place outside the area, is settled by the
        context; where that does not help, its `path` is empty and `candidates` lists the
        choices.

        Args:
            station: the path, or any name, of the station that took the message.
        """
        hits = self._hits(text)
        if not hits:
            return []
        certain = [self.readings[hit.name].certain for hit in hits]
        known = {paths[0] for paths in certain if len(paths) == 1} | self.paths_of(station)
        mentions = [self._mention(hit, known) for hit in hits]
        return [m for m in mentions if m.path or m.candidates]

    def paths_of(self, name: str) -> set[str]:
        """Return what a station's path or name stands for (empty where it is unknown)."""
        if not name:
            return set()
        if name in self._paths:
            return {name}
        hits = self._hits(name)
        found = [self.readings[hit.name] for hit in hits]
        paths = {p for reading in found for p in (reading.certain or reading.in_context)}
        counties = {p for p in paths if "/" not in p}
        return {p for p in paths if not counties or p.partition("/")[0] in counties}

    def _hits(self, text: str) -> list[Match]:
        hits = []
        for match in self._matcher.find(text):
            reading = self.readings.get(match.name)
            if reading is None:  # an exception
                continue
            if not reading.noticed and match.start and _NUMBER.match(text[match.start - 1]):
                continue
            hits.append(match)
        return hits

    def _mention(self, hit: Match, known: set[str]) -> PlaceMention:
        reading = self.readings[hit.name]
        counties = {path.partition("/")[0] for path in known}
        paths = reading.certain or reading.in_context
        if len(reading.certain) == 1:
            fitting: Sequence[str] = reading.certain
        else:
            fitting = [p for p in paths if p in known] or [
                p for p in paths if p.partition("/")[0] in counties
            ]
        if len(fitting) == 1:
            return PlaceMention(hit.name, hit.start, hit.end, fitting[0], village=reading.village)
        candidates = tuple(fitting or paths) if reading.noticed else ()
        return PlaceMention(hit.name, hit.start, hit.end, "", candidates)

    @classmethod
    def from_file(cls, path: Path) -> "Gazetteer":
        """Read and check the gazetteer.

        Raises:
            DataFileError: a column is missing, a path is made twice, or a row's place (or
                its county) is not in the file.
        """
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise DataFileError(
                    f"{path.name}：缺少列 {'、'.join(missing)}。表头应为 {','.join(_COLUMNS)}。",
                    f"{path.name}: columns {missing} are missing.",
                )
            places = tuple(_read_row(row) for row in reader)
        _check(places, path.name)
        return cls(places)


def innermost(mentions: Iterable[PlaceMention]) -> str:
    """Return the path of the message's place: the first town, else the first county, else ''."""
    paths = [m.path for m in mentions if m.path]
    return next((p for p in paths if "/" in p), paths[0] if paths else "")


def _read_row(row: Mapping[str, str | None]) -> Place:
    def cell(column: str) -> str:
        return (row.get(column) or "").strip()

    return Place(
        path=cell("path"),
        name=cell("name"),
        level=cell("level"),
        kind=cell("kind"),
        aliases=_split(cell("aliases")),
        short=_split(cell("short")),
        elsewhere=cell("elsewhere").lower() in ("yes", "1", "是"),
        exceptions=_split(cell("except")),
    )


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split("|") if name.strip())


def _check(places: tuple[Place, ...], source: str) -> None:
    made: set[str] = set()
    all_made = {place.path for place in places if place.level in _PLACE_LEVELS}
    for number, place in enumerate(places, 2):
        county = place.path.partition("/")[0]
        makes = place.level in _PLACE_LEVELS
        if not place.path or not place.name or (makes and place.path in made):
            raise DataFileError(
                f"{source}：第 {number} 行的地名 {place.path!r} 为空或重复。请改正或删去。",
                f"{source}: row {number}: path {place.path!r} is empty or repeated.",
            )
        if county not in all_made:
            raise DataFileError(
                f"{source}：第 {number} 行的 {place.path} 没有对应的县市 {county}。请先加上它。",
                f"{source}: row {number}: county {county} is not in the file; add it.",
            )
        if not makes and place.path not in all_made:
            raise DataFileError(
                f"{source}：第 {number} 行的 {place.name} 指向 {place.path}，但文件里没有这个地方。"
                "请改正 path，或先加上它。",
                f"{source}: row {number}: {place.path} is not in the file; mend it or add it.",
            )
        made |= {place.path} if makes else set()

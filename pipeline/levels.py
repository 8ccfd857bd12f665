"""Who should act: village, town, county or prefecture.

Read from the topic, the scope of the ask and the places named, by the tables `levels` of
`corpora/routing.toml`. A broken village lamp is not the prefecture's; a road between two
counties is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pipeline.departments import Level
from pipeline.errors import DataFileError
from pipeline.records import PlaceMention
from pipeline.taxonomy import read_toml


@dataclass(frozen=True)
class Levels:
    """The tables.

    Attributes:
        topics: the usual level of a topic; county for any other.
        words: words that speak of a scope, by level.
        small: topics of which the village's are its own.
        crossing: topics that join two places: two counties make them the prefecture's.
    """

    topics: Mapping[str, Level]
    words: Mapping[Level, Sequence[str]]
    small: Sequence[str] = ()
    crossing: Sequence[str] = ()

    def read(self, text: str, topic: str, mentions: Iterable[PlaceMention]) -> Level:
        """Return the level for a message about a topic, with the places named in it.

        >>> levels = Levels({}, {"village": ["村口"]}, small=["lamps"], crossing=["roads"])
        >>> levels.read("村口的路灯坏了", "lamps", [])
        'village'
        >>> levels.read("村口的车站", "coaches", [])
        'county'
        """
        mentions = list(mentions)
        counties = {m.path.partition("/")[0] for m in mentions if m.path}
        if topic in self.crossing and len(counties) > 1:
            return "prefecture"
        if self._speaks_of(text, "prefecture"):
            return "prefecture"
        if topic in self.small:
            if self._speaks_of(text, "village") or any(m.village for m in mentions):
                return "village"
            if self._speaks_of(text, "township") and not self._speaks_of(text, "county"):
                return "township"
        return self.topics.get(topic, "county")

    def _speaks_of(self, text: str, level: Level) -> bool:
        return any(word in text for word in self.words.get(level, ()))

    @classmethod
    def from_file(cls, path: Path) -> "Levels":
        """Read the tables `levels` of `routing.toml`.

        Raises:
            DataFileError: a level is none of the four.
        """
        tables: Mapping[str, Any] = read_toml(path).get("levels", {})
        topics, words = tables.get("topics", {}), tables.get("words", {})
        for level in (*topics.values(), *words):
            if level not in get_args(Level):
                known = "、".join(get_args(Level))
                raise DataFileError(
                    f"{path.name}：[levels] 里的层级 {level!r} 不存在。可用的：{known}。",
                    f"{path.name}: unknown level {level!r}. Available: {known}.",
                )
        scope = tables.get("scope", {})
        return cls(dict(topics), dict(words), scope.get("small", ()), scope.get("crossing", ()))

"""How soon a message needs someone, from phrases listed in `corpora/urgency.toml`.

A simple reading: phrases in, figures of speech out. It errs on the side of asking a person.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import DataFileError
from pipeline.records import Urgency
from pipeline.taxonomy import read_toml

_LEVELS: tuple[Urgency, ...] = ("emergency", "urgent")


class FoundUrgency(NamedTuple):
    """How soon, and the words that say so (none where it is normal)."""

    urgency: Urgency
    words: tuple[str, ...]


@dataclass(frozen=True)
class UrgencyPhrases:
    """Compiled phrases per level, highest level first."""

    patterns: Mapping[Urgency, re.Pattern[str]]

    def read(self, text: str) -> Urgency:
        """Return the highest urgency whose phrase stands in the text.

        >>> phrases = UrgencyPhrases.from_lists({"emergency": (["着火了"], ["差点着火"])})
        >>> phrases.read("楼下着火了"), phrases.read("去年差点着火了")
        ('emergency', 'normal')
        """
        return self.find(text).urgency

    def find(self, text: str) -> FoundUrgency:
        """Return the highest urgency, with the words that say so."""
        for level, pattern in self.patterns.items():
            words = [m.group("phrase") for m in pattern.finditer(text) if m.group("phrase")]
            if words:
                return FoundUrgency(level, tuple(dict.fromkeys(words)))
        return FoundUrgency("normal", ())

    @classmethod
    def from_lists(
        cls, lists: Mapping[Urgency, tuple[Sequence[str], Sequence[str]]]
    ) -> "UrgencyPhrases":
        """Build from phrases and exceptions per level. An exception that covers wins."""
        patterns = {}
        for level, (phrases, exceptions) in lists.items():
            spare = "|".join(map(re.escape, exceptions)) or "(?!)"
            wanted = "|".join(map(re.escape, phrases)) or "(?!)"
            patterns[level] = re.compile(f"(?:{spare})|(?P<phrase>{wanted})")
        return cls(patterns)

    @classmethod
    def from_file(cls, path: Path) -> "UrgencyPhrases":
        """Read `urgency.toml`.

        Raises:
            DataFileError: a level lists no phrases.
        """
        data = read_toml(path)
        lists: dict[Urgency, tuple[Sequence[str], Sequence[str]]] = {}
        for level in _LEVELS:
            entry = data.get(level, {})
            if not entry.get("phrases"):
                raise DataFileError(
                    f"{path.name}：[{level}] 没有 phrases。请至少写一个短语。",
                    f"{path.name}: [{level}] lists no phrases.",
                )
            lists[level] = (entry["phrases"], entry.get("except", []))
        return cls.from_lists(lists)

"""How soon a message needs someone, from phrases listed in `corpora/urgency.toml`.

A simple reading: phrases in, figures of speech out. It errs on the side of asking a person.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import DataFileError
from pipeline.matching import WordSpotter
from pipeline.records import Urgency
from pipeline.taxonomy import read_toml

_LEVELS: tuple[Urgency, ...] = ("emergency", "urgent")
_FIELDS = ("phrases", "except", "unless", "danger", "now")
# How far apart, in characters, a danger and a call for help may stand.
_NEAR = 40
_GAP = "[^，。！？；,!?;\\s]{0,10}?"
_SENTENCE = re.compile(r"[^。！？!?\n]+")


class FoundUrgency(NamedTuple):
    """How soon, and the words that say so (none where it is normal)."""

    urgency: Urgency
    words: tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """What makes a message this urgent, and what only looks like it.

    Attributes:
        urgency: what a message becomes.
        phrase: the phrases that count, which end in a group, and (first) the exceptions that
            cover them, which do not.
        unless: words that make a sentence speak of something past, feared or told.
        danger, now: words that count where they stand near each other.
        anchors: words of which one stands in every sentence that counts.
    """

    urgency: Urgency
    phrase: re.Pattern[str]
    unless: re.Pattern[str]
    danger: re.Pattern[str]
    now: re.Pattern[str]
    anchors: frozenset[str]

    def words(self, text: str, at: Sequence[int]) -> tuple[str, ...]:
        """Return the words that count, each once, in order.

        Args:
            at: where anchors start; other sentences are not looked at.
        """
        found: list[str] = []
        for sentence in _SENTENCE.finditer(text) if at else ():
            if not any(sentence.start() <= start < sentence.end() for start in at):
                continue
            if not self.unless.search(sentence.group()):
                found += [m.group() for m in self.phrase.finditer(sentence.group()) if m.lastindex]
                found += self._near(text, sentence)
        return tuple(dict.fromkeys(word for word in found if word))

    def _near(self, text: str, sentence: re.Match[str]) -> list[str]:
        """Return a call for help in this sentence with the danger that stands near it."""
        for call in self.now.finditer(text, sentence.start(), sentence.end()):
            low, high = max(0, call.start() - _NEAR), call.end() + _NEAR
            danger = self.danger.search(text, low, high)
            if danger:
                return [danger.group(), call.group()]
        return []


@dataclass(frozen=True)
class UrgencyPhrases:
    """The levels, highest first."""

    levels: Sequence[Level]

    def read(self, text: str) -> Urgency:
        """Return the highest urgency whose phrase stands in the text.

        >>> phrases = UrgencyPhrases.from_lists(
        ...     {"emergency": (["着火了", "电线…掉"], ["心里着火了"], ["去年"])}
        ... )
        >>> [phrases.read(t) for t in ("楼下着火了", "去年着火了", "我心里着火了", "电线又掉下来")]
        ['emergency', 'normal', 'normal', 'emergency']
        """
        return self.find(text).urgency

    def find(self, text: str) -> FoundUrgency:
        """Return the highest urgency, with the words that say so."""
        spotted = self._spotter.spot(text)
        for level in self.levels if spotted else ():
            at = [start for word, start in spotted if self._anchors[word] in level.anchors]
            words = level.words(text, at)
            if words:
                return FoundUrgency(level.urgency, words)
        return FoundUrgency("normal", ())

    @cached_property
    def _anchors(self) -> list[str]:
        return sorted(frozenset[str]().union(*(level.anchors for level in self.levels)))

    @cached_property
    def _spotter(self) -> WordSpotter:
        return WordSpotter(self._anchors)

    @classmethod
    def from_lists(cls, lists: Mapping[Urgency, Sequence[Sequence[str]]]) -> "UrgencyPhrases":
        """Build from lists per level, highest first: phrases, exceptions, unless, danger, now.

        An exception that starts where a phrase does, or before it, wins. Lists may be left
        out from the end.
        """
        return cls(
            [
                Level(
                    urgency,
                    re.compile(_phrase_pattern(exceptions, phrases)),
                    re.compile(_any_of(unless)),
                    re.compile(_any_of(danger)),
                    re.compile(_any_of(now)),
                    frozenset(map(_anchor, [*phrases, *now])),
                )
                for urgency, given in lists.items()
                for phrases, exceptions, unless, danger, now in [[*given, [], [], [], []][:5]]
            ]
        )

    @classmethod
    def from_file(cls, path: Path) -> "UrgencyPhrases":
        """Read `urgency.toml`.

        Raises:
            DataFileError: a level lists no phrases.
        """
        data = read_toml(path)
        lists: dict[Urgency, Sequence[Sequence[str]]] = {}
        for urgency in _LEVELS:
            entry = data.get(urgency, {})
            if not entry.get("phrases"):
                raise DataFileError(
                    f"{path.name}：[{urgency}] 没有 phrases。请至少写一个短语。",
                    f"{path.name}: [{urgency}] lists no phrases.",
                )
            lists[urgency] = [entry.get(field, []) for field in _FIELDS]
        return cls.from_lists(lists)


def _anchor(phrase: str) -> str:
    """Return the longest word of a phrase: where that is missing, so is the phrase.

    >>> _anchor("桥面…塌"), _anchor("塌方")
    ('桥面', '塌方')
    """
    return max(phrase.split("…"), key=len)


def _phrase_pattern(exceptions: Sequence[str], phrases: Sequence[str]) -> str:
    """Return a pattern for the exceptions or, where none fits, the phrases.

    By first characters: a search then skips to the next of them, and tries only what begins
    with it. Within one they keep their order.
    """
    first = dict.fromkeys(word[:1] for word in (*exceptions, *phrases))
    if "…" in first or "" in first:
        return f"{_any_of(exceptions)}|{_any_of(phrases)}()"
    return "|".join(
        re.escape(c)
        + f"(?:{_any_of([e[1:] for e in exceptions if e[0] == c])}"
        + f"|{_any_of([p[1:] for p in phrases if p[0] == c])}())"
        for c in first
    )


def _any_of(phrases: Sequence[str]) -> str:
    """Return a pattern for any of the phrases; `…` spans a few characters of one clause."""
    longest_first = sorted(phrases, key=len, reverse=True)
    patterns = (re.escape(p).replace("…", _GAP) for p in longest_first)
    return "(?:" + "|".join(patterns) + ")" if phrases else "(?!)"

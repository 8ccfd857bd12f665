"""Leaving out of a message what many messages say whatever they are about.

Salutations, thanks and the hotline's formulas make short messages look alike. What they are
is data (`corpora/boilerplate.toml`), written with alternatives in brackets and spelt out when
read, so that one automaton finds thousands of wordings in one pass.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path

from pipeline.errors import DataFileError
from pipeline.home import data_path
from pipeline.matching import NameMatcher
from pipeline.taxonomy import read_toml

_LISTS = ("openings", "closings", "hotline")
# One line of the file stands for at most so many wordings; more is a slip of the hand.
_MOST = 20_000
# Two characters are too little to tell one complaint from another.
_LEAST = 3

_PLACEHOLDER = re.compile(r"[［\[][^［\[\]］\d]{1,6}[］\]]")
_NOT_A_WORD = re.compile(r"[\W_]+")
# Both patterns begin with one set of characters: `re` then skips all others at once.
_DIGITS = re.compile(
    r"\d(?:\d{3}(?:年|[-/.－／．])\d{1,2}(?:月|[-/.－／．])(?:\d{1,2}[日号]?)?"  # 2023-05-07
    r"|\d?月\d{1,2}[日号]?|\d{3}年|\d?[:：]\d\d(?:[:：]\d\d)?"  # 5月7日, 2023年, 12:30
    r"|\d{2,3}[ *\-]{1,5}\d{4,8}(?:[ \-]\d{4})?|\d{6,})"  # 138 0013 8000, 138****8000
)
_SPELT_DATE = re.compile(
    "[〇零一二三四五六七八九十](?:[〇零一二三四五六七八九]{3}年(?:[一二三四五六七八九十]{1,2}月)?"
    "(?:[一二三四五六七八九十]{1,3}[日号])?|[一二]?月[一二三四五六七八九十]{1,3}[日号])"
)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_PART = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Boilerplate:
    """The wordings that say nothing of their own, and the version of the file they are from."""

    version: str
    wordings: frozenset[str]

    @cached_property
    def _matcher(self) -> NameMatcher:
        return NameMatcher(sorted(self.wordings))

    def strip(self, text: str) -> str:
        """Return the text's own words, run together; empty where it has none.

        What moves together when something is left out may be boilerplate again, so this is
        repeated until nothing changes: stripping a stripped text changes nothing.
        """
        text = _PLACEHOLDER.sub(" ", text)
        bare = _NOT_A_WORD.sub("", _DIGITS.sub(" ", text))
        bare = _NOT_A_WORD.sub("", unicodedata.normalize("NFKC", bare).lower())
        while (shorter := self._pass(bare)) != bare:
            bare = shorter
        return bare if len(bare) >= _LEAST else ""

    def _pass(self, bare: str) -> str:
        pieces, position = [], 0
        for found in self._matcher.find(bare):
            pieces.append(bare[position : found.start])
            position = found.end
        rest = "".join([*pieces, bare[position:]])
        return _SPELT_DATE.sub("", _DIGITS.sub("", rest))

    @classmethod
    def from_file(cls, path: Path) -> "Boilerplate":
        """Read and check the file.

        Raises:
            DataFileError: a list is missing, a bracket is not closed, a part is not listed
                under `[parts]`, or a line may be read as nothing at all or in too many ways.
        """
        data = read_toml(path)
        missing = [name for name in _LISTS if not isinstance(data.get(name), list)]
        if missing:
            raise DataFileError(
                f'{path.name}：缺少列表 {"、".join(missing)}。请写成 {missing[0]} = ["…"]。',
                f"{path.name}: the lists {missing} are missing.",
            )
        parts = data.get("parts", {})
        lines = [str(line) for name in _LISTS for line in data[name]]
        wordings = {w for line in lines for w in _spell_out(line, parts, path.name)}
        return cls(str(data.get("version", "")), frozenset(wordings))


@cache
def default_boilerplate() -> Boilerplate:
    """Return the rules of `corpora/boilerplate.toml`, read once."""
    return Boilerplate.from_file(data_path("boilerplate.toml"))


def strip_boilerplate(text: str) -> str:
    """Return what a message says of its own, without blanks and punctuation.

    >>> strip_boilerplate("尊敬的领导您好！我们村的路灯坏了。请相关部门核实处理，谢谢！")
    '我们村的路灯坏了'
    >>> strip_boilerplate("来电人反映：［姓名］家2023年5月7日起停水，电话138 0013 8000")
    '家起停水电话'
    >>> strip_boilerplate("领导好，望回复，谢谢！")
    ''
    """
    return default_boilerplate().strip(text)


def _spell_out(line: str, parts: Mapping[str, list[str]], source: str) -> Iterator[str]:
    """Yield every wording a line stands for.

    >>> sorted(_spell_out("[各位|]领导{好}", {"好": ["好", "们好"]}, ""))
    ['各位领导们好', '各位领导好', '领导们好', '领导好']
    """
    choices = _choices(line, parts, source)
    count = math.prod(map(len, choices))
    if count > _MOST or all("" in choice for choice in choices):
        raise DataFileError(
            f"{source}：“{line}”有 {count} 种说法，或者可以什么都不说。"
            f"请拆成几行（每行至多 {_MOST} 种），留下必有的字。",
            f"{source}: {line!r} has {count} wordings, or an empty one; split it.",
        )
    return map("".join, product(*choices))


def _choices(line: str, parts: Mapping[str, list[str]], source: str) -> list[list[str]]:
    """Cut a line into its parts, each the list of its wordings."""

    def wordings(match: re.Match[str]) -> str:
        if match[1] not in parts:
            known = "、".join(parts) or "（还没有）"
            raise DataFileError(
                f"{source}：“{line}”里的 {{{match[1]}}} 没有定义。[parts] 里有：{known}。",
                f"{source}: {line!r} names an unknown part; available: {known}.",
            )
        inside = "|".join(parts[match[1]])
        in_bracket = line.rfind("[", 0, match.start()) > line.rfind("]", 0, match.start())
        return inside if in_bracket else f"[{inside}]"

    pieces = _BRACKET.split(_PART.sub(wordings, line))
    if any(set("[]{}|") & set(outside) for outside in pieces[::2]):
        raise DataFileError(
            f"{source}：“{line}”的括号没有配好。请写成 [甲|乙]。",
            f"{source}: {line!r} has an unmatched bracket.",
        )
    return [p.split("|") if i % 2 else [p] for i, p in enumerate(pieces) if i % 2 or p]

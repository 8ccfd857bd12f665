"""Blanks and marks that stand too often."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from pipeline.normalise.edits import Edit, fixer

_CJK = r"㐀-䶿一-鿿，。；：？！、“”‘’（）《》【】…—"
_UNITS = re.compile(rf"[{_CJK}]+(?:[ \t\u3000]+[{_CJK}]+)+")
_BLANK = re.compile(r"[ \t\u3000]+")
_UNIT = re.compile(rf"[{_CJK}]+")
_HEADING = re.compile(r"(?<!\w)[㐀-䶿一-鿿][ \t\u3000]+[㐀-䶿一-鿿](?=[:：])")

# Longer than this and a stretch between blanks is a phrase.
LONGEST_SCRAP = 3
_PARTICLES = "的了着过是在和与及就也都把被"


@fixer
def close_blanks(text: str) -> Iterable[Edit]:
    """Close the blanks that OCR sets between characters.

    Writers also use blanks for commas: a row of stretches counts as OCR only where a good
    part of them are single characters.

    >>> close_blanks("修 路 用 5 万元，张三 李四 王五，路灯坏了 没人修")
    '修路用 5 万元，张三 李四 王五，路灯坏了 没人修'
    """
    return _close(text) if _has_blank(text) else ()


def _has_blank(text: str) -> bool:
    return " " in text or "\u3000" in text or "\t" in text


def _close(text: str) -> Iterator[Edit]:
    for row in _UNITS.finditer(text):
        for start, end in _scattered(row.group()):
            for blank in _BLANK.finditer(row.group(), start, end):
                yield Edit(row.start() + blank.start(), row.start() + blank.end(), "")


def _scattered(row: str) -> Iterator[tuple[int, int]]:
    """Yield stretches of a row whose units are short and often single characters."""
    units = [(m.start(), m.end()) for m in _UNIT.finditer(row)]
    for is_short, group in groupby(
        enumerate(units), key=lambda u: u[1][1] - u[1][0] <= LONGEST_SCRAP
    ):
        members = list(group)
        first, last = members[0][0], members[-1][0]
        words = [row[start:end] for _, (start, end) in members]
        if is_short and len(words) >= 3 and _is_scattered(words):
            # The words at both ends of such a stretch were torn off as well.
            yield units[max(0, first - 1)][0], units[min(len(units) - 1, last + 1)][1]


def _is_scattered(words: Sequence[str]) -> bool:
    """Whether a third are single characters, or one is a particle that no blank sets off."""
    singles = [word for word in words if len(word) == 1]
    particle = any(word in _PARTICLES for word in singles)
    return particle or (len(singles) >= 2 and len(singles) * 3 >= len(words))


@fixer
def join_headings(text: str) -> Iterable[Edit]:
    """Join a heading of two characters that was set wide, as forms have it.

    >>> join_headings("时  间：三月；姓　名:张三 李四")
    '时间：三月；姓名:张三 李四'
    """
    for match in _HEADING.finditer(text) if _has_blank(text) else ():
        blank = _BLANK.search(text, match.start())
        if blank:
            yield Edit(blank.start(), blank.end(), "")


_REPEATED = re.compile(r"([，。；：、！？!?;,~～·…—.=_-])\1+")
_ADDRESS = re.compile(r"(?:https?://|www\.|[\w.+-]+@)\S+", re.A)
# How often a mark may stand: twice is a slip for ， and 。; twice is a voice raised for ！ and ？;
# 省略号 and 破折号 are two characters long; three dots or dashes are old habits of typing.
_ALLOWED = dict.fromkeys("，。；：、", 1) | dict.fromkeys("！？!?;,~～·", 2) | {"…": 2, "—": 2}
_SHORTENED = {"…": "……", "—": "——", ".": "...", "-": "---", "=": "===", "_": "___"}


@fixer
def shorten_repeats(text: str) -> Iterable[Edit]:
    """Shorten repeated punctuation, not inside addresses.

    >>> shorten_repeats("太吵了！！！！真的，，吵…………http://a.cn/?????x")
    '太吵了！真的，吵……http://a.cn/?????x'
    """
    repeats = [m for m in _REPEATED.finditer(text) if len(m.group()) > _ALLOWED.get(m.group(1), 3)]
    addresses = [m.span() for m in _ADDRESS.finditer(text)] if repeats else []
    for match in repeats:
        if not any(start <= match.start() < end for start, end in addresses):
            mark = match.group(1)
            yield Edit(match.start(), match.end(), _SHORTENED.get(mark, mark))

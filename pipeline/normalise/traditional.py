"""Traditional characters become Simplified, and nothing else does."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import opencc

from pipeline.normalise.edits import Edit, fixer

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")
# Place names that OpenCC does not know keep their character, and 甚 behaves before 麼.
_KEPT = re.compile(
    r"乾(?=[隆坤县縣州安潭佑陵清])|乾(?=[一-鿿]?卦)|於(?=潜|潛)|(?<=樊)於|(?<=[狼慰])藉|瞭(?=望)"
)
_PHRASES = (("甚麼", "什么"), ("甚么", "什么"))


@fixer
def simplify(text: str) -> Iterable[Edit]:
    """Convert Traditional characters, in the sentences that have any.

    OpenCC's `tw2s`: `t2s` leaves 沿著, `tw2sp` turns 程序 into 进程 (house notes). Characters
    that Simplified text has too (乾, 著, 於, 藉) do not make a sentence Traditional.

    >>> simplify("鄉鎮的道路"), simplify("乾隆年间的面馆，著名。"), simplify("乾州古城的遊客")
    ('乡镇的道路', '乾隆年间的面馆，著名。', '乾州古城的游客')
    """
    if not _maybe_traditional().search(text):
        return ()
    return _convert(text) if traditional_characters().search(text) else ()


def _convert(text: str) -> Iterator[Edit]:
    traditional = traditional_characters()
    for sentence in _SENTENCE.finditer(text):
        old = sentence.group()
        if not traditional.search(old):
            continue
        for phrase, new_phrase in _PHRASES:
            old = old.replace(phrase, new_phrase)
        new = str(_converter().convert(old))
        if len(new) != len(old):
            yield Edit(sentence.start(), sentence.end(), new)
            continue
        kept = {match.start() for match in _KEPT.finditer(sentence.group())}
        for index, (before, after) in enumerate(zip(sentence.group(), new, strict=True)):
            if before != after and index not in kept:
                yield Edit(sentence.start() + index, sentence.start() + index + 1, after)


@cache
def _converter() -> Any:
    return opencc.OpenCC("tw2s")


@cache
def simplified_forms() -> dict[str, str]:
    """Every character that OpenCC changes when it stands alone, with what it becomes."""
    characters = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    converted = str(_converter().convert("\n".join(characters))).split("\n")
    return {old: new for old, new in zip(characters, converted, strict=True) if old != new}


@cache
def traditional_characters() -> re.Pattern[str]:
    """Characters that Simplified text does not use: OpenCC changes them, GB 2312 lacks them.

    GB 2312 has a few all the same; of these 後 and 夥 tell, and 於 in the words it is used in.
    """
    only = _only_traditional()
    return re.compile(f"[{only}後夥]|(?<=[由对关至位属处等在鉴基终])於|於(?=是)")


@cache
def _maybe_traditional() -> re.Pattern[str]:
    """One class of characters, which a search skips through, before the words around them."""
    return re.compile(f"[{_only_traditional()}後夥於]")


@cache
def _only_traditional() -> str:
    return "".join(c for c in simplified_forms() if not in_gb2312(c))


def in_gb2312(character: str) -> bool:
    """Whether the Simplified standard set of 1980 has a character."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True

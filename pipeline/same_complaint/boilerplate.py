"""What a message has in common with all others: salutations, closings, dates, numbers, signs.

Two messages must never be taken for one complaint because both are polite.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from pipeline.home import data_path
from pipeline.matching import NameMatcher

_PLACEHOLDER = re.compile(r"［[^］]{1,8}］")
_NUMBER = re.compile(r"\d[\d年月日时分秒号:.\-/]*")
_SIGN = re.compile(r"[\W_]+")


def strip_boilerplate(text: str) -> str:
    """Return the text without what says nothing about its matter; '' where nothing is left.

    >>> strip_boilerplate("尊敬的领导您好：2026年3月5日，村口路灯坏了，请相关部门核实处理，谢谢！")
    '村口路灯坏了'
    >>> strip_boilerplate("领导您好，望回复，谢谢！")
    ''
    """
    for pattern in (_PLACEHOLDER, _NUMBER):
        text = pattern.sub("", text)
    text = _SIGN.sub("", text).lower()
    kept, end = [], 0
    for phrase in _phrases().find(text):
        kept.append(text[end : phrase.start])
        end = phrase.end
    return "".join([*kept, text[end:]])


@lru_cache(maxsize=1)
def _phrases() -> NameMatcher:
    lines = data_path("boilerplate.txt").read_text("utf-8").splitlines()
    return NameMatcher(_clean(lines))


def _clean(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        phrase = _SIGN.sub("", line).lower()
        if phrase and not line.startswith("#"):
            yield phrase

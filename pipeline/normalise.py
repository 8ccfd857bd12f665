"""Repairing text before anything reads it: small named fixers in one ordered plan.

Every fixer is `str -> str`, does one thing, and leaves clean text alone; the result says
which of them changed something.
"""

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import opencc


class TextSpan(NamedTuple):
    """A stretch of text by its first code point and the one after its last."""

    start: int
    end: int


class SensitiveSpan(NamedTuple):
    """A stretch that holds personal data of a kind, e.g. `手机号`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text before and after repair."""

    raw: str
    text: str
    repairs: tuple[str, ...]
    garbled: tuple[TextSpan, ...]


Fixer = Callable[[str], str]

_HAN = r"㐀-䶿一-鿿"
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_TAG = re.compile(
    r"</?(?:p|br|div|span|b|i|u|a|strong|em|font|table|tr|td|img|li|ul|ol)\b[^<>]*>", re.I
)
_GLOSS = re.compile(
    rf"(?<=[{_HAN}])[(（](?=[a-zɑɡü\u0300-\u036f]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ\u0300\u0301\u0304\u030c])"
    rf"[a-zɑɡüāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ\u0300-\u036f]{{1,9}}[)）]"
)
_CJK_BLANK = re.compile(rf"(?<=[{_HAN}，。；：？！、])[ \t\u3000]+(?=[{_HAN}，。；：？！、])")
_REPEATED = re.compile(r"([，。！？；：、,!?;~～…·—-])\1{2,}")
_GARBLED = re.compile(r"\ufffd+|(?:锟斤拷)+|(?:烫烫烫)+|(?:屯屯屯)+")


def remove_control_characters(text: str) -> str:
    """Remove control and zero-width characters, which split words invisibly.

    >>> remove_control_characters("污\\u200b水\\x00")
    '污水'
    """
    return _CONTROL.sub("", text)


def resolve_html(text: str) -> str:
    """Resolve HTML entities and drop tags that scraping left behind.

    >>> resolve_html("<p>停水&nbsp;三天</p>")
    '停水 三天'
    """
    if "&" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m.group()).replace("\xa0", " "), text)
    return _TAG.sub("", text) if "<" in text else text


def fold_width(text: str) -> str:
    """Fold full-width letters and digits; Chinese punctuation stays as it is.

    >>> fold_width("１２３４５热线，Ａ３区")
    '12345热线，A3区'
    """
    folded = unicodedata.normalize("NFC", text)
    return folded.translate(_FULL_WIDTH)


def drop_pinyin_glosses(text: str) -> str:
    """Drop a toned pinyin syllable in brackets behind a Chinese character.

    >>> drop_pinyin_glosses("系統(tǒng)里的(wifi)(A)")
    '系統里的(wifi)(A)'
    """
    return _GLOSS.sub("", text) if "(" in text or "（" in text else text


def simplify(text: str) -> str:
    """Convert Traditional characters, only where the text has any.

    OpenCC's `tw2s`: `t2s` leaves 沿著, `tw2sp` turns 程序 into 进程 (house notes).

    >>> simplify("鄉鎮的道路"), simplify("乾隆年间的面馆")
    ('乡镇的道路', '乾隆年间的面馆')
    """
    return str(_converter().convert(text)) if _traditional().search(text) else text


def close_blanks(text: str) -> str:
    """Close blanks between Chinese characters, which OCR and copying leave.

    >>> close_blanks("修 路 用 5 万元")
    '修路用 5 万元'
    """
    return _CJK_BLANK.sub("", text)


def shorten_repeats(text: str) -> str:
    """Shorten a punctuation mark repeated three times or more to one.

    >>> shorten_repeats("太吵了！！！！")
    '太吵了！'
    """
    return _REPEATED.sub(r"\1", text)


PLAN: tuple[tuple[str, Fixer], ...] = (
    ("control_characters", remove_control_characters),
    ("html", resolve_html),
    ("width", fold_width),
    ("pinyin_gloss", drop_pinyin_glosses),
    ("traditional", simplify),
    ("cjk_blanks", close_blanks),
    ("repeated_punctuation", shorten_repeats),
)


def normalise(raw: str) -> Normalised:
    """Repair a text and say what was done."""
    text, repairs = raw.strip(), []
    for name, fix in PLAN:
        fixed = fix(text)
        if fixed != text:
            repairs.append(name)
            text = fixed
    garbled = tuple(TextSpan(m.start(), m.end()) for m in _GARBLED.finditer(text))
    return Normalised(raw, text, tuple(repairs), garbled)


_SENSITIVE = re.compile(
    r"(?<![\d.])(?P<mobile>1[3-9]\d(?:[ -]?\d{4}){2})(?!\d)"
    r"|(?<!\d)(?P<identity>[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?!\d)"
    # ASCII and bounded: `\w` would walk every run of Chinese characters again and again.
    r"|(?<![A-Za-z0-9._%+-])(?P<email>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
)
_KINDS = {"mobile": "手机号", "identity": "身份证号", "email": "电子邮箱"}


def find_sensitive(text: str) -> tuple[SensitiveSpan, ...]:
    """Find mobile numbers, ID-card numbers and e-mail addresses."""
    return tuple(
        SensitiveSpan(m.start(), m.end(), _KINDS[m.lastgroup or ""])
        for m in _SENSITIVE.finditer(text)
    )


def mask(text: str) -> str:
    """Replace personal data by its kind.

    >>> mask("联系我 138 0013 8000")
    '联系我 ［手机号］'
    """
    return _SENSITIVE.sub(lambda m: f"［{_KINDS[m.lastgroup or '']}］", text)


_FULL_WIDTH = {
    code: code - 0xFEE0
    for first, last in (("０", "９"), ("Ａ", "Ｚ"), ("ａ", "ｚ"))
    for code in range(ord(first), ord(last) + 1)
}


@cache
def _converter() -> Any:
    return opencc.OpenCC("tw2s")


@cache
def _traditional() -> re.Pattern[str]:
    """Characters that only Traditional text has: those OpenCC changes taken alone."""
    characters = (chr(code) for code in range(0x4E00, 0xA000))
    converter = _converter()
    changed = "".join(c for c in characters if c != "乾" and converter.convert(c) != c)
    return re.compile(f"[{changed}]")

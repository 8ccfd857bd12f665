"""The automatic numbers of a docx: they are not in its text, only in numbering.xml.

Source: ECMA-376, part 1, sections 17.9 (numbering) and 17.18.59 (number formats).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "零一二三四五六七八九"
_PLACEHOLDER = re.compile(r"%(\d)")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: what is counted how, and the text around the number."""

    format: str
    text: str
    start: int


@dataclass
class Numbering:
    """Counts the list paragraphs of one document in order.

    Attributes:
        levels: list id → level → how it is numbered.
        styles: paragraph style → the list and level it is numbered by.
    """

    levels: Mapping[str, Mapping[int, Level]]
    styles: Mapping[str, tuple[str, int]]
    _counters: dict[str, dict[int, int]] = field(default_factory=dict)

    def label(self, paragraph: Element) -> str:
        """Return the number in front of a paragraph (`（二）`), '' where it has none."""
        found = self._list_of(paragraph)
        if found is None:
            return ""
        list_id, depth = found
        levels = self.levels.get(list_id, {})
        if depth not in levels:
            return ""
        counters = self._counters.setdefault(list_id, {})
        counters[depth] = counters.get(depth, levels[depth].start - 1) + 1
        for deeper in [d for d in counters if d > depth]:
            del counters[deeper]
        if levels[depth].format == "bullet":
            return "• "

        def shown(match: re.Match[str]) -> str:
            level = int(match.group(1)) - 1
            number = counters.get(level, levels[level].start if level in levels else 1)
            return format_number(number, levels[level].format if level in levels else "decimal")

        return _PLACEHOLDER.sub(shown, levels[depth].text)

    def _list_of(self, paragraph: Element) -> tuple[str, int] | None:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return None
        style = properties.find(f"{W}pStyle")
        by_style = self.styles.get(_value(style)) if style is not None else None
        numbered = properties.find(f"{W}numPr")
        if numbered is None:
            return by_style
        list_id = _value(numbered.find(f"{W}numId")) or (by_style[0] if by_style else "")
        depth = _value(numbered.find(f"{W}ilvl"))
        if not list_id or list_id == "0":  # 0 takes a paragraph out of its style's list
            return None
        return list_id, int(depth or (by_style[1] if by_style else 0))


def read_numbering(numbering: Element | None, styles: Element | None) -> Numbering:
    """Read numbering.xml and the numbered styles of styles.xml; either may be missing."""
    if numbering is None:
        return Numbering({}, {})
    shapes = {
        shape.get(f"{W}abstractNumId", ""): {
            int(level.get(f"{W}ilvl", "0")): _read_level(level)
            for level in shape.findall(f"{W}lvl")
        }
        for shape in numbering.findall(f"{W}abstractNum")
    }
    levels = {}
    for instance in numbering.findall(f"{W}num"):
        shape = dict(shapes.get(_value(instance.find(f"{W}abstractNumId")), {}))
        for override in instance.findall(f"{W}lvlOverride"):
            depth = int(override.get(f"{W}ilvl", "0"))
            changed, start = override.find(f"{W}lvl"), override.find(f"{W}startOverride")
            if changed is not None:
                shape[depth] = _read_level(changed)
            if start is not None and depth in shape:
                old = shape[depth]
                shape[depth] = Level(old.format, old.text, int(_value(start) or 1))
        levels[instance.get(f"{W}numId", "")] = shape
    return Numbering(levels, _numbered_styles(styles))


def format_number(number: int, style: str) -> str:
    """Write a number as a list shows it.

    >>> [format_number(n, "chineseCounting") for n in (1, 10, 12, 20, 35)]
    ['一', '十', '十二', '二十', '三十五']
    >>> format_number(3, "decimalEnclosedCircle"), format_number(4, "upperRoman")
    ('③', 'IV')
    >>> format_number(28, "lowerLetter"), format_number(2, "ideographTraditional")
    ('bb', '乙')
    """
    writer = _FORMATS.get(style)
    return writer(number) if writer and number > 0 else str(number)


def _chinese(number: int) -> str:
    if number >= 100:
        return "".join(_DIGITS[int(d)] for d in str(number)).replace("零", "〇")
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones or not tens else "")


_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
    (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        written += letters * (number // value)
        number %= value
    return written


def _letter(number: int) -> str:
    times, index = divmod(number - 1, 26)
    return chr(ord("a") + index) * (times + 1)


def _one_of(signs: str) -> Callable[[int], str]:
    return lambda number: signs[number - 1] if number <= len(signs) else str(number)


_FORMATS: Mapping[str, Callable[[int], str]] = {
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "ideographDigital": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "chineseLegalSimplified": _one_of("壹贰叁肆伍陆柒捌玖拾"),
    "ideographTraditional": _one_of("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _one_of("子丑寅卯辰巳午未申酉戌亥"),
    "decimalEnclosedCircle": _one_of("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedCircleChinese": _one_of("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalFullWidth": lambda number: str(number).translate(
        {ord("0") + i: 0xFF10 + i for i in range(10)}
    ),
    "decimalZero": lambda number: f"{number:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda number: _roman(number).lower(),
    "upperLetter": lambda number: _letter(number).upper(),
    "lowerLetter": _letter,
    "none": lambda number: "",
}


def _read_level(level: Element) -> Level:
    return Level(
        _value(level.find(f"{W}numFmt")) or "decimal",
        _value(level.find(f"{W}lvlText")),
        int(_value(level.find(f"{W}start")) or 1),
    )


def _numbered_styles(styles: Element | None) -> dict[str, tuple[str, int]]:
    found = {}
    for style in styles.findall(f"{W}style") if styles is not None else []:
        numbered = style.find(f"{W}pPr/{W}numPr")
        list_id = _value(numbered.find(f"{W}numId")) if numbered is not None else ""
        if numbered is not None and list_id:
            depth = int(_value(numbered.find(f"{W}ilvl")) or 0)
            found[style.get(f"{W}styleId", "")] = (list_id, depth)
    return found


def _value(element: Element | None) -> str:
    return element.get(f"{W}val", "") if element is not None else ""

"""Characters that are not what they look like: invisible ones, wide ones, double ones."""

import re
import unicodedata
from collections.abc import Iterable

from pipeline.normalise.edits import Edit, fixer, substitute

# Zero-width joiners and variation selectors belong to emoji; elsewhere they split words.
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_JOINER = f"(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])"
_CONTROL = re.compile(
    r"(?P<newline>\r\n?|[\x0b\x0c\x85\u2028\u2029]|_x000[DdBb]_\n?)"
    r"|_x00[01][0-9A-Fa-f]_"  # how Excel writes a control character into a cell
    r"|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200c\u200e\u200f"
    r"\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef]"
    r"|(?<=[\u2e80-\u9fff])[\ufe00-\ufe0f]|" + _JOINER
)

_MAYBE_CONTROL = re.compile("[^ -~\\t\\n\u2010-\u2027\u2030-\u205e\u2070-\ufdff\uff00-\uffef]")


@fixer
def remove_control_characters(text: str) -> Iterable[Edit]:
    r"""Remove control and zero-width characters; every kind of line end becomes `\n`.

    >>> remove_control_characters("污\u200b水\x00，\r\n臭")
    '污水，\n臭'
    """
    if not _MAYBE_CONTROL.search(text) and "_x00" not in text:
        return ()
    return substitute(_CONTROL, lambda m: "\n" if m["newline"] else "", text)


# Characters that PDF readers give for a radical that is a whole character. NFKC knows the
# Kangxi radicals (U+2F00); of the supplement (U+2E80) it knows two.
_RADICALS = dict(
    zip(
        "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻬⻮⻰⻳",
        "母民虎西见角贝车长门青韦页风飞食马骨鬼鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)
_RADICAL = re.compile(r"[\u2e80-\u2fdf]")
# A character with the marks behind it: what NFC may change lies inside such a cluster.
_COMPOSED = re.compile(
    r"[^\x00-\x7f\u4e00-\u9fff][\u0300-\u036f\u3099\u309a]*|[\x00-\x7f][\u0300-\u036f]+"
)


@fixer
def compose_unicode(text: str) -> Iterable[Edit]:
    """Give every character its one code point: NFC, and radicals become characters.

    NFKC would also turn ， into a comma and ㎡ into m2 (house notes).

    >>> compose_unicode("⻓⼭ lu\u0308\u030c 30㎡，①")
    '长山 lǚ 30㎡，①'
    """
    if unicodedata.is_normalized("NFC", text) and not _RADICAL.search(text):
        return ()
    return substitute(_COMPOSED, lambda m: _compose(m.group()), text)


def _compose(cluster: str) -> str:
    radical = _RADICALS.get(cluster)
    if radical:
        return radical
    form = "NFKC" if "\u2f00" <= cluster[0] <= "\u2fdf" else "NFC"
    return unicodedata.normalize(form, cluster)  # type: ignore[arg-type]


# ，。？！：；（） and ～ ￥ ［］ are how Chinese is written; letters, digits and signs are not.
_WIDE = re.compile(
    r"[\xa0\u2000-\u200a\u202f\u205f﹐﹑﹔﹕﹖﹗＂＃＄％＆＇＊＋－．／０-９＜＝＞＠Ａ-Ｚ＼＾＿｀ａ-ｚ｛｜｝｡｢｣､]"
)
_NARROW = dict(zip("｡｢｣､﹐﹑﹔﹕﹖﹗", "。「」、，、；：？！", strict=True)) | dict.fromkeys(
    "\xa0\u202f\u205f" + "".join(map(chr, range(0x2000, 0x200B))), " "
)


@fixer
def fold_width(text: str) -> Iterable[Edit]:
    """Fold full-width letters, digits and signs; Chinese punctuation stays as it is.

    Small and half-width forms of it become the usual ones, and blanks of any width a blank.

    >>> fold_width("１２３４５热线，Ａ３区（５０％）｡")
    '12345热线，A3区（50%）。'
    """
    return substitute(_WIDE, lambda m: _NARROW.get(m.group()) or chr(ord(m.group()) - 0xFEE0), text)

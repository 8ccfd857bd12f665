"""The reading that some converters put in brackets behind every converted character."""

import re
from collections.abc import Iterable

from pipeline.normalise.edits import Edit, fixer

_TONED = {
    "a": "āáǎàɑ",
    "o": "ōóǒò",
    "e": "ēéěèê",
    "i": "īíǐì",
    "u": "ūúǔù",
    "ü": "ǖǘǚǜ",
    "n": "ńňǹ",
    "m": "ḿ",
}
_TONE_MARKS = "".join(_TONED.values()).replace("ɑ", "").replace("ê", "")
_PLAIN = str.maketrans(
    {mark: plain for plain, marks in _TONED.items() for mark in marks} | {"ɡ": "g", "v": "ü"}
)
_LETTERS = "a-zɑɡü" + _TONE_MARKS + "ê"
_HAN = r"㐀-䶿一-鿿"

# The shape of a syllable (GB/T 16159): so `(café)` is none and `(tǒng)` is one.
_SYLLABLE = (
    r"(?:[bpmf]|[dtnl]|[gkh]|[jqx]|[zcs]h?|[ryw])?"
    r"(?:iang|iong|uang|ueng|ang|eng|ing|ong|ian|iao|uai|uan|üan|"
    r"ai|ei|ao|ou|an|en|er|ia|ie|iu|in|ua|uo|ui|un|ue|üe|ün|a|o|e|i|u|ü)"
)
_SYLLABLES = re.compile(rf"{_SYLLABLE}(?:[ '’·]?{_SYLLABLE}){{0,3}}|hm|hng|[mn]g?|r")
_GLOSS = re.compile(
    rf"(?<=[{_HAN}])[(（] ?(?P<reading>[{_LETTERS}][{_LETTERS} '’·]{{0,23}}?) ?[)）]"
)
_MAYBE_GLOSS = re.compile(f"[(（] ?[{_LETTERS}]")

# A word's last syllable may be neutral; every other one has its mark: `(café)` is no reading.
_NEUTRAL_END = re.compile("(?:zi|tou|men|de|le|me|li|shang|bian)$")

# Converted characters whose reading has no tone mark, because it is neutral.
_NEUTRAL = {
    "們": "men", "麼": "me", "個": "ge", "裡": "li", "裏": "li", "頭": "tou", "邊": "bian",
    "過": "guo", "嗎": "ma", "兒": "er", "著": "zhe", "來": "lai", "點": "dian", "樣": "yang",
    "實": "shi", "處": "chu", "氣": "qi", "話": "hua", "應": "ying", "親": "qin", "議": "yi",
}  # fmt: skip


@fixer
def drop_pinyin_glosses(text: str) -> Iterable[Edit]:
    """Drop a toned pinyin reading in brackets behind the characters it reads.

    Words stay: `(wifi)`, `(A)`, `(3)`, `(café)`; so does an untoned syllable, unless it is
    the neutral reading of the Traditional character before it.

    >>> drop_pinyin_glosses("系統(tǒng)里的(wifi)，咖啡(café)，他們(men)，男人(men)")
    '系統里的(wifi)，咖啡(café)，他們，男人(men)'
    """
    if not _MAYBE_GLOSS.search(text):
        return ()
    return (Edit(m.start(), m.end(), "") for m in _GLOSS.finditer(text) if _is_gloss(m))


def _is_gloss(match: re.Match[str]) -> bool:
    reading, before = match["reading"], match.string[max(0, match.start() - 4) : match.start()]
    if not any(letter in _TONE_MARKS for letter in reading):
        return _NEUTRAL.get(before[-1]) == reading
    plain = reading.translate(_PLAIN)
    characters = re.search(rf"[{_HAN}]+$", before)
    syllables = len(re.findall("[aoeiuü]+", plain))
    toned = sum(letter in _TONE_MARKS for letter in reading) + bool(_NEUTRAL_END.search(reading))
    fits = characters and syllables <= len(characters.group()) and toned >= syllables
    return bool(fits and _SYLLABLES.fullmatch(plain))

"""Finding runs that look damaged, cheaply enough to look at every text."""

import re
from collections.abc import Iterator
from functools import cache

from pipeline.normalise.edits import TextSpan
from pipeline.normalise.traditional import in_gb2312, simplified_forms

# Kana, bopomofo, frames, circled and bracketed numbers, Greek and Cyrillic, private use: the
# rows of GBK that a misread byte pair falls into.
_SYMBOLS = "぀-ヿㄅ-ㄯ─-╿▀-◿①-⒛Ͱ-ϿЀ-ӿ\ue000-\uf8ff〃〆\u3021-\u3029"
_TWO_BYTES = re.compile(r"[^\x00-\x7f]|[?]")

# A damaged stretch is full of rare characters; beyond this many common ones it is over.
MARGIN = 24


@cache
def _clusters() -> re.Pattern[str]:
    """Three suspicious characters with at most two others between each."""
    return re.compile(rf"{_suspicious()}(?:.{{0,2}}{_suspicious()}){{2,}}")


@cache
def _dense_clusters() -> re.Pattern[str]:
    """Six suspicious characters with at most one other between each."""
    return re.compile(rf"{_suspicious()}(?:[^，。、；：！？]?{_suspicious()}){{5,}}")


@cache
def _suspicious() -> str:
    """A character class: symbols that text seldom has, and characters that are not common.

    A Traditional character is as common as its Simplified form.
    """
    simple = simplified_forms()
    every = map(chr, range(0x4E00, 0xA000))
    return f"[{_SYMBOLS}{''.join(c for c in every if not _is_common(simple.get(c, c)))}]"


def is_suspicious(character: str) -> bool:
    """Whether a character counts towards a cluster.

    >>> [is_suspicious(c) for c in "污鄉鲢鐨ソ，"]
    [False, False, True, True, True, False]
    """
    return re.match(_suspicious(), character) is not None


def is_outlandish(character: str) -> bool:
    """Whether a character is suspicious and not in GB 2312 either, as a fish's name may be.

    >>> [is_outlandish(c) for c in "污鄉鲢鐨ソ，"]
    [False, False, False, True, True, False]
    """
    return is_suspicious(character) and not (character >= "一" and in_gb2312(character))


def _is_common(character: str) -> bool:
    """Whether a character is of GB 2312's first level, the 3,755 commonest."""
    try:
        code = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return 0xB0 <= code[0] <= 0xD7


def find_suspicious_runs(text: str) -> Iterator[TextSpan]:
    """Yield stretches of two-byte characters around clusters of rare ones.

    A question mark or U+FFFD inside or beside one belongs to it: it is a byte that was lost.
    """
    end = 0
    for cluster in _clusters().finditer(text):
        if cluster.start() < end:
            continue
        start = max(end, _grow(text, cluster.start(), -1))
        end = _grow(text, cluster.end() - 1, 1) + 1
        while following := _clusters().search(text, cluster.end(), end):
            cluster = following
            end = _grow(text, cluster.end() - 1, 1) + 1
        yield TextSpan(start, end)


def _grow(text: str, position: int, step: int) -> int:
    """Walk from a cluster's end over two-byte characters, at most `MARGIN` of them."""
    for _ in range(MARGIN):
        following = position + step
        if not 0 <= following < len(text) or not _TWO_BYTES.match(text[following]):
            break
        position = following
    return position


def find_dense_clusters(text: str) -> Iterator[TextSpan]:
    """Yield stretches where every second character or more is a suspicious one."""
    return (TextSpan(m.start(), m.end()) for m in _dense_clusters().finditer(text))

"""What could not be repaired: where it stands, and how much of a text it is."""

import re
from collections.abc import Iterable, Iterator

from pipeline.normalise.decoding import LOST
from pipeline.normalise.edits import Edit, TextSpan, fixer, substitute
from pipeline.normalise.plausibility import share_in_words
from pipeline.normalise.suspicion import find_dense_clusters, is_outlandish

# What a reader sees where characters were lost.
ELLIPSIS = "…"
_LOSS = re.compile(LOST)


@fixer
def show_losses(text: str) -> Iterable[Edit]:
    """Show lost characters as an ellipsis, which any font has.

    >>> show_losses("人大\\ufffd、")
    '人大…、'
    """
    return substitute(_LOSS, ELLIPSIS, text) if LOST in text else ()


def find_garbled(text: str) -> Iterator[TextSpan]:
    """Yield losses, and stretches of rare characters that make no words.

    >>> list(find_garbled("修\\ufffd路，魑魅魍魉，鍙嬪ソ鐨勪汉姘戞斂搴"))
    [TextSpan(start=1, end=2), TextSpan(start=9, end=19)]
    """
    losses = [TextSpan(m.start(), m.end()) for m in _LOSS.finditer(text)]
    clusters = (span for span in find_dense_clusters(text) if _is_garbled(text, span))
    yield from sorted([*losses, *clusters])


def _is_garbled(text: str, span: TextSpan) -> bool:
    """Whether a quarter is outlandish and hardly any of it makes words: not so a list of fish."""
    stretch = text[span.start : span.end]
    outlandish = sum(is_outlandish(character) for character in stretch)
    if LOST in stretch:
        return False
    is_han = any("一" <= character <= "鿿" for character in stretch)
    return is_han and outlandish * 4 >= len(stretch) and share_in_words(stretch) < 0.3

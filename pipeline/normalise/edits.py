"""What a fixer is: it finds edits, and is called like any `str -> str`.

Keeping the edits, not only the result, gives every repair an exact way back from the
repaired text to the text as received.
"""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol


class TextSpan(NamedTuple):
    """A stretch of text by its first code point and the one after its last."""

    start: int
    end: int


class Edit(NamedTuple):
    """Put `replacement` where `text[start:end]` was."""

    start: int
    end: int
    replacement: str


class Fixer(Protocol):
    """A pure repair; `find` tells what it would change, in order and without overlap."""

    find: Callable[[str], list[Edit]]

    def __call__(self, text: str) -> str:
        """Repair the text."""


def fixer(find: Callable[[str], Iterable[Edit]]) -> Fixer:
    """Make a `str -> str` of a function that yields edits; edits that change nothing go.

    >>> @fixer
    ... def shout(text: str):
    ...     return substitute(re.compile("a"), "A", text)
    >>> shout("banana"), shout.find("ab")
    ('bAnAnA', [Edit(start=0, end=1, replacement='A')])
    """

    def effective(text: str) -> list[Edit]:
        return [edit for edit in find(text) if text[edit.start : edit.end] != edit.replacement]

    @functools.wraps(find)
    def fix(text: str) -> str:
        return apply_edits(text, effective(text))

    fix.find = effective  # type: ignore[attr-defined]
    return fix  # type: ignore[return-value]


def substitute(
    pattern: re.Pattern[str], replacement: str | Callable[[re.Match[str]], str], text: str
) -> Iterator[Edit]:
    """Yield an edit for every match; a string replacement is taken literally."""
    for match in pattern.finditer(text):
        new = replacement if isinstance(replacement, str) else replacement(match)
        yield Edit(match.start(), match.end(), new)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Carry out edits that are in order and do not overlap.

    >>> apply_edits("abcd", [Edit(0, 1, ""), Edit(2, 3, "CC")])
    'bCCd'
    """
    if not edits:
        return text
    kept = [Edit(0, 0, ""), *edits]
    pieces = [a.replacement + text[a.end : b.start] for a, b in pairwise(kept)]
    return "".join([*pieces, edits[-1].replacement, text[edits[-1].end :]])


def trace_back(length: int, edits: Sequence[Edit]) -> list[int]:
    """Map each offset after the edits, the end included, to the offset before them.

    A replacement's characters map into the stretch they replace, so the map never falls.

    Args:
        length: characters before the edits.

    >>> trace_back(4, [Edit(0, 1, ""), Edit(2, 3, "CC")])  # abcd -> bCCd
    [1, 2, 3, 3, 4]
    """
    origins: list[int] = []
    position = 0
    for edit in edits:
        origins += range(position, edit.start)
        width = edit.end - edit.start
        origins += (edit.start + min(i, width) for i in range(len(edit.replacement)))
        position = edit.end
    return [*origins, *range(position, length + 1)]

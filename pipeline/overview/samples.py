"""A few rows to look at, the same ones whichever chunk was counted first.

A random draw would differ from run to run, and the first rows are all of one day. The rows
with the smallest digests are as good as drawn, and the smallest of two parts are among the
smallest of each.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from pipeline.masking import mask

KEPT = 5
_LONGEST_TEXT = 200


class RowReference(NamedTuple):
    """Where a row stands; `text` is empty unless it was asked for, and then masked.

    `digest` comes first because it is what references are ordered by.
    """

    digest: str
    source: str
    id: str
    text: str = ""


def digest_of(source: str, id: str) -> str:
    """Return what a row is ordered by: nothing but its file and its id.

    >>> digest_of("a.csv", "1") == digest_of("a.csv", "1") != digest_of("a.csv", "2")
    True
    """
    return blake2b(f"{source}\0{id}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def smallest(references: Iterable[RowReference]) -> list[RowReference]:
    """Return the references to keep, in order, each row once.

    >>> rows = [RowReference("b", "x.csv", "2"), RowReference("a", "x.csv", "1")]
    >>> [row.id for row in smallest([*rows, *rows])]
    ['1', '2']
    """
    first: dict[tuple[str, str], RowReference] = {}
    for reference in sorted(references):
        first.setdefault((reference.source, reference.id), reference)
    return list(first.values())[:KEPT]


def add_row(
    kept: list[RowReference], *, source: str, id: str, text: str | None
) -> list[RowReference]:
    """Return the references to keep once a row is added.

    Args:
        text: the row's text where it shall be kept. It is masked before it is cut, since half
            a telephone number is no longer recognised as one.
    """
    digest = digest_of(source, id)
    if len(kept) == KEPT and digest > kept[-1].digest:
        return kept
    return smallest([*kept, RowReference(digest, source, id, _shorten(text))])


def _shorten(text: str | None) -> str:
    if text is None:
        return ""
    hidden = mask(text)
    return hidden if len(hidden) <= _LONGEST_TEXT else f"{hidden[:_LONGEST_TEXT]}……"

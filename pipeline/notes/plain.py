"""A note's text as the patterns expect it, every character where it was."""

import re
from dataclasses import replace

from pipeline.normalise.traditional import simplify
from pipeline.notes.note import Note

_WIDE = str.maketrans(",;:?!()", "，；：？！（）")
# ASCII punctuation next to a Chinese character; between digits it stays (10:32, 1,792).
_NARROW = re.compile(r"(?<=[一-鿿”’》])[,;:?!()]|[,;:?!()](?=[一-鿿“‘《])")


def plain(text: str) -> str:
    """Return the text in Simplified characters with Chinese punctuation, of the same length.

    >>> plain("圍繞停車難,飛線整治等問題(共2件)"), plain("老杨 10:32")
    ('围绕停车难，飞线整治等问题（共2件）', '老杨 10:32')
    """
    lines = text.split("\n")
    read = (_same_length(line, simplify(line)) for line in lines)
    return "\n".join(_NARROW.sub(lambda m: m.group().translate(_WIDE), line) for line in read)


def _same_length(old: str, new: str) -> str:
    return new if len(new) == len(old) else old


def plain_note(note: Note) -> Note:
    """Return the note with its text plain: offsets in one are offsets in the other."""
    text = plain(note.text)
    paragraphs = tuple(
        replace(
            p,
            text=text[p.start : p.end],
            fields=tuple((plain(heading), cell) for heading, cell in p.fields),
        )
        for p in note.paragraphs
    )
    return Note(note.source, text, paragraphs)

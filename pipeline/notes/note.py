"""A note as it was read: paragraphs in order, and the one text they stand in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# The part of a row that names the columns of a table.
COLUMN_NAMES = "column_names"


class Piece(NamedTuple):
    """What a reader found, before it has a place in the note.

    `fields` are the named cells of a table's row: `(heading, cell)`.
    """

    text: str
    fields: tuple[tuple[str, str], ...] = ()
    part: str = "body"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or a row of a table.

    Attributes:
        number: its number in the note, from 1.
        text: as a person sees it, an automatic number in front included; the cells of a
            table's row are parted by tabs.
        start: where it begins in `Note.text` (code points).
        fields: for a row of a table with headings, its `(heading, cell)` pairs.
        part: `body`, `header` (of the page), `box` (a text box) or `column_names`.
    """

    number: int
    text: str
    start: int
    fields: tuple[tuple[str, str], ...] = ()
    part: str = "body"

    @property
    def end(self) -> int:
        """Where it ends in `Note.text`."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Note:
    """A meeting note: `text` is its paragraphs joined by line breaks."""

    source: str
    text: str
    paragraphs: tuple[Paragraph, ...]


def join_pieces(source: str, pieces: Iterable[Piece]) -> Note:
    """Put pieces in order; blank ones are left out, line breaks inside one part it.

    >>> note = join_pieces("a.txt", [Piece("一、修路"), Piece(" "), Piece("二、通水\\n三、通电")])
    >>> note.text
    '一、修路\\n二、通水\\n三、通电'
    >>> [(p.number, p.start) for p in note.paragraphs]
    [(1, 0), (2, 5), (3, 10)]
    """
    paragraphs: list[Paragraph] = []
    start = 0
    for piece in pieces:
        for line in _lines(piece):
            paragraphs.append(Paragraph(len(paragraphs) + 1, line, start, piece.fields, piece.part))
            start += len(line) + 1
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    return Note(source, text, tuple(paragraphs))


def _lines(piece: Piece) -> Sequence[str]:
    """A table's row stays one line; a paragraph with line breaks becomes several."""
    if piece.fields:
        return [piece.text.replace("\n", " ")]
    return [line.strip() for line in piece.text.splitlines() if line.strip()]

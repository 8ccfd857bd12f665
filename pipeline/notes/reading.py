"""Meeting notes from files: docx, txt, md, and the sheets of a workbook."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pipeline.errors import InputError
from pipeline.notes.docx import read_docx
from pipeline.notes.note import Note, Piece, join_pieces
from pipeline.tables import Row, open_tables
from pipeline.tables.decode import find_encoding

_RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?)?\s*")
_MARKDOWN = re.compile(r"^(?:#{1,6}\s+|>\s?|[-*+]\s+)")


def read_notes(path: Path) -> list[Note]:
    """Read a file: one note, or one a sheet of a workbook.

    Raises:
        InputError: the file is missing, of a kind we do not read, empty, or damaged.
    """
    if not path.is_file():
        raise InputError(f"找不到文件 {path}。请检查路径。", f"File not found: {path}.")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        return [
            join_pieces(table.source, _table_pieces(table.columns, table.rows()))
            for table in open_tables(path)
        ]
    reader = _READERS.get(suffix)
    if reader is None:
        known = " ".join((*_READERS, ".xlsx"))
        raise InputError(
            f"不支持 {path.name} 这种会议记录。支持：{known}。",
            f"Cannot read {path.name} as a note. Supported: {known}.",
        )
    note = join_pieces(path.name, reader(path))
    if not note.paragraphs:
        raise InputError(f"{path.name} 里没有文字。请检查文件。", f"{path.name} holds no text.")
    return [note]


def from_text(text: str, *, source: str = "") -> Note:
    """Make a note of pasted text: a line is a paragraph.

    >>> [p.text for p in from_text("一、修路\\n\\n二、通水").paragraphs]
    ['一、修路', '二、通水']
    """
    return join_pieces(source, (Piece(line) for line in text.splitlines()))


def _read_txt(path: Path) -> Iterator[Piece]:
    with path.open(encoding=find_encoding(path)) as lines:
        yield from (Piece(line) for line in lines)


def _read_markdown(path: Path) -> Iterator[Piece]:
    """Yield lines without their marks; rows of tables with their headings."""
    headings: tuple[str, ...] | None = None
    waiting: str | None = None
    with path.open(encoding=find_encoding(path)) as lines:
        for line in lines:
            row = line.strip()
            if waiting is not None and _RULE.fullmatch(row):
                headings = _cells(waiting)
                yield Piece("\t".join(headings))
                waiting = None
                continue
            if waiting is not None:
                yield Piece(waiting)
                waiting = None
            if headings and "|" in row:
                cells = _cells(row)
                same = len(cells) == len(headings)
                named = tuple(zip(headings, cells, strict=True)) if same else ()
                yield Piece("\t".join(cells), named)
            elif "|" in row and not headings:
                waiting = row
            else:
                headings = None
                yield Piece(_MARKDOWN.sub("", row).replace("**", ""))
    if waiting is not None:
        yield Piece(waiting)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))


def _table_pieces(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Piece]:
    yield Piece("\t".join(columns))
    for row in rows:
        cells = row.values
        if any(cell.strip() for cell in cells):
            yield Piece("\t".join(cells), tuple(zip(columns, cells, strict=True)))


_READERS: Mapping[str, Callable[[Path], Iterator[Piece]]] = {
    ".docx": read_docx,
    ".txt": _read_txt,
    ".md": _read_markdown,
}

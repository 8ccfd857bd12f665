"""Meeting notes from files: docx, txt, md, and the sheets of a workbook."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from pipeline.errors import InputError
from pipeline.notes.docx import read_docx
from pipeline.notes.note import COLUMN_NAMES, Note, Piece, join_pieces
from pipeline.tables import Row, open_tables
from pipeline.tables.decode import find_encoding

# Text broken at one width: no line is longer than this, the full ones have this share of the
# longest, there are this many of them, and most do not end with a stop.
_WIDEST_WRAP, _FULL, _FEWEST_FULL = 60, 0.85, 8
_STOP = re.compile(r"[。！？；：!?;:]$")
_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*")
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
    with path.open(encoding=find_encoding(path)) as file:
        lines = [line.rstrip() for line in file]
    yield from (Piece(line) for line in join_wrapped(lines))


def join_wrapped(lines: Sequence[str]) -> Iterator[str]:
    """Put lines together again that were broken at one width, as old editors do.

    >>> list(join_wrapped(["　　东门的垃圾桶满了没人收，", "夏天臭得不敢开窗。", "　　散会。"]))
    ['　　东门的垃圾桶满了没人收，', '夏天臭得不敢开窗。', '　　散会。']
    """
    width = max((len(line) for line in lines), default=0)
    full = [i for i, line in enumerate(lines) if len(line) >= _FULL * width]
    broken = [i for i in full if not _STOP.search(lines[i])]
    if width > _WIDEST_WRAP or len(full) < _FEWEST_FULL or len(broken) < len(full) / 2:
        yield from lines
        return
    waiting = ""
    for i, line in enumerate(lines):
        if waiting and (not line.strip() or line[0].isspace()):
            yield waiting
            waiting = ""
        waiting += line
        if i not in broken:
            yield waiting
            waiting = ""
    if waiting:
        yield waiting


def _read_markdown(path: Path) -> Iterator[Piece]:
    """Yield lines without their marks; rows of tables with their headings."""
    headings: tuple[str, ...] | None = None
    waiting: str | None = None
    with path.open(encoding=find_encoding(path)) as lines:
        for line in lines:
            row = line.strip()
            if waiting is not None and _RULE.fullmatch(row):
                headings = _cells(waiting)
                yield Piece("\t".join(headings), part=COLUMN_NAMES)
                waiting = None
                continue
            if waiting is not None:
                yield Piece(waiting)
                waiting = None
            if headings and "|" in row:
                named = _name_cells(headings, _cells(row))
                yield Piece("\t".join(cell for _, cell in named), named)
            elif "|" in row and not headings:
                waiting = row
            else:
                headings = None
                yield Piece(_MARKDOWN.sub("", row).replace("**", ""))
    if waiting is not None:
        yield Piece(waiting)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))


def _name_cells(headings: Sequence[str], cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pair cells with their headings; a row may have fewer or more cells than the first."""
    return tuple(zip_longest(headings, cells, fillvalue=""))


def _table_pieces(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[Piece]:
    yield Piece("\t".join(columns), part=COLUMN_NAMES)
    for row in rows:
        cells = row.values
        if any(cell.strip() for cell in cells):
            yield Piece("\t".join(cells), tuple(zip(columns, cells, strict=True)))


_READERS: Mapping[str, Callable[[Path], Iterator[Piece]]] = {
    ".docx": read_docx,
    ".txt": _read_txt,
    ".md": _read_markdown,
}

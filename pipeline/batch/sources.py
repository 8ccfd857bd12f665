"""The tables of a run: where each stands, which columns are read, how many rows it has."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.errors import InputError
from pipeline.notes import read_notes
from pipeline.records import Message
from pipeline.tables import Columns, Row, Table, choose_columns, open_tables

_SAMPLE = 200
_NOTES = (".docx", ".md")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the user wants files to be read.

    Attributes:
        text_columns: the message's columns; none: found by name, or guessed.
        id_column: the id's column; none: found by name.
        encoding: that of all text files; none: found file by file.
    """

    text_columns: tuple[str, ...] = ()
    id_column: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A table of a file. `index` is its place among the file's tables, `rows` their number."""

    path: Path
    index: int
    name: str
    columns: tuple[str, ...]
    chosen: Columns
    rows: int

    def message(self, row: Row) -> Message:
        """Return the id, the text and the station of a row."""
        named = row.values[self.chosen.id] if self.chosen.id is not None else ""
        station = row.values[self.chosen.station] if self.chosen.station is not None else ""
        text = self.chosen.message(row.values)
        return Message(named.strip() or str(row.number), text, station.strip())

    def date(self, row: Row) -> str:
        """Return the date of a row as it stands there, '' where the table has none."""
        return row.values[self.chosen.date] if self.chosen.date is not None else ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a table of it, that could not be read, and why (Chinese)."""

    source: str
    reason: str
    detail: str


def open_sources(paths: Sequence[Path], reading: Reading) -> tuple[list[Source], list[Unreadable]]:
    """Open every table of every file once, and count its rows.

    Raises:
        InputError: nothing of the input can be read; the first reason is given.
    """
    sources: list[Source] = []
    unreadable: list[Unreadable] = []
    first_error: InputError | None = None
    names = Counter(path.name for path in paths)
    for path in paths:
        label = str(path) if names[path.name] > 1 else path.name
        try:
            tables = _open(path, reading)
        except InputError as error:
            first_error = first_error or error
            unreadable.append(Unreadable(label, "unreadable_file", str(error)))
            continue
        for index, table in enumerate(tables):
            name = label + table.source.removeprefix(path.name)
            try:
                sources.append(_source(path, index, name, table, reading))
            except InputError as error:
                first_error = first_error or error
                unreadable.append(Unreadable(name, "unreadable_table", str(error)))
    if first_error and not sources:
        raise first_error
    return sources, unreadable


def read_rows(source: Source, reading: Reading) -> Iterator[Row]:
    """Yield the rows of a source.

    Raises:
        InputError: the file has changed or gone since it was opened.
    """
    return _open(source.path, reading)[source.index].rows()


def _open(path: Path, reading: Reading) -> list[Table]:
    if path.suffix.lower() in _NOTES:
        return [_note_table(path)]
    return open_tables(path, encoding=reading.encoding, text_columns=reading.text_columns)


def _note_table(path: Path) -> Table:
    """A document of text: one message a paragraph."""
    [note] = read_notes(path)

    def rows() -> Iterator[Row]:
        return (Row(p.number, (p.text,)) for p in note.paragraphs)

    return Table(path.name, ("text",), rows)


def _source(path: Path, index: int, name: str, table: Table, reading: Reading) -> Source:
    chosen = choose_columns(
        table.columns,
        source=name,
        text_columns=reading.text_columns,
        id_column=reading.id_column,
        sample=[row.values for row in islice(table.rows(), _SAMPLE)],
    )
    rows = sum(1 for _ in table.rows())
    return Source(path, index, name, table.columns, chosen, rows)

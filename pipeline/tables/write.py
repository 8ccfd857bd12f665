"""Writing results as csv, tsv, xlsx, jsonl or parquet: all of it, or nothing under that name."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from pipeline.errors import OutputError
from pipeline.files import finished_file

# Limits of the xlsx format. Source: Excel specifications and limits, Microsoft.
MOST_XLSX_ROWS = 1_048_576
LONGEST_XLSX_CELL = 32_767
_PARQUET_ROWS = 20_000
# What a spreadsheet runs as a formula. A plain number with a sign is none.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")

Cells = Sequence[str]


class Writer(Protocol):
    """Takes rows of cells; `record` is the same row as an object, for jsonl."""

    def write(self, cells: Cells, record: Mapping[str, Any]) -> None: ...


@contextmanager
def open_writer(
    path: Path, columns: Sequence[str], *, numbers: Sequence[str] = ()
) -> Iterator[Writer]:
    """Open a writer that puts the file in place when the block ends without an error.

    Args:
        numbers: the columns whose cells are numbers, where a format has types.

    Raises:
        OutputError: the folder does not exist, the path is a folder, or the kind of file is
            not one we write.
    """
    opener = _WRITERS[check_output(path)]
    with finished_file(path) as draft, opener(draft, columns, frozenset(numbers)) as writer:
        yield writer


def check_output(path: Path) -> str:
    """Return the kind of file (its suffix) where it is one we write.

    Raises:
        OutputError: it is none.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        known = " ".join(_WRITERS)
        raise OutputError(
            f"不能写成 {path.name}。支持：{known}。", f"Cannot write {path.name}. Use: {known}."
        )
    return suffix


def defuse(cell: str) -> str:
    """Put an apostrophe before what Excel would run as a formula.

    >>> [defuse(cell) for cell in ("=1+1", "@某人 请看", "-5.2", "+86", "修路")]
    ["'=1+1", "'@某人 请看", '-5.2', '+86', '修路']
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def delimited_lines(rows: Sequence[Cells], delimiter: str = ",") -> str:
    """Return rows as lines of csv, formulas defused."""
    lines = StringIO(newline="")
    csv.writer(lines, delimiter=delimiter).writerows([defuse(c) for c in row] for row in rows)
    return lines.getvalue()


def json_line(record: Mapping[str, Any]) -> str:
    """Return a record as a line of JSON."""
    return json.dumps(record, ensure_ascii=False) + "\n"


@contextmanager
def _delimited(
    path: Path, columns: Sequence[str], numbers: frozenset[str], delimiter: str = ","
) -> Iterator[Writer]:
    """`utf-8-sig`, because Excel takes a csv without the mark for the local encoding."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(delimited_lines([columns], delimiter))

        class Delimited:
            def write(self, cells: Cells, record: Mapping[str, Any]) -> None:
                file.write(delimited_lines([cells], delimiter))

        yield Delimited()


def _tab_separated(
    path: Path, columns: Sequence[str], numbers: frozenset[str]
) -> AbstractContextManager[Writer]:
    return _delimited(path, columns, numbers, "\t")


@contextmanager
def _json_lines(path: Path, columns: Sequence[str], numbers: frozenset[str]) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8") as file:

        class JsonLines:
            def write(self, cells: Cells, record: Mapping[str, Any]) -> None:
                file.write(json_line(record))

        yield JsonLines()


@contextmanager
def _workbook(path: Path, columns: Sequence[str], numbers: frozenset[str]) -> Iterator[Writer]:
    """Sheets of at most `MOST_XLSX_ROWS` rows, each with the header, frozen, and a filter."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    numeric = [name in numbers for name in columns]
    with xlsxwriter.Workbook(path, options) as book:
        bold = book.add_format({"bold": True})

        class Workbook:
            def __init__(self) -> None:
                self.sheets = 0
                self.open_sheet()

            def open_sheet(self) -> None:
                self.sheets += 1
                self.sheet = book.add_worksheet("结果" + (str(self.sheets) * (self.sheets > 1)))
                self.sheet.freeze_panes(1, 0)
                for column, name in enumerate(columns):
                    self.sheet.write_string(0, column, name, bold)
                self.row = 0

            def write(self, cells: Cells, record: Mapping[str, Any]) -> None:
                if self.row + 1 >= MOST_XLSX_ROWS:
                    self.close_sheet()
                    self.open_sheet()
                self.row += 1
                for column, cell in enumerate(cells):
                    if numeric[column] and cell:
                        self.sheet.write_number(self.row, column, float(cell))
                    elif cell:
                        self.sheet.write_string(self.row, column, cell)

            def close_sheet(self) -> None:
                self.sheet.autofilter(0, 0, self.row, max(0, len(columns) - 1))

        writer = Workbook()
        yield writer
        writer.close_sheet()


@contextmanager
def _parquet(path: Path, columns: Sequence[str], numbers: frozenset[str]) -> Iterator[Writer]:
    types = [pa.float64() if name in numbers else pa.string() for name in columns]
    schema = pa.schema(list(zip(columns, types, strict=True)))
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        waiting: list[Cells] = []

        def flush() -> None:
            arrays = [
                pa.array([(float(c) if c else None) for c in column], type_)
                if type_ == pa.float64()
                else pa.array(column, type_)
                for column, type_ in zip(zip(*waiting, strict=True), types, strict=True)
            ]
            if waiting:
                file.write_table(pa.Table.from_arrays(arrays, schema=schema))
            waiting.clear()

        class Parquet:
            def write(self, cells: Cells, record: Mapping[str, Any]) -> None:
                waiting.append(cells)
                if len(waiting) >= _PARQUET_ROWS:
                    flush()

        yield Parquet()
        flush()


_WRITERS: Mapping[
    str, Callable[[Path, Sequence[str], frozenset[str]], AbstractContextManager[Writer]]
] = {
    ".csv": _delimited,
    ".tsv": _tab_separated,
    ".xlsx": _workbook,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}

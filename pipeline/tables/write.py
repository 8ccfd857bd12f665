"""Writing results as csv, tsv, xlsx or jsonl: all of it, or nothing under that name."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

from pipeline.errors import OutputError
from pipeline.files import finished_file

# Limits of the xlsx format. Source: Excel specifications and limits, Microsoft.
MOST_XLSX_ROWS = 1_048_576
LONGEST_XLSX_CELL = 32_767


class Writer(Protocol):
    """Takes rows of cells; `record` is the same row as an object, for jsonl."""

    def write(self, cells: Sequence[str], record: Mapping[str, Any]) -> None: ...


@contextmanager
def open_writer(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    """Open a writer that puts the file in place when the block ends without an error.

    Raises:
        OutputError: the folder does not exist, the path is a folder, or the kind of file is
            not one we write.
    """
    opener = _opener_for(path)
    with finished_file(path) as draft, opener(draft, columns) as writer:
        yield writer


def _opener_for(path: Path) -> Any:
    opener = _WRITERS.get(path.suffix.lower())
    if opener is None:
        known = " ".join(_WRITERS)
        raise OutputError(
            f"不能写成 {path.name}。支持：{known}。", f"Cannot write {path.name}. Use: {known}."
        )
    return opener


@contextmanager
def _delimited(path: Path, columns: Sequence[str], delimiter: str = ",") -> Iterator[Writer]:
    """`utf-8-sig`, because Excel takes a csv without the mark for the local encoding."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow(columns)

        class Delimited:
            def write(self, cells: Sequence[str], record: Mapping[str, Any]) -> None:
                out.writerow(cells)

        yield Delimited()


@contextmanager
def _tab_separated(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    with _delimited(path, columns, "\t") as writer:
        yield writer


@contextmanager
def _json_lines(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    with path.open("w", encoding="utf-8") as file:

        class JsonLines:
            def write(self, cells: Sequence[str], record: Mapping[str, Any]) -> None:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

        yield JsonLines()


@contextmanager
def _workbook(path: Path, columns: Sequence[str]) -> Iterator[Writer]:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet("结果")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            sheet.write_string(0, column, name)

        class Workbook:
            row = 0

            def write(self, cells: Sequence[str], record: Mapping[str, Any]) -> None:
                self.row += 1
                if self.row >= MOST_XLSX_ROWS:
                    raise OutputError(
                        f"{path.name} 超过 Excel 的 {MOST_XLSX_ROWS} 行上限。请改写成 .csv。",
                        f"More than {MOST_XLSX_ROWS} rows do not fit an xlsx sheet; use csv.",
                    )
                for column, cell in enumerate(cells):
                    sheet.write_string(self.row, column, cell)

        yield Workbook()


_WRITERS = {".csv": _delimited, ".tsv": _tab_separated, ".xlsx": _workbook, ".jsonl": _json_lines}

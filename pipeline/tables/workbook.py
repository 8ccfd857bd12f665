"""xlsx: every filled sheet is a table; cells as people see them."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from pipeline.archives import check_archive
from pipeline.errors import InputError
from pipeline.tables.table import DEEPEST_HEADER, Row, Table, find_header, fit_rows


def open_workbook(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a workbook: one table a filled sheet, read when its rows are asked for.

    Raises:
        InputError: the file is no workbook, is damaged, has a password, or holds nothing.
    """
    tables = [
        table
        for name in _read(path, lambda book: list(book.sheet_names))
        if (table := _sheet_table(path, name, text_columns)) is not None
    ]
    if not tables:
        raise InputError(f"{path.name} 是空的工作簿。", f"{path.name} is an empty workbook.")
    return tables


def _read(path: Path, what: Any) -> Any:
    try:
        check_archive(path, "一个工作簿")
        return what(CalamineWorkbook.from_path(path))
    except PasswordError:
        raise InputError(
            f"{path.name} 有密码保护。请先在 Excel 中取消密码。",
            f"{path.name} is password protected; remove the password first.",
        ) from None
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path.name} 不是有效的 Excel 工作簿，或已损坏（{error}）。"
            "请用 Excel 重新另存为 xlsx。",
            f"{path.name} is not a valid workbook ({error}).",
        ) from None


def _sheet_table(path: Path, name: str, text_columns: Sequence[str]) -> Table | None:
    header = find_header(islice(_records(path, name), DEEPEST_HEADER), text_columns)
    if not header.columns:
        return None

    def rows() -> Iterator[Row]:
        return fit_rows(_records(path, name), header)

    return Table(f"{path.name}[{name}]", header.columns, rows)


def _records(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every row of a sheet, from its first; cells merged downwards repeat their value."""
    sheet: CalamineSheet = _read(path, lambda book: book.get_sheet_by_name(name))
    if sheet.start is None:
        return
    left = sheet.start[1]
    ends = {top: end for top, (end, _) in sheet.merged_cell_ranges or () if end > top[0]}
    starts: dict[int, list[int]] = {}
    for top_row, column in ends:
        starts.setdefault(top_row, []).append(column)
    hanging: dict[int, tuple[int, str]] = {}  # column → last row of a merged cell, its value
    for number, row in enumerate(sheet.iter_rows()):
        cells = [*[""] * left, *(_cell_text(cell) for cell in row)]
        for column, (end, value) in hanging.items():
            if number <= end and column < len(cells):
                cells[column] = cells[column] or value
        for column in starts.get(number, ()):
            hanging[column] = (ends[number, column], cells[column])
        yield number + 1, cells if any(cells) else []


def _cell_text(cell: object) -> str:
    """Write a cell as people see it: 12.0 is 12, a date has no midnight."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return "" if cell is None else str(cell)

"""Reading tables of any supported kind as one stream of rows of strings."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from pipeline.errors import InputError
from pipeline.tables.decode import find_encoding

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as people see it (in a table the header is row 1).

    `problem` says in Chinese why the row could not be read; `values` are then empty.
    """

    number: int
    values: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A named table whose rows are read on demand, as often as wanted."""

    source: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


def open_tables(path: Path) -> list[Table]:
    """Open a file and return its tables: one, or one per filled sheet of a workbook.

    Raises:
        InputError: the path is missing, a folder, of an unknown kind, empty, or damaged.
    """
    if path.is_dir():
        raise InputError(
            f"{path} 是一个文件夹。请给出其中的文件。", f"{path} is a folder; name a file."
        )
    if not path.is_file():
        raise InputError(f"找不到文件 {path}。请检查路径。", f"File not found: {path}.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = " ".join(_READERS)
        raise InputError(
            f"不支持 {path.name} 这种文件。支持：{known}。",
            f"Cannot read {path.name}. Supported: {known}.",
        )
    return reader(path)


def _open_delimited(path: Path) -> list[Table]:
    encoding = find_encoding(path)
    delimiter = _delimiter(path, encoding)

    def records() -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding=encoding, newline="") as lines:
            yield from enumerate(csv.reader(lines, delimiter=delimiter), 1)

    _, header = next(records())
    columns = _name_columns(header)
    return [Table(path.name, columns, lambda: _fit_rows(records(), len(columns)))]


def _delimiter(path: Path, encoding: str) -> str:
    """A tab where the suffix or a header without commas says so, else a comma."""
    with path.open(encoding=encoding) as lines:
        header = lines.readline()
    if path.suffix.lower() == ".tsv" or ("\t" in header and "," not in header):
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _fit_rows(records: Iterable[tuple[int, list[str]]], width: int) -> Iterator[Row]:
    """Skip the header and blank lines; pad short rows; refuse rows with surplus cells."""
    for number, cells in records:
        if number == 1 or not cells:
            continue
        surplus = [cell for cell in cells[width:] if cell.strip()]
        if surplus:
            problem = f"这一行有 {len(cells)} 个单元格，表头只有 {width} 个"
            yield Row(number, (), problem)
        else:
            yield Row(number, tuple(cells[:width]) + ("",) * (width - len(cells)))


def _open_workbook(path: Path) -> list[Table]:
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheets = [
            (name, workbook.get_sheet_by_name(name).to_python()) for name in workbook.sheet_names
        ]
    except PasswordError:
        raise InputError(
            f"{path.name} 有密码保护。请先在 Excel 中取消密码。",
            f"{path.name} is password protected; remove the password first.",
        ) from None
    except (CalamineError, OSError, ValueError) as error:
        raise InputError(
            f"{path.name} 不是有效的 Excel 工作簿，或已损坏（{error}）。"
            "请用 Excel 重新另存为 xlsx。",
            f"{path.name} is not a valid workbook ({error}).",
        ) from None
    tables = [_sheet_table(path, name, cells) for name, cells in sheets if cells]
    if not tables:
        raise InputError(f"{path.name} 是空的工作簿。", f"{path.name} is an empty workbook.")
    return tables


def _sheet_table(path: Path, sheet: str, cells: list[list[Any]]) -> Table:
    columns = _name_columns([_cell_text(cell) for cell in cells[0]])

    def records() -> Iterator[tuple[int, list[str]]]:
        for number, row in enumerate(cells, 1):
            texts = [_cell_text(cell) for cell in row]
            yield number, texts if any(texts) else []

    return Table(f"{path.name}[{sheet}]", columns, lambda: _fit_rows(records(), len(columns)))


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


def _open_jsonl(path: Path) -> list[Table]:
    encoding = find_encoding(path)

    def records() -> Iterator[tuple[int, dict[str, Any] | None]]:
        with path.open(encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _json_object(line)

    columns = list(dict.fromkeys(key for _, record in records() if record for key in record))
    if not columns:
        raise InputError(
            f'{path.name} 里没有一行是 JSON 对象。每行应形如 {{"id": …, "text": …}}。',
            f"{path.name} holds no JSON object on any line.",
        )

    def rows() -> Iterator[Row]:
        for number, record in records():
            if record is None:
                yield Row(number, (), "这一行不是有效的 JSON 对象")
            else:
                yield Row(number, tuple(_json_text(record.get(key)) for key in columns))

    return [Table(path.name, tuple(columns), rows)]


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _json_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _open_lines(path: Path) -> list[Table]:
    """A text file: one message a line; blank lines only separate."""
    encoding = find_encoding(path)

    def rows() -> Iterator[Row]:
        with path.open(encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield Row(number, (line.rstrip("\r\n"),))

    return [Table(path.name, ("text",), rows)]


def _name_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own.

    >>> _name_columns(["内容", "", "内容"])
    ('内容', '列2', '内容_3')
    """
    columns: list[str] = []
    for position, cell in enumerate(header, 1):
        name = cell.strip() or f"列{position}"
        columns.append(f"{name}_{position}" if name in columns else name)
    return tuple(columns)


_READERS: dict[str, Callable[[Path], list[Table]]] = {
    ".csv": _open_delimited,
    ".tsv": _open_delimited,
    ".xlsx": _open_workbook,
    ".jsonl": _open_jsonl,
    ".txt": _open_lines,
}

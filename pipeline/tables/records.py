"""Files whose rows are records: JSON lines, parquet; and text files, a message a line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.tables.decode import find_encoding
from pipeline.tables.table import Row, Table

_BATCH_ROWS = 4096


def open_json_lines(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a file with a JSON object a line; its columns are all the keys that occur.

    Raises:
        InputError: no line holds an object; or as `find_encoding`.
    """
    encoding = find_encoding(path, forced=encoding)

    def records() -> Iterator[tuple[int, dict[str, Any] | None]]:
        with path.open(encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _json_object(line)

    columns = tuple(dict.fromkeys(key for _, record in records() if record for key in record))
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
                yield Row(number, tuple(_value_text(record.get(key)) for key in columns))

    return [Table(path.name, columns, rows)]


def open_parquet(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a parquet file as one table; rows count from 1.

    Raises:
        InputError: the file is no parquet file, or is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            columns = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None

    def rows() -> Iterator[Row]:
        number = 0
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_BATCH_ROWS):
                    for values in zip(*(column.to_pylist() for column in batch), strict=True):
                        number += 1
                        yield Row(number, tuple(_value_text(value) for value in values))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from None

    return [Table(path.name, columns, rows)]


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path.name} 不是有效的 parquet 文件，或已损坏（{type(error).__name__}）。请重新导出。",
        f"{path.name} is not a valid parquet file ({type(error).__name__}).",
    )


def open_lines(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a text file: one message a line; blank lines only separate.

    Raises:
        InputError: as `find_encoding`.
    """
    encoding = find_encoding(path, forced=encoding)

    def rows() -> Iterator[Row]:
        with path.open(encoding=encoding) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield Row(number, (line.rstrip("\r\n"),))

    return [Table(path.name, ("text",), rows)]


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _value_text(value: object) -> str:
    """Write a value as text: what JSON knows as JSON, anything else (a date) as it prints."""
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)

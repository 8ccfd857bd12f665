"""Opening a file of any kind we read as tables of text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.errors import InputError
from pipeline.tables.delimited import open_delimited
from pipeline.tables.records import open_json_lines, open_lines, open_parquet
from pipeline.tables.table import Table
from pipeline.tables.workbook import open_workbook


class _Opener(Protocol):
    def __call__(
        self, path: Path, *, encoding: str | None, text_columns: Sequence[str]
    ) -> list[Table]: ...


_READERS: Mapping[str, _Opener] = {
    ".csv": open_delimited,
    ".tsv": open_delimited,
    ".xlsx": open_workbook,
    ".jsonl": open_json_lines,
    ".parquet": open_parquet,
    ".txt": open_lines,
}


def open_tables(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a file and return its tables: one, or one per filled sheet of a workbook.

    Args:
        encoding: that of a text file, where the user knows better than we.
        text_columns: names by which a header may be known, besides the usual ones.

    Raises:
        InputError: the path is missing, no plain file, of an unknown kind, empty, or damaged.
    """
    if path.is_dir():
        raise InputError(
            f"{path} 是一个文件夹。请给出其中的文件。", f"{path} is a folder; name a file."
        )
    if not path.exists():
        raise InputError(f"找不到文件 {path}。请检查路径。", f"File not found: {path}.")
    if not path.is_file():
        raise InputError(f"{path} 不是普通文件，没有打开。", f"{path} is not a regular file.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = " ".join(_READERS)
        raise InputError(
            f"不支持 {path.name} 这种文件。支持：{known}。",
            f"Cannot read {path.name}. Supported: {known}.",
        )
    try:
        return reader(path, encoding=encoding, text_columns=text_columns)
    except PermissionError:
        raise InputError(
            f"没有权限读 {path.name}。请检查文件权限，或先关闭打开它的程序。",
            f"No permission to read {path.name}.",
        ) from None

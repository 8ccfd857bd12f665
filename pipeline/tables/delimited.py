"""csv and tsv as they come: quoted line breaks, stray quotes, rows of any length."""

import csv
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from pipeline.errors import InputError
from pipeline.tables.decode import find_encoding
from pipeline.tables.table import DEEPEST_HEADER, Table, find_header, fit_rows

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

# A quoted cell that runs over more lines than this was opened by a stray quote.
MOST_LINES = 1000


def open_delimited(
    path: Path, *, encoding: str | None = None, text_columns: Sequence[str] = ()
) -> list[Table]:
    """Open a csv or tsv file as one table.

    Raises:
        InputError: as `find_encoding`.
    """
    encoding = find_encoding(path, forced=encoding)
    delimiter = _delimiter(path, encoding)

    def records() -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding=encoding, newline="") as lines:
            yield from enumerate(read_records(lines, delimiter), 1)

    header = find_header(islice(records(), DEEPEST_HEADER), text_columns)
    if not header.columns:
        raise InputError(f"{path.name} 里没有文字。请检查文件。", f"{path.name} holds no text.")
    return [Table(path.name, header.columns, lambda: fit_rows(records(), header))]


def read_records(lines: Iterable[str], delimiter: str = ",") -> Iterator[list[str]]:
    """Yield the records of delimited text.

    A quote that is never closed, or closed in the middle of a cell, spoils the line it
    stands on and no other: that line is then read by itself.

    >>> list(read_records(['1,"路烂了,没人修\\n', '2,"停水\\n', '三天"\\n']))
    [['1', '路烂了,没人修'], ['2', '停水\\n三天']]
    """
    feed = _Lines(lines)
    while True:
        reader = csv.reader(feed, delimiter=delimiter, strict=True)
        try:
            for record in reader:
                yield record
                feed.taken.clear()
            return
        except csv.Error:
            first = feed.give_back()
            yield [cell.rstrip("\r\n") for cell in _read_alone(first, delimiter)]


class _Lines:
    """Lines that can be given back, and that end where a record grows beyond all measure."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) > MOST_LINES:
            raise csv.Error("a cell without an end")
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Return the first line of the record being read; the others are read again."""
        first, *others = self.taken
        self._waiting.extendleft(reversed(others))
        self.taken.clear()
        return first


def _read_alone(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _delimiter(path: Path, encoding: str) -> str:
    """A tab where the suffix or a header without commas says so, else a comma."""
    with path.open(encoding=encoding) as lines:
        header = lines.readline()
    if path.suffix.lower() == ".tsv" or ("\t" in header and "," not in header):
        return "\t"
    return ";" if ";" in header and "," not in header else ","

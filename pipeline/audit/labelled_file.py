"""A labelled file row by row, as it stands: what people count, and what is written back."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.errors import OutputError
from pipeline.tables import open_writer
from pipeline.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row with its number (in a csv the header is row 1), its fields, and its meaning."""

    number: int
    fields: Mapping[str, Any]
    message: LabelledMessage


def read_rows(path: Path, taxonomy: Taxonomy | None = None) -> list[LabelledRow]:
    """Read a labelled file with everything that stands in it.

    Raises:
        DataFileError: as `read_labelled`.
    """
    messages = read_labelled([path], taxonomy)
    fields = _csv_rows(path) if path.suffix.lower() == ".csv" else _json_rows(path)
    return [LabelledRow(n, row, m) for (n, row), m in zip(fields, messages, strict=True)]


def categories_of(path: Path) -> Taxonomy:
    """Return the taxonomy made of the categories that a labelled file uses.

    Raises:
        DataFileError: as `read_labelled`.
    """
    return Taxonomy.from_labels(m.category for m in read_labelled([path]))


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of fields as jsonl or csv; a list becomes a cell joined by ；.

    Raises:
        OutputError: the kind of file cannot hold labelled data, or as `open_writer`.
    """
    if path.suffix.lower() not in (".jsonl", ".csv"):
        raise OutputError(
            f"标注文件不能写成 {path.name}。请用 .jsonl 或 .csv。",
            f"Labelled data cannot be written as {path.name}; use .jsonl or .csv.",
        )
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with open_writer(path, columns) as writer:
        for row in rows:
            writer.write([_cell(row.get(name)) for name in columns], row)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        records = enumerate(csv.reader(lines), 1)
        header = next((record for _, record in records if record), [])
        for number, record in records:
            if record:
                cells = [*record, *[""] * (len(header) - len(record))]
                yield number, dict(zip(header, cells, strict=False))


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, json.loads(line)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "；".join(map(str, value))
    return "" if value is None else str(value)

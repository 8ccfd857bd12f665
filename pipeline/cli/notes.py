"""`wuwei notes`: meeting notes, one row an ask."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click

from pipeline.batch import ADDED, flat_values
from pipeline.cli.shared import as_paths, load_note_reader, model_option, say
from pipeline.notes import NoteReader, TaggedAsk, read_notes
from pipeline.notes.hints import KINDS
from pipeline.records import TaggedItem
from pipeline.tables import open_writer

_PLACE = ("source", "paragraph", "start", "end", "speaker", "context", "ask")
_SEGMENT = ("source", "paragraph", "start", "end", "speaker", "kind", "confidence", "text", "why")

Row = tuple[list[str], Mapping[str, Any]]


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", help="输出文件：.csv .tsv .xlsx .jsonl；不写则逐行输出 JSON。")
@click.option("--all", "everything", is_flag=True, help="列出每一段及其种类，不只是诉求。")
@model_option
def notes(inputs: tuple[str, ...], output: str | None, everything: bool, name: str | None) -> None:
    """会议记录 → 一条诉求一行，已分类、已分派。INPUT 可以是 .docx .txt .md .xlsx。"""
    reader, files = load_note_reader(name), as_paths(inputs)
    rows_of = _segment_rows if everything else _ask_rows
    rows = chain.from_iterable(rows_of(reader, path) for path in files)
    columns = _SEGMENT if everything else (*_PLACE, *ADDED)
    count = _print(rows) if output is None else _write(rows, Path(output).expanduser(), columns)
    say(f"{len(files)} 份记录，{count} {'段' if everything else '条诉求'}。")


def _print(rows: Iterator[Row]) -> int:
    count = 0
    for _, record in rows:
        click.echo(json.dumps(record, ensure_ascii=False))
        count += 1
    return count


def _write(rows: Iterator[Row], output: Path, columns: Sequence[str]) -> int:
    count = 0
    with open_writer(output, columns) as writer:
        for cells, record in rows:
            writer.write(cells, record)
            count += 1
    return count


def _ask_rows(reader: NoteReader, path: Path) -> Iterator[Row]:
    for note in read_notes(path):
        for tagged in reader.asks(note):
            yield _cells(tagged), tagged.to_dict()


def _cells(tagged: TaggedAsk) -> list[str]:
    record, item = tagged.to_dict(), tagged.outcome
    values = flat_values(item) if isinstance(item, TaggedItem) else [""] * len(ADDED)
    return [*("" if record[c] is None else str(record[c]) for c in _PLACE), *values]


def _segment_rows(reader: NoteReader, path: Path) -> Iterator[Row]:
    for note in read_notes(path):
        for one in reader.segments(note):
            segment = one.segment
            record = {
                "source": note.source,
                "paragraph": segment.paragraph,
                "start": segment.start,
                "end": segment.end,
                "speaker": segment.speaker,
                "kind": KINDS[one.kind],
                "confidence": round(one.confidence, 3),
                "text": segment.text,
                "why": "；".join(e.text for e in one.evidence if e.weight > 0),
            }
            yield [str(record[c]) for c in _SEGMENT], record

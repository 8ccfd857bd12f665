"""`wuwei pick`: which unlabelled messages to label next."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pipeline.batch.sources import Reading, open_sources, read_rows
from pipeline.cli.shared import load_triage, model_option, say
from pipeline.documents import read_document
from pipeline.errors import InputError, OutputError
from pipeline.picking import RANDOM, Picked
from pipeline.picking import pick as pick_messages
from pipeline.records import Document, Message
from pipeline.tables import open_writer
from pipeline.tables.write import json_line
from pipeline.triage import Triage

_COLUMNS = ("id", "text", "category", "picked", "source", "row")
_LABELS = ("category", "类别")

Place = tuple[str, int]


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "-n", "--number", "count", default=200, show_default=True,
    type=click.IntRange(min=1), help="挑几条。",
)  # fmt: skip
@click.option("-o", "--output", help="输出文件：.csv .tsv .xlsx .jsonl；不写则逐行输出 JSON。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option(
    "--text-column", "text_columns", multiple=True, metavar="NAME",
    help="正文列；可写多次，依次相连。",
)  # fmt: skip
@click.option("--id-column", metavar="NAME", help="编号列。")
@model_option
def pick(
    file: str,
    count: int,
    output: str | None,
    seed: int,
    text_columns: tuple[str, ...],
    id_column: str | None,
    name: str | None,
) -> None:
    """从没有标注的留言里挑出最值得标的：模型拿不准、彼此不同，另有一成随机。

    结果里 picked 一列写明 uncertain（拿不准）或 random（随机）；随机的一成留作评测，
    不要拿去训练。category 一列留空，由人来填；已有 category 的行不会挑中。文字已打码。
    """
    path, target = Path(file).expanduser(), Path(output).expanduser() if output else None
    if target is not None and target.exists() and target.samefile(path):
        raise OutputError(
            f"输出 {target} 就是输入文件。请换一个名字。",
            f"The output {target} is the input; choose another name.",
        )
    triage, reading = load_triage(name), Reading(text_columns, id_column)
    places: list[Place] = []
    picked = pick_messages(triage.model, _read(path, reading, triage, places), count, seed=seed)
    if not picked:
        raise InputError(
            f"{path.name} 里没有可挑的留言：每行都是空的，或已有 category。请检查文件。",
            f"{path.name} has no message to pick: all rows are empty or have a category.",
        )
    _write(picked, places, target)
    drawn = sum(one.how == RANDOM for one in picked)
    where = f"，写到 {target}" if target else ""
    say(f"{len(places)} 条里挑出 {len(picked)} 条，其中随机 {drawn} 条（留作评测）{where}。")


def _read(path: Path, reading: Reading, triage: Triage, places: list[Place]) -> Iterator[Document]:
    """Yield the messages that nobody has labelled, masked, and note where each stands."""
    labelled = unreadable = 0
    for message, label, place in _rows(path, reading):
        if label:
            labelled += 1
            continue
        document = read_document(message.text, triage.segmenter, id=message.id, masked=True)
        if isinstance(document, Document):
            places.append(place)
            yield document
        else:
            unreadable += 1
    if labelled or unreadable:
        say(f"跳过：已有 category 的 {labelled} 行，读不出的 {unreadable} 行。")


def _rows(path: Path, reading: Reading) -> Iterator[tuple[Message, str, Place]]:
    for source in open_sources([path], reading)[0]:
        label = next((i for i, c in enumerate(source.columns) if c in _LABELS), None)
        for row in read_rows(source, reading):
            if row.problem:
                yield Message("", ""), "", (source.name, row.number)
            else:
                said = row.values[label].strip() if label is not None else ""
                yield source.message(row), said, (source.name, row.number)


def _write(picked: Sequence[Picked], places: Sequence[Place], target: Path | None) -> None:
    records = [_record(one, places[one.position]) for one in picked]
    if target is None:
        for record in records:
            click.echo(json_line(record), nl=False)
        return
    with open_writer(target, _COLUMNS, numbers=("row",)) as writer:
        for record in records:
            writer.write([str(record[name]) for name in _COLUMNS], record)


def _record(one: Picked, place: Place) -> dict[str, object]:
    source, row = place
    return {
        "id": one.document.id,
        "text": one.document.text,
        "category": "",
        "picked": one.how,
        "source": source,
        "row": row,
    }

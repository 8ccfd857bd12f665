"""From finished parts to the output: one file, the list of what was rejected, the counts."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.groups import biggest_groups, find_groups
from pipeline.batch.inputs import rejected_path
from pipeline.batch.parts import Job, Part, lines_path, read_done
from pipeline.batch.results import NUMBERS
from pipeline.batch.sources import Unreadable
from pipeline.files import finished_file
from pipeline.overview.report import GroupRow
from pipeline.overview.statistics import Statistics
from pipeline.tables import open_writer
from pipeline.tables.write import delimited_lines

_REJECTED = ["file", "row", "id", "reason", "detail"]


@dataclass(frozen=True)
class Finished:
    """The counts of a run, and its biggest groups of near-duplicates."""

    statistics: Statistics
    groups: Sequence[GroupRow] = ()


def finish(
    job: Job, parts: Sequence[Part], output: Path, unreadable: Sequence[Unreadable]
) -> Finished:
    """Put the parts together. Both files appear only when everything is written.

    Raises:
        OutputError: the output cannot be written.
    """
    statistics = Statistics(keep_text=job.with_text)
    for one in unreadable:
        statistics.count_rejected(one.source, one.reason)
    rejected = rejected_path(output)
    with open_writer(rejected, _REJECTED) as rejections:
        for one in unreadable:
            rejections.write([one.source, "", "", one.reason, one.detail], {})
        for part in parts:
            counted, rows = read_done(job.folder, part.number)
            statistics.merge(counted)
            for row in rows:
                rejections.write(row, {})
    if job.layout.is_final:
        _join(job, parts, output)
        groups: Sequence[GroupRow] = ()
    else:
        groups = _lay_out(job, parts, output)
    if not statistics.rejected:
        rejected.unlink()
    return Finished(statistics, groups)


def _join(job: Job, parts: Sequence[Part], output: Path) -> None:
    """The parts' lines are the output's, byte for byte."""
    with finished_file(output) as draft, draft.open("wb") as file:
        if job.layout.suffix != ".jsonl":
            delimiter = "\t" if job.layout.suffix == ".tsv" else ","
            file.write(delimited_lines([job.layout.columns], delimiter).encode("utf-8-sig"))
        for part in parts:
            with lines_path(job.folder, part.number).open("rb") as lines:
                shutil.copyfileobj(lines, file, 1 << 20)


def _lay_out(job: Job, parts: Sequence[Part], output: Path) -> Sequence[GroupRow]:
    layout = job.layout
    found = find_groups(job.folder, parts) if layout.grouped else None
    added = iter(found.of_rows() if found else ())
    with open_writer(output, layout.columns, numbers=layout.rename(NUMBERS)) as writer:
        for line in _lines(job.folder, parts):
            group = next(added) if found else None
            if layout.suffix == ".jsonl":
                writer.write([], line | (group.to_dict() if group else {}))
            else:
                writer.write([*line, *(group.cells() if group else ())], {})
    return biggest_groups(found) if found else ()


def _lines(folder: Path, parts: Sequence[Part]) -> Iterator[Any]:
    for part in parts:
        with lines_path(folder, part.number).open(encoding="utf-8", newline="\n") as lines:
            yield from map(json.loads, lines)

"""The unit of work: some rows of a table, tagged and put on disk, or not done at all.

A part is done when its small JSON file is there; the file is renamed into place after
everything else of the part is safely written, so a power cut leaves parts that are done and
parts that are not, and nothing between.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from pipeline.batch.results import Layout
from pipeline.batch.sources import Reading, Source
from pipeline.masking import mask
from pipeline.overview.dates import read_date
from pipeline.overview.statistics import Statistics
from pipeline.records import Rejection, TaggedItem
from pipeline.same_complaint import PERMUTATIONS, read_signature
from pipeline.tables import Row
from pipeline.triage import Triage

Load = Callable[[], Triage]

_EXAMPLE = 120  # characters


@dataclass(frozen=True, slots=True)
class Part:
    """Rows `start` to `stop` (counted from 0 in the table) of one source."""

    number: int
    source: Source
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know besides the rows."""

    folder: Path
    layout: Layout
    reading: Reading
    with_text: bool = False


@dataclass
class Signed:
    """What groups are made of: one entry a tagged row, in order.

    Attributes:
        signatures: shape (rows, permutations); a row of zeros where nothing can be compared.
        places, dates, topics: path, ISO date and topic name, '' where unknown.
        examples: the beginning of the masked text, where texts were asked for, else ''.
    """

    signatures: NDArray[np.uint32]
    places: list[str]
    dates: list[str]
    topics: list[str]
    examples: list[str]


@dataclass
class Outcome:
    """What became of a part's rows.

    Attributes:
        lines: the tagged rows, as `Layout.render` gives them.
        rejected: source, row, id, reason and detail of the others.
        signed: where groups are wanted.
    """

    lines: str
    statistics: Statistics
    rejected: list[list[str]] = field(default_factory=list)
    signed: Signed | None = None


def parts_of(sources: Sequence[Source], rows_per_part: int) -> list[Part]:
    """Cut the sources into parts, in order."""
    spans = [
        (source, start, min(start + rows_per_part, source.rows))
        for source in sources
        for start in range(0, source.rows, rows_per_part)
    ]
    return [Part(number, *span) for number, span in enumerate(spans)]


def done_path(folder: Path, number: int) -> Path:
    """Return the file whose existence says that a part is done."""
    return folder / f"{number:07d}.json"


def lines_path(folder: Path, number: int) -> Path:
    """Return the file of a part's tagged rows."""
    return folder / f"{number:07d}.rows"


def signatures_path(folder: Path, number: int) -> Path:
    """Return the file of a part's signatures."""
    return folder / f"{number:07d}.npy"


def run_part(load: Load, job: Job, part: Part, rows: Sequence[Row]) -> int:
    """Tag a part and put it on disk; return its number of rows.

    Args:
        load: gives the triage; it is called once in a process.
        rows: the part's rows.
    """
    write_part(job.folder, part.number, tag_rows(_triage(load), job, part.source, rows))
    return len(rows)


@lru_cache(maxsize=1)
def _triage(load: Load) -> Triage:
    """Load once in a process: models are large and never change."""
    return load()


def tag_rows(triage: Triage, job: Job, source: Source, rows: Sequence[Row]) -> Outcome:
    """Tag rows of a source: each is in `lines` or in `rejected`, in order."""
    outcome = Outcome("", Statistics(keep_text=job.with_text))
    tagged: list[tuple[Row, TaggedItem]] = []
    for row, result in _results(triage, job.layout, source, rows):
        if isinstance(result, Rejection):
            outcome.statistics.count_rejected(source.name, result.reason)
            outcome.rejected.append(
                [source.name, str(row.number), result.id, result.reason, result.detail]
            )
        else:
            outcome.statistics.count(result, source=source.name, date=source.date(row))
            tagged.append((row, result))
    outcome.lines = job.layout.render(tagged, source)
    if job.layout.grouped:
        outcome.signed = _sign(tagged, source, with_text=job.with_text)
    return outcome


def _results(
    triage: Triage, layout: Layout, source: Source, rows: Sequence[Row]
) -> Iterator[tuple[Row, TaggedItem | Rejection]]:
    problems = {row.number: problem for row in rows if (problem := layout.problem(row))}
    readable = [source.message(row) for row in rows if row.number not in problems]
    results = triage.pipe(readable, masked=layout.masked)
    for row in rows:
        if row.number in problems:
            yield row, Rejection("", "unreadable_row", problems[row.number])
        else:
            yield row, next(results)


def _sign(tagged: Sequence[tuple[Row, TaggedItem]], source: Source, *, with_text: bool) -> Signed:
    signatures = np.zeros((len(tagged), PERMUTATIONS), dtype=np.uint32)
    for i, (_, item) in enumerate(tagged):
        signature = read_signature(item.document.text)
        if signature is not None:
            signatures[i] = signature
    items = [item for _, item in tagged]
    return Signed(
        signatures,
        places=[item.routing.place for item in items],
        dates=[read_date(source.date(row)) or "" for row, _ in tagged],
        topics=[item.topic_names.get(item.topic or "", "") for item in items],
        examples=[mask(item.document.text)[:_EXAMPLE] if with_text else "" for item in items],
    )


def write_part(folder: Path, number: int, outcome: Outcome) -> None:
    """Put a part on disk; its JSON file comes last."""
    _write(lines_path(folder, number), outcome.lines.encode())
    done: dict[str, Any] = {
        "statistics": outcome.statistics.to_dict(),
        "rejected": outcome.rejected,
    }
    if signed := outcome.signed:
        content = BytesIO()
        np.save(content, signed.signatures)
        _write(signatures_path(folder, number), content.getvalue())
        done |= {
            "places": signed.places, "dates": signed.dates, "topics": signed.topics,
            "examples": signed.examples,
        }  # fmt: skip
    _write(done_path(folder, number), json.dumps(done, ensure_ascii=False).encode())


def read_done(folder: Path, number: int) -> tuple[Statistics, list[list[str]]]:
    """Return the counts and the rejected rows of a part that is done."""
    done = json.loads(done_path(folder, number).read_bytes())
    return Statistics.from_dict(done["statistics"]), done["rejected"]


def read_signed(folder: Path, number: int) -> Signed:
    """Return what groups are made of, of a part that is done."""
    done = json.loads(done_path(folder, number).read_bytes())
    signatures = np.load(signatures_path(folder, number))
    lists = (done[name] for name in ("places", "dates", "topics", "examples"))
    return Signed(signatures, *lists)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; two workers on one part do not disturb each other.

    Process numbers would not keep their drafts apart: on two machines, or in two
    containers, they are often the same.
    """
    draft = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)  # on a full disk its room is wanted
        raise

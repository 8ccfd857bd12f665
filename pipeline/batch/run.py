"""Tagging whole files: every row comes out once and in order, or is reported.

    inputs → sources (tables) → parts (some rows each) → parts on disk → one output

A part is tagged and written by itself, here or on another machine; so a run that is cut off
goes on with the parts that are not done, and the output is the same byte for byte.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.finishing import finish
from pipeline.batch.inputs import find_inputs, run_folder
from pipeline.batch.local import run_here
from pipeline.batch.parts import Job, Load, Part, done_path, parts_of
from pipeline.batch.plan import forget_empty_run, make_plan, remove_run, start_run
from pipeline.batch.results import Layout
from pipeline.batch.sources import Reading, Unreadable, open_sources, read_rows
from pipeline.errors import InputError, OutputError, WuweiError
from pipeline.files import FULL
from pipeline.overview.report import GroupRow
from pipeline.overview.statistics import Statistics
from pipeline.records import Message
from pipeline.tables.write import check_output
from pipeline.triage import Triage

ROWS_PER_PART = 2000

Engine = Callable[[Load, Job, Sequence[Part]], Iterator[int]]


@dataclass(frozen=True)
class Progress:
    """How far a run is, in rows: `resumed` were done by an earlier run."""

    done: int
    resumed: int
    total: int


@dataclass(frozen=True)
class Summary:
    """What became of the rows: `tagged + rejected` is the number of rows (and files) read."""

    statistics: Statistics
    unreadable: Sequence[Unreadable] = ()
    groups: Sequence[GroupRow] = ()

    @property
    def tagged(self) -> int:
        """Number of rows in the output."""
        return self.statistics.tagged

    @property
    def rejected(self) -> int:
        """Number of rows and files in the list of what was rejected."""
        return self.statistics.rejected


def tag_files(
    inputs: Sequence[Path],
    output: Path,
    triage: Triage,
    *,
    reading: Reading = Reading(),  # noqa: B008 (frozen)
    masked: bool = False,
    grouped: bool = False,
    with_text: bool = False,
    engine: Engine = run_here,
    load: Load | None = None,
    resume: bool = False,
    restart: bool = False,
    rows_per_part: int = ROWS_PER_PART,
    progress: Callable[[Progress], None] = lambda progress: None,
    tell: Callable[[str], None] = lambda line: None,
) -> Summary:
    """Tag every row of the inputs into one output file.

    Rejected rows are listed in `OUTPUT.rejected.csv` with file, row number and reason, and
    so are files that cannot be read where others can. The output has the columns of all
    inputs, then the added ones; both files appear only when everything is written.

    Args:
        inputs: files, folders and patterns.
        masked: replace phone numbers, ID numbers and the like in every cell written.
        grouped: add the groups of near-duplicates.
        with_text: keep the texts of a few sample rows for a report.
        engine: runs the parts (`run_here`, or on a cluster).
        load: gives the triage in another process; picklable and hashable.
        resume: continue an unfinished run.
        restart: throw an unfinished run away.
        tell: called with a Chinese line about what is read how.

    Raises:
        InputError: nothing of the input can be read, or it holds no rows; an unfinished run
            is there, or cannot be resumed.
        OutputError: the output cannot be written, or would overwrite an input.
    """
    suffix, paths = check_output(output), find_inputs(inputs, output=output)
    sources, unreadable = open_sources(paths, reading)
    for source in sources:
        tell(f"{source.name}：{source.rows} 行；{source.chosen.describe(source.columns)}")
    if not any(source.rows for source in sources):
        raise InputError("输入里没有数据行。请检查文件。", "The input holds no rows.")
    kept = tuple(dict.fromkeys(name for source in sources for name in source.columns))
    job = Job(run_folder(output), Layout(kept, suffix, masked, grouped), reading, with_text)
    plan = make_plan(
        paths, reading, job.layout, model=triage.model.version, rows_per_part=rows_per_part
    )
    parts = parts_of(sources, rows_per_part)
    with _resumable():
        start_run(job.folder, plan, resume=resume, restart=restart)
        with _leaving_no_empty_run(job.folder):
            _run(engine, load or (lambda: triage), job, parts, progress)
        finished = finish(job, parts, output, unreadable)
    remove_run(job.folder)
    return Summary(finished.statistics, unreadable, finished.groups)


def read_messages(path: Path, text_columns: Sequence[str] = ()) -> Iterator[tuple[int, Message]]:
    """Yield the row number and the message of every readable row of a file.

    Raises:
        InputError: as `tag_files`.
    """
    reading = Reading(tuple(text_columns))
    for source in open_sources([path], reading)[0]:
        for row in read_rows(source, reading):
            if not row.problem:
                yield row.number, source.message(row)


def _run(
    engine: Engine,
    load: Load,
    job: Job,
    parts: Sequence[Part],
    progress: Callable[[Progress], None],
) -> None:
    missing = [part for part in parts if not done_path(job.folder, part.number).exists()]
    total = sum(part.stop - part.start for part in parts)
    done = resumed = total - sum(part.stop - part.start for part in missing)
    progress(Progress(done, resumed, total))
    for rows in engine(load, job, missing):
        done += rows
        progress(Progress(done, resumed, total))


@contextmanager
def _leaving_no_empty_run(folder: Path) -> Iterator[None]:
    """Where nothing could even be begun (no cluster at the address), leave nothing to resume."""
    try:
        yield
    except WuweiError:
        forget_empty_run(folder)
        raise


@contextmanager
def _resumable() -> Iterator[None]:
    """Turn a full disk into a sentence; what is done stays on disk."""
    try:
        yield
    except Exception as error:
        numbers = _system_errors(error)
        if numbers & {*FULL}:
            raise OutputError(
                "磁盘满了。已做完的部分保留着：腾出空间后加 --resume 接着做。",
                "The disk is full. Free some space and continue with --resume.",
            ) from None
        if errno.EFBIG in numbers:
            raise OutputError(
                "结果文件超过了单个文件的大小上限（FAT32 的 U 盘是 4 GB，也可能是系统限额）。"
                "已做完的部分保留着：放开限制后加 --resume 接着做，或把结果写到别的盘上。",
                "The output is larger than a file may be here (4 GB on FAT32, or a limit of the "
                "system). Lift the limit and continue with --resume, or write to another disk.",
            ) from None
        raise


def _system_errors(error: BaseException | None) -> set[int]:
    """Return the system's error numbers among an error and those it came of.

    Writers of workbooks wrap a full disk in an error of their own.
    """
    numbers = set()
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            numbers.add(error.errno)
        error = error.__cause__ or error.__context__
    return numbers

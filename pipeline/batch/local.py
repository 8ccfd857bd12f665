"""Running parts on this machine: in this process, or in several with joblib."""

from collections.abc import Iterator, Sequence

from joblib import Parallel, delayed

from pipeline.batch.parts import Job, Load, Part, run_part
from pipeline.batch.spans import SpanReader
from pipeline.tables import Row


def run_here(load: Load, job: Job, parts: Sequence[Part], *, jobs: int = 1) -> Iterator[int]:
    """Run parts and yield the number of rows of each when it is done, in order.

    Every file is read once, from the top; with several processes at most two parts a
    process are read ahead, so memory stays bounded.
    """
    if jobs == 1:
        yield from (run_part(load, job, part, rows) for part, rows in _with_rows(job, parts))
        return
    work = (delayed(run_part)(load, job, part, rows) for part, rows in _with_rows(job, parts))
    yield from Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs")(work)


def _with_rows(job: Job, parts: Sequence[Part]) -> Iterator[tuple[Part, list[Row]]]:
    reader = SpanReader(job.reading)
    for part in parts:
        yield part, reader.read(part.source, part.start, part.stop)

"""Running parts on a Dask cluster.

Workers are sent where rows stand (file, table, first and last row), never the texts: sending
lists of texts through Dask costs more than classifying them (house notes). Every worker
reads the model once, from the shared home, and writes its parts beside the output, where
all machines must see the same folder.

A task is a stretch of parts that follow one another in a file: to come to its first row, a
worker has to read past all before it, and that must cost little beside what it does there.
A worker that is lost loses the part it was at; Dask gives the stretch to another, which
finds on disk what of it is done. A part is written whole or not at all.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from threading import Lock
from typing import Any
from uuid import uuid4

from pipeline.batch.parts import Job, Load, Part, done_path, run_part
from pipeline.batch.plan import program_and_data
from pipeline.batch.sources import Reading
from pipeline.batch.spans import SpanReader
from pipeline.errors import InputError, ModelError
from pipeline.triage import Triage

SECONDS_TO_CONNECT = 10  # and to connect anew
SECONDS_FOR_A_WORKER = 60
_RETRIES = 3
# Tasks a worker: enough that none has to wait long for the last one.
_SHARES = 8
# Parts a task. In a file of a million rows it takes 9 s to come to the last of them, and
# 90 s to tag the 100,000 rows of such a task (benchmarks/README.md).
_MOST_PARTS = 50
# Threads of a worker take turns: they would only wait for one another inside Python, and
# the first of them would each load a model of its own.
_TURN = Lock()


@dataclass(frozen=True)
class LoadAlike:
    """Loads the triage where program and data files are those of the machine that asks.

    A worker with another gazetteer would tag its rows otherwise, and nobody would see it.

    Attributes:
        expected: pairs of what is compared and its version or digest.
    """

    load: Load
    expected: tuple[tuple[str, str], ...]

    def __call__(self) -> Triage:
        """Return the triage.

        Raises:
            ModelError: this machine has another program, or other data files.
        """
        here = program_and_data()
        if different := [name for name, found in self.expected if here.get(name) != found]:
            raise ModelError(
                f"集群里有机器的 {'、'.join(different)} 与本机不同，结果会不一致。"
                "请让各台机器装同一版本，用同一个 WUWEI_HOME，再重启工作进程。",
                f"A worker has another {', '.join(different)} than this machine.",
            )
        return self.load()


def run_on_cluster(load: Load, job: Job, parts: Sequence[Part], *, scheduler: str) -> Iterator[int]:
    """Run parts on the cluster of a scheduler; yield the rows of each as it is done.

    Args:
        scheduler: its address, such as `tcp://10.0.0.1:8786`.

    Raises:
        InputError: Dask is not installed, nothing answers at the address, no worker is there,
            or the cluster was lost in the middle.
        ModelError: a worker has another program, model or data than this machine.
    """
    if not parts:
        return
    dask = _import_dask()
    with _in_plain_words(dask, scheduler), _connect(dask, scheduler) as client:
        _await_worker(client, scheduler)
        futures = client.map(
            run_in_worker,
            stretches([_placed(part) for part in parts], workers=len(client.nthreads())),
            load=LoadAlike(load, tuple(sorted(program_and_data().items()))),
            job=replace(job, folder=job.folder.absolute()),
            run=uuid4().hex,
            pure=False,
            retries=_RETRIES,
        )
        for future in dask.as_completed(futures):
            yield future.result()
            future.release()


def stretches(parts: Sequence[Part], *, workers: int) -> list[list[Part]]:
    """Cut parts into tasks: stretches of one file each, in order."""
    size = max(1, min(_MOST_PARTS, len(parts) // (_SHARES * workers)))
    return [
        same[start : start + size]
        for _, group in groupby(parts, key=lambda part: part.source)
        for same in [list(group)]
        for start in range(0, len(same), size)
    ]


def run_in_worker(parts: Sequence[Part], *, load: Load, job: Job, run: str) -> int:
    """Run the parts of a stretch that are not done yet; return the rows of all of them.

    Args:
        run: another one each time the command is given.
    """
    with _TURN:
        for part in parts:
            if not done_path(job.folder, part.number).exists():
                rows = _reader(run, job.reading).read(part.source, part.start, part.stop)
                run_part(load, job, part, rows)
    return sum(part.stop - part.start for part in parts)


@lru_cache(maxsize=1)
def _reader(run: str, reading: Reading) -> SpanReader:
    """One reader a run: workers outlive runs, and a file may have changed between two."""
    return SpanReader(reading)


def _placed(part: Part) -> Part:
    """Say where a part's file lies wherever the worker was started."""
    return replace(part, source=replace(part.source, path=part.source.path.absolute()))


def _import_dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError(
            "没有装 Dask。请运行 pip install 'wuwei[cluster]'，集群的每台机器都要装。",
            "Dask is not installed; pip install 'wuwei[cluster]' on every machine.",
        ) from None
    # What goes wrong is said below in one sentence; Dask would add tracebacks of its own.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    return distributed


def _connect(dask: Any, scheduler: str) -> Any:
    try:
        return dask.Client(scheduler, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError):
        raise InputError(
            f"连不上 Dask 调度器 {scheduler}。请检查地址，以及调度器是否在运行。",
            f"No Dask scheduler answers at {scheduler}.",
        ) from None


def _await_worker(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS_FOR_A_WORKER)
    except TimeoutError:
        raise InputError(
            f"Dask 调度器 {scheduler} 那里没有工作进程。"
            f"请在各台机器上运行 dask worker {scheduler} --nthreads 1。",
            f"The Dask scheduler {scheduler} has no workers; start some with dask worker.",
        ) from None


@contextmanager
def _in_plain_words(dask: Any, scheduler: str) -> Iterator[None]:
    """Turn what Dask raises when it loses machines into sentences."""
    try:
        yield
    except dask.scheduler.KilledWorker:
        raise InputError(
            "同一段数据几次让集群的工作进程退出，多半是内存不够。做完的部分保留着："
            "给工作进程多些内存（dask worker --memory-limit），再加 --resume 接着做。",
            "Workers died on the same part again and again, probably for want of memory. "
            "Give them more and continue with --resume.",
        ) from None
    except (dask.CancelledError, dask.comm.CommClosedError):
        raise InputError(
            f"与 Dask 调度器 {scheduler} 的连接断了。做完的部分保留着："
            "集群恢复后加 --resume 接着做。",
            f"The connection to the Dask scheduler {scheduler} was lost. Continue with --resume.",
        ) from None
    except ImportError as error:
        raise InputError(
            f"集群里有机器缺少 {error.name}。请在每台机器上运行 pip install 'wuwei[cluster]'。",
            f"A worker lacks {error.name}; pip install 'wuwei[cluster]' on every machine.",
        ) from None

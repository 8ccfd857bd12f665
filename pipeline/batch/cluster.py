"""Running parts on a Dask cluster.

Workers are sent where rows stand (file, table, first and last row), never the texts: sending
lists of texts through Dask costs more than classifying them (house notes). Every worker
reads the model once, from the shared home, and writes its parts beside the output, where
all machines must see the same folder. A worker that is lost loses the parts it was at; Dask
gives them to another, and a part is written whole or not at all.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.batch.parts import Job, Load, Part, run_part
from pipeline.errors import InputError


def run_on_cluster(load: Load, job: Job, parts: Sequence[Part], *, scheduler: str) -> Iterator[int]:
    """Run parts on the cluster of a scheduler; yield the rows of each as it is done.

    Args:
        scheduler: its address, such as `tcp://10.0.0.1:8786`.

    Raises:
        InputError: Dask is not installed, or nothing answers at the address.
    """
    client, as_completed = _connect(scheduler)
    with client:
        futures = client.map(_run, parts, load=load, job=job, pure=False, retries=3)
        for future in as_completed(futures):
            yield future.result()
            future.release()


def _run(part: Part, *, load: Load, job: Job) -> int:
    return run_part(load, job, part)


def _connect(scheduler: str) -> tuple[Any, Any]:
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise InputError(
            "没有装 Dask。请运行 pip install 'wuwei[cluster]'，集群的每台机器都要装。",
            "Dask is not installed; pip install 'wuwei[cluster]' on every machine.",
        ) from None
    try:
        return Client(scheduler, timeout="10s"), as_completed  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError):
        raise InputError(
            f"连不上 Dask 调度器 {scheduler}。请检查地址，以及调度器是否在运行。",
            f"No Dask scheduler answers at {scheduler}.",
        ) from None

"""What `wuwei tag` costs over a whole file: rows a second, memory, and whether either grows.

    python benchmarks/batch.py [ROWS…] [--jobs 1 2] [--dask 1 2] [--dask-rows 100000] [--keep DIR]

The rows are made of `../shared/real/teddy_raw.csv` (3,687 real messages, 420 characters on
average): every one repeated with other numbers, other place letters and its sentences in
another order, so that no text occurs twice and no cache can help. They lie in a temporary
folder and are deleted.

`wuwei tag` runs as its users run it, a command of its own. Memory is that of all processes it
starts, summed five times a second; pages that processes share are counted once for each, so
the figure is an upper bound. The peer is the loop one would write first: jieba, scikit-learn's
TF-IDF of word 1-2-grams and character 2-4-grams (those that occur twice), logistic regression,
one row after the other. It learns the five categories from `corpora/messages` and says a
category, no more. Peer and command take turns: some rows of the peer before and after every
run of the command.

A run of one row gives what starting costs; cost a row is what remains. Besides seconds on the
clock there are seconds of processor time: on a machine that others use, too, only these tell
what a row costs. `WUWEI_HOME` says which home's model `default` is used.
"""

import argparse
import csv
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import jieba
import joblib
import numpy as np
import psutil
from distributed import Client

ROOT = Path(__file__).resolve().parents[1]
SOURCE, COLUMN = ROOT.parent / "shared/real/teddy_raw.csv", "留言详情"
SIZES = (10_000, 100_000, 1_000_000)
WUWEI = [sys.executable, "-c", "from pipeline.cli import main; main()"]
DASK = str(Path(sys.executable).with_name("dask"))
PEER_ROWS = 500
SECONDS_BETWEEN_LOOKS = 0.2
HEADER = """\
| rows | how | seconds | rows/s | start s | peak MB | processor µs a row | naive µs | × naive, \
processor | × naive, clock |
|---|---|---|---|---|---|---|---|---|---|"""

_SENTENCE = re.compile(r"[^。！？!?；]+[。！？!?；]?")
_CHANGED = re.compile(r"\d+|(?<![A-Za-z])[A-Z](?=\d*[市县区])")


class Cost(NamedTuple):
    """Seconds of a run, by the clock and of processors; peak of its memory in MB."""

    seconds: float
    processor: float
    megabytes: float


def varied(text: str, rng: random.Random) -> str:
    """Return a text with other numbers, other place letters, its sentences in another order."""
    sentences = _SENTENCE.findall(text)
    rng.shuffle(sentences)
    return _CHANGED.sub(lambda found: _other(found.group(), rng), "".join(sentences))


def _other(found: str, rng: random.Random) -> str:
    if found.isdigit():
        return "".join(rng.choice("123456789") for _ in found)
    return rng.choice("ABCDEFGHJKLM")


def write_rows(path: Path, rows: int, seed: int = 0) -> None:
    """Write rows of which no two have the same text."""
    with SOURCE.open(encoding="utf-8-sig", newline="") as file:
        texts = [row[COLUMN] for row in csv.DictReader(file)]
    sentences = [s for text in texts for s in _SENTENCE.findall(text) if 8 < len(s) < 60]
    rng, seen = random.Random(seed), set[int]()
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["编号", COLUMN, "日期"])
        for i in range(rows):
            text = varied(texts[i % len(texts)], rng)
            while hash(text) in seen:
                text = varied(text + rng.choice(sentences), rng)
            seen.add(hash(text))
            out.writerow([f"{i:08d}", text, f"20{10 + i % 14}-{1 + i % 12:02d}-{1 + i % 28:02d}"])


def measured(command: Sequence[str], others: Sequence[psutil.Process] = ()) -> Cost:
    """Run a command and watch it, its children, and the processes it makes work."""
    watch, before = Watch(), _processor(others)
    start, own = time.perf_counter(), _children_processor()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        while process.poll() is None:
            watch.look([psutil.Process(process.pid), *others])
            time.sleep(SECONDS_BETWEEN_LOOKS)
        if process.returncode not in (0, 3):
            said.seek(0)
            sys.exit(said.read().decode("utf-8", "replace")[-2000:])
    seconds = time.perf_counter() - start
    processor = _children_processor() - own + _processor(others) - before
    return Cost(seconds, processor, watch.peak)


class Watch:
    """The most memory (MB) that some processes and their children were seen to have."""

    def __init__(self) -> None:
        self.peak = 0.0

    def look(self, roots: Sequence[psutil.Process]) -> None:
        sizes = [process.memory_info().rss for process in _alive(roots)]
        self.peak = max(self.peak, sum(sizes) / 2**20)


def _alive(roots: Sequence[psutil.Process]) -> Iterator[psutil.Process]:
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess), process.oneshot():
                    process.memory_info()
                    yield process


def _processor(roots: Sequence[psutil.Process]) -> float:
    """Processor seconds that processes which go on running have used."""
    times = [process.cpu_times() for process in _alive(roots)]
    return sum(t.user + t.system for t in times)


def _children_processor() -> float:
    """Processor seconds of the commands that have ended, and of all their children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Peer:
    """The naive loop; it goes on where it stopped, so that no row is read twice."""

    def __init__(self, cache: Path, path: Path) -> None:
        self._model = joblib.load(cache) if cache.exists() else _train_peer(cache)
        with path.open(encoding="utf-8", newline="") as file:
            self._texts = (row[COLUMN] for row in list(csv.DictReader(file)))

    def run(self) -> tuple[float, float]:
        """Say the category of the next rows, one by one; return seconds and processor's a row."""
        texts = list(islice(self._texts, PEER_ROWS))
        start, used = time.perf_counter(), time.process_time()
        for text in texts:
            self._model.predict_proba([text])
        seconds, processor = time.perf_counter() - start, time.process_time() - used
        return seconds / len(texts), processor / len(texts)


def cut_words(text: str) -> list[str]:
    """Cut as jieba does when it is simply called (a function, because jieba is not pickled)."""
    words: list[str] = jieba.lcut(text)
    return words


def _train_peer(cache: Path) -> object:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    paths = sorted((ROOT / "corpora/messages").glob("*.jsonl"))
    lines = [json.loads(line) for path in paths for line in path.open(encoding="utf-8")]
    rare = {"min_df": 2, "dtype": np.float32}  # else its training takes longer than all else
    words = TfidfVectorizer(tokenizer=cut_words, token_pattern=None, ngram_range=(1, 2), **rare)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), **rare)
    peer = make_pipeline(make_union(words, characters), LogisticRegression(C=10, tol=1e-3))
    peer.fit([line["text"] for line in lines], [line["category"] for line in lines])
    joblib.dump(peer, cache)
    return peer


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[tuple[str, list[psutil.Process]]]:
    """Start a scheduler and workers with the commands of the README; yield the address."""
    told = folder / f"scheduler-{workers}.json"
    told.unlink(missing_ok=True)
    where = ["--scheduler-file", str(told), "--no-dashboard", "--host", "127.0.0.1"]
    many = ["--nthreads", "1", "--nworkers", str(workers)]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in (["scheduler", "--port", "0"], ["worker", *many]):
            started.append(_start_dask([*command, *where], folder))
            while not told.exists():
                time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        with Client(address) as client:
            client.wait_for_workers(workers)
        yield address, [psutil.Process(process.pid) for process in started]
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _start_dask(command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start a part of the cluster; it imports the package from this checkout."""
    return subprocess.Popen(
        [DASK, *command], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


class Bench:
    """Runs the command over files of the folder, with the peer before and after."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._peer = Peer(folder / "peer.joblib", self._file(20_000, seed=1))

    def run(
        self, rows: int, name: str, options: Sequence[str], others: Sequence[psutil.Process] = ()
    ) -> None:
        before = self._peer.run()
        starting, cost = self._tag(1, options, others), self._tag(rows, options, others)
        naive, used = ((a + b) / 2 for a, b in zip(before, self._peer.run(), strict=True))
        row = (cost.processor - starting.processor) / rows
        print(
            f"| {rows:,} | {name} | {cost.seconds:,.0f} | {rows / cost.seconds:,.0f} "
            f"| {starting.seconds:.1f} | {cost.megabytes:,.0f} | {row * 1e6:,.0f} "
            f"| {used * 1e6:,.0f} | {used / row:.1f} | {naive * rows / cost.seconds:.1f} |",
            flush=True,
        )

    def _tag(self, rows: int, options: Sequence[str], others: Sequence[psutil.Process]) -> Cost:
        output = self._folder / "out.csv"
        command = [*WUWEI, "tag", str(self._file(rows)), "-o", str(output), "--restart", *options]
        cost = measured(command, others)
        output.unlink()
        return cost

    def _file(self, rows: int, seed: int = 0) -> Path:
        path = self._folder / f"rows-{rows}-{seed}.csv"
        if not path.exists():
            draft = path.with_suffix(".part")
            write_rows(draft, rows, seed + rows)
            draft.replace(path)
        return path


def parse() -> argparse.Namespace:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("rows", nargs="*", type=int, default=SIZES)
    arguments.add_argument("--jobs", nargs="*", type=int, default=[1, 2])
    arguments.add_argument("--dask", nargs="*", type=int, default=[1, 2])
    arguments.add_argument("--dask-rows", type=int, default=100_000)
    arguments.add_argument("--keep", type=Path, help="a folder for the files made, kept")
    return arguments.parse_args()


def main() -> None:
    given = parse()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        bench = Bench(folder)
        print(HEADER)
        for rows in given.rows:
            for jobs in given.jobs:
                bench.run(rows, f"--jobs {jobs}", ["--jobs", str(jobs)])
        for workers in given.dask:
            with cluster(workers, folder) as (address, processes):
                options = ["--engine", "dask", "--scheduler", address]
                bench.run(given.dask_rows, f"Dask, workers: {workers}", options, processes)


if __name__ == "__main__":
    main()

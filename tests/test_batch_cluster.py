"""A real Dask cluster of worker processes on this machine, one of them killed at its work."""

import csv
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from pipeline.batch import Progress, run_folder, tag_files
from pipeline.batch.cluster import LoadAlike, run_in_worker, run_on_cluster, stretches
from pipeline.batch.loading import LoadModel
from pipeline.batch.parts import Job, Part, lines_path, parts_of
from pipeline.batch.plan import program_and_data
from pipeline.batch.results import Layout
from pipeline.batch.sources import Reading, Source, open_sources, read_rows
from pipeline.batch.spans import SpanReader
from pipeline.cli import main
from pipeline.errors import InputError, ModelError
from pipeline.records import Message, Rejection, TaggedItem
from pipeline.registry import save
from pipeline.tables import open_tables
from pipeline.triage import Triage

pytest.importorskip("distributed", reason="Dask is an extra: pip install 'wuwei[cluster]'")

MATTERS = ("污水直接排进河里", "麻将馆通宵打牌赌钱", "茶叶卖不出去求销路", "村口的路灯坏了")
FATAL = "供销社旧址"
ROWS, FATAL_ROW = 90, 47
WORKERS, THREADS = 2, 2


@dataclass(frozen=True)
class LoadAndTell:
    """Loads as `load` does, and leaves a file named after the process each time."""

    load: LoadModel
    folder: Path

    def __call__(self) -> Triage:
        times = len(list(self.folder.glob(f"{os.getpid()}-*")))
        (self.folder / f"{os.getpid()}-{times}").touch()
        return self.load()


@dataclass(frozen=True)
class LoadMortal:
    """Loads a triage whose process is killed at the fatal row, the first time it is met."""

    load: LoadModel
    marker: Path

    def __call__(self) -> Triage:
        triage = self.load()
        return Mortal(triage.model, triage.segmenter, triage.router, self.marker)


@dataclass(frozen=True)
class Mortal(Triage):
    marker: Path = Path()

    def pipe(
        self, messages: object, *, masked: bool = False, batch_size: int = 256
    ) -> Iterator[TaggedItem | Rejection]:
        held: list[Message] = list(messages)  # type: ignore[call-overload]
        if any(FATAL in message.text for message in held) and not self.marker.exists():
            self.marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().pipe(held, masked=masked)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a cluster whose workers were started in another folder than ours."""
    from distributed import LocalCluster

    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    try:
        cluster = LocalCluster(
            n_workers=WORKERS, threads_per_worker=THREADS, processes=True, host="127.0.0.1",
            dashboard_address=None, local_directory=str(tmp_path_factory.mktemp("dask")),
            silence_logs=logging.CRITICAL,
        )  # type: ignore[no-untyped-call]  # fmt: skip
    finally:
        os.chdir(before)
    with cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def saved(model: object, tmp_path_factory: pytest.TempPathFactory) -> LoadModel:
    models = tmp_path_factory.mktemp("home") / "models"
    save(model, models)  # type: ignore[arg-type]
    return LoadModel(models, "lessons", model.version)  # type: ignore[attr-defined]


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["编号", "内容", "日期"])
        for i in range(ROWS):
            where = FATAL if i == FATAL_ROW else f"{i}号院"
            text = "" if i % 11 == 5 else f"{MATTERS[i % 4]}，{where}的人\n都说了好多回"
            out.writerow([f"{i:04d}", text, f"2026-0{1 + i % 9}-03"])
    return path


def rows_of(path: Path) -> list[tuple[str, ...]]:
    [table] = open_tables(path)
    return [table.columns, *(row.values for row in table.rows())]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_a_worker_killed_at_its_work_loses_nothing(
    triage: Triage, saved: LoadModel, scheduler: str, messages: Path, tmp_path: Path, suffix: str
) -> None:
    """It dies in the middle of a task, which other parts of are done."""
    here, there = tmp_path / f"here{suffix}", tmp_path / f"there{suffix}"
    tag_files([messages], here, triage, rows_per_part=1)
    marker = tmp_path / "killed"
    summary = tag_files(
        [messages], there, triage, rows_per_part=1,
        load=LoadMortal(saved, marker), engine=partial(run_on_cluster, scheduler=scheduler),
    )  # fmt: skip
    with pytest.raises(ProcessLookupError, match="No such process"):
        os.kill(int(marker.read_text()), 0)
    assert summary.tagged + summary.rejected == ROWS
    assert rejected(there) == rejected(here)
    if suffix == ".parquet":
        assert rows_of(there) == rows_of(here)
    else:
        assert there.read_bytes() == here.read_bytes()
    assert not run_folder(there).exists()


def rejected(output: Path) -> bytes:
    return output.with_name(f"{output.name}.rejected.csv").read_bytes()


def test_every_worker_loads_the_model_once(
    triage: Triage, saved: LoadModel, scheduler: str, messages: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    told.mkdir()
    tag_files(
        [messages], tmp_path / "out.csv", triage, rows_per_part=3,
        load=LoadAndTell(saved, told), engine=partial(run_on_cluster, scheduler=scheduler),
    )  # fmt: skip
    loads = Counter(path.name.partition("-")[0] for path in told.iterdir())
    assert set(loads.values()) == {1}
    assert 1 <= len(loads) <= WORKERS


def test_files_named_from_the_folder_one_stands_in_are_found_by_the_workers(
    triage: Triage, saved: LoadModel, scheduler: str, messages: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    engine = partial(run_on_cluster, scheduler=scheduler)
    tag_files([Path("messages.csv")], Path("out.csv"), triage, load=saved, engine=engine)
    assert len(rows_of(tmp_path / "out.csv")) > 1


def test_a_file_that_changed_between_two_runs_is_read_anew(triage: Triage, tmp_path: Path) -> None:
    """A worker outlives runs: what it has open of the first must not answer in the second."""
    path, folder = tmp_path / "in.csv", tmp_path / "run"
    folder.mkdir()
    for number, matter in enumerate(("污水直排", "麻将赌博")):
        path.write_text("内容\n" + f"{matter}\n" * 40, "utf-8")
        [source] = open_sources([path], Reading())[0]
        job = Job(folder, Layout(source.columns, ".csv"), Reading())
        part = Part(number, source, 20 * number, 20 * number + 20)
        assert run_in_worker([part], load=lambda: triage, job=job, run=f"run {number}") == 20
        assert lines_path(folder, number).read_text("utf-8").count(matter) >= 20


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "http://127.0.0.1:9", "无"])
def test_a_wrong_address_is_a_sentence_and_leaves_nothing(
    triage: Triage, saved: LoadModel, messages: Path, tmp_path: Path, address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("pipeline.batch.cluster.SECONDS_TO_CONNECT", 1)
    output = tmp_path / "out.csv"
    with pytest.raises(InputError, match=f"连不上 Dask 调度器 {address}"):
        tag_files(
            [messages], output, triage, load=saved,
            engine=partial(run_on_cluster, scheduler=address),
        )  # fmt: skip
    assert not run_folder(output).exists()


def test_the_command_says_in_one_sentence_that_no_scheduler_answers(
    saved: LoadModel, messages: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("WUWEI_HOME", str(saved.models.parent))
    monkeypatch.setattr("pipeline.batch.cluster.SECONDS_TO_CONNECT", 1)
    options = ["--model", saved.name, "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9"]
    given = ["wuwei", "tag", str(messages), "-o", str(tmp_path / "out.csv"), *options]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit, match=r"^2$"):
        main()
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith("wuwei: 连不上 Dask 调度器 tcp://127.0.0.1:9。")
    assert len(said) == 2, said  # the other says what is read how


def test_a_scheduler_lost_in_the_middle_leaves_a_run_that_goes_on(
    triage: Triage, saved: LoadModel, messages: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("pipeline.batch.cluster.SECONDS_TO_CONNECT", 3)
    here, there, told = tmp_path / "here.csv", tmp_path / "there.csv", tmp_path / "scheduler.json"
    tag_files([messages], here, triage, rows_per_part=1)
    where = ["--scheduler-file", str(told), "--no-dashboard", "--host", "127.0.0.1"]
    processes = [dask("scheduler", "--port", "0", *where), dask("worker", *where)]

    def kill_scheduler(progress: Progress) -> None:
        if progress.done:
            processes[0].kill()

    try:
        while not told.exists():
            time.sleep(0.05)
        engine = partial(run_on_cluster, scheduler=json.loads(told.read_text())["address"])
        with pytest.raises(InputError, match=r"的连接断了。做完的部分保留着.*--resume"):
            tag_files(
                [messages], there, triage, rows_per_part=1, load=saved, engine=engine,
                progress=kill_scheduler,
            )  # fmt: skip
    finally:
        for process in processes:
            process.kill()
            process.wait()
    tag_files([messages], there, triage, rows_per_part=1, resume=True)
    assert there.read_bytes() == here.read_bytes()


def dask(*arguments: str) -> "subprocess.Popen[bytes]":
    program = str(Path(sys.executable).with_name("dask"))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    quiet = subprocess.DEVNULL
    return subprocess.Popen([program, *arguments], stdout=quiet, stderr=quiet, env=environment)


def test_an_error_that_can_be_mended_comes_back_from_a_worker(
    triage: Triage, saved: LoadModel, scheduler: str, messages: Path, tmp_path: Path
) -> None:
    other = LoadModel(saved.models, saved.name, "lessons@00000000")
    with pytest.raises(ModelError, match="运行中模型 lessons 变了"):
        tag_files(
            [messages], tmp_path / "out.csv", triage, load=other,
            engine=partial(run_on_cluster, scheduler=scheduler),
        )  # fmt: skip


def test_a_worker_with_other_data_files_refuses(saved: LoadModel) -> None:
    here = program_and_data()
    LoadAlike(saved, tuple(here.items()))()
    with pytest.raises(ModelError, match=r"gazetteer\.csv 与本机不同"):
        LoadAlike(saved, tuple((here | {"gazetteer.csv": "another"}).items()))()


@pytest.mark.parametrize(
    ("rows", "workers", "expected", "why"),
    [
        ([5], 2, [1] * 5, "few parts: one a task"),
        ([40], 2, [2] * 20, "a worker has about eight tasks"),
        ([3, 3], 1, [1] * 6, "never two files in a task"),
        ([50, 30], 2, [5] * 16, "the same size in every file"),
        ([2000], 2, [50] * 40, "however many there are, none is large"),
    ],
)
def test_tasks_are_stretches_of_one_file(
    source: Source, rows: list[int], workers: int, expected: list[int], why: str
) -> None:
    sources = [replace(source, index=i, rows=n) for i, n in enumerate(rows)]
    parts = parts_of(sources, 1)
    found = stretches(parts, workers=workers)
    assert [len(stretch) for stretch in found] == expected, why
    assert [part for stretch in found for part in stretch] == parts
    assert all(len({part.source for part in stretch}) == 1 for stretch in found)


def test_what_is_done_of_a_stretch_is_not_done_again(
    triage: Triage, source: Source, tmp_path: Path
) -> None:
    """It comes back whole when the worker that was at it is lost."""
    folder = tmp_path / "run"
    folder.mkdir()
    job = Job(folder, Layout(source.columns, ".csv"), Reading())
    parts = parts_of([source], 30)
    assert run_in_worker(parts[:2], load=lambda: triage, job=job, run="a") == 60
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert run_in_worker(parts, load=lambda: triage, job=job, run="a") == ROWS
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert lines_path(folder, 2).exists()


@pytest.fixture
def source(messages: Path) -> Source:
    [source] = open_sources([messages], Reading())[0]
    return source


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([(0, 7), (7, 14)], "one after the other"),
        ([(7, 14), (35, 42), (84, 90)], "what other workers do is passed over"),
        ([(35, 42), (7, 14), (14, 21)], "a part that a lost worker was at comes back"),
        ([(84, 90), (84, 90)], "the same part again"),
    ],
)
def test_spans_are_read_in_any_order(
    source: Source, spans: list[tuple[int, int]], why: str
) -> None:
    rows, reader = list(read_rows(source, Reading())), SpanReader(Reading())
    assert [reader.read(source, *span) for span in spans] == [rows[a:b] for a, b in spans], why


def test_ascending_spans_open_a_file_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Source] = []

    def counting(read: Callable[..., object], *given: object) -> object:
        opened.append(source)
        return read(*given)

    monkeypatch.setattr("pipeline.batch.spans.read_rows", partial(counting, read_rows))
    reader = SpanReader(Reading())
    for start in range(0, ROWS, 5):
        reader.read(source, start, start + 5)
    assert len(opened) == 1

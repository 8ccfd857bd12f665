"""A disk that fills up: one sentence, nothing half-written, and the run can be resumed.

A real small disk (tmpfs) needs root; where there is none, the error is put in by hand.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.batch import rejected_path, run_folder, run_here, tag_files
from pipeline.batch.parts import Job, Load, Part
from pipeline.errors import OutputError
from pipeline.model import Model
from pipeline.registry import save
from pipeline.tables import open_tables
from pipeline.triage import Triage

MATTERS = ("污水直接排进河里", "麻将馆通宵打牌赌钱", "茶叶卖不出去求销路", "村口的路灯坏了")
ROWS_PER_PART = 50
BALLAST = "ballast"

# The command, on a disk that takes so many files and is then full.
FULL_AFTER = """
import errno, os, sys
from pipeline.cli import main
real, left = os.fsync, int(sys.argv.pop(1))
def fsync(file):
    global left
    if left <= 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    left -= 1
    real(file)
os.fsync = fsync
main()
"""
COMMAND = "from pipeline.cli import main; main()"


def write_messages(path: Path, rows: int) -> Path:
    lines = (f"{MATTERS[i % 4]}，{i}号院的人都说了好多回" if i % 7 else "" for i in range(rows))
    path.write_text("编号,内容\n" + "".join(f"{i},{x}\n" for i, x in enumerate(lines)), "utf-8")
    return path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"a small disk cannot be made here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, *, but: int = 0) -> None:
    """Fill a disk up, but for some bytes."""
    free = os.statvfs(folder)
    (folder / BALLAST).write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - but)))


def filling_after(parts: int) -> object:
    """An engine beside which somebody fills the disk, once some parts are done."""

    def run(load: Load, job: Job, missing: Sequence[Part]) -> Iterator[int]:
        for done, rows in enumerate(run_here(load, job, missing), 1):
            yield rows
            if done == parts:
                fill(job.folder.parent)

    return run


def read(path: Path) -> object:
    if path.suffix != ".xlsx":
        return path.read_bytes()
    [table] = open_tables(path)
    return [table.columns, *(row.values for row in table.rows())]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx", ".parquet"])
@pytest.mark.parametrize(("parts", "moment"), [(2, "while tagging"), (4, "while finishing")])
def test_a_full_disk_leaves_a_run_that_can_be_resumed(
    triage: Triage, small_disk: Path, tmp_path: Path, suffix: str, parts: int, moment: str
) -> None:
    source = write_messages(tmp_path / "in.csv", 4 * ROWS_PER_PART)
    whole, output = tmp_path / f"whole{suffix}", small_disk / f"out{suffix}"
    tag_files([source], whole, triage, rows_per_part=ROWS_PER_PART)
    with pytest.raises(OutputError, match=r"磁盘满了.*--resume.*The disk is full"):
        tag_files(
            [source], output, triage, rows_per_part=ROWS_PER_PART,
            engine=filling_after(parts),  # type: ignore[arg-type]
        )  # fmt: skip
    assert {path.name for path in small_disk.iterdir()} == {BALLAST, run_folder(output).name}
    assert not list(run_folder(output).glob("*.part"))
    (small_disk / BALLAST).unlink()
    tag_files([source], output, triage, rows_per_part=ROWS_PER_PART, resume=True)
    assert read(output) == read(whole), moment
    assert read(rejected_path(output)) == read(rejected_path(whole))
    assert not run_folder(output).exists()


def test_a_disk_full_from_the_beginning_is_the_same_sentence(
    triage: Triage, small_disk: Path, tmp_path: Path
) -> None:
    source, output = write_messages(tmp_path / "in.csv", 20), small_disk / "out.csv"
    fill(small_disk)
    with pytest.raises(OutputError, match="磁盘满了"):
        tag_files([source], output, triage)
    (small_disk / BALLAST).unlink()
    tag_files([source], output, triage, resume=True)
    assert [path.name for path in sorted(small_disk.iterdir())] == [
        "out.csv", "out.csv.rejected.csv",
    ]  # fmt: skip


@pytest.fixture
def home(model: Model, tmp_path: Path) -> Path:
    save(model, tmp_path / "home" / "models")
    return tmp_path / "home"


def tag(
    program: Sequence[str], home: Path, source: Path, output: Path, *options: str,
    largest_file: int | None = None,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run the command as a process; the system may forbid it files beyond a size (bytes)."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    return subprocess.run(
        [sys.executable, "-c", *program, "tag", str(source), "-o", str(output),
         "--model", "lessons", *options],
        env=os.environ | {"WUWEI_HOME": str(home)}, preexec_fn=limit,
        capture_output=True, text=True,
    )  # fmt: skip


def test_the_command_on_a_full_disk_says_so_and_goes_on_later(
    triage: Triage, home: Path, tmp_path: Path
) -> None:
    source, whole = write_messages(tmp_path / "in.csv", 4100), tmp_path / "whole.csv"
    tag_files([source], whole, triage)
    output = tmp_path / "out.csv"
    full = tag([FULL_AFTER, "5"], home, source, output)
    assert full.returncode == 2, full.stderr
    assert "wuwei: 磁盘满了。" in full.stderr and "The disk is full." in full.stderr
    assert "Traceback" not in full.stderr
    assert not output.exists() and not rejected_path(output).exists()
    assert len(list(run_folder(output).glob("0*.json"))) == 2
    resumed = tag([COMMAND], home, source, output, "--resume")
    assert resumed.returncode == 3, resumed.stderr
    assert "接着上次做：4,000 行已做完" in resumed.stderr
    assert output.read_bytes() == whole.read_bytes()
    assert rejected_path(output).read_bytes() == rejected_path(whole).read_bytes()


def test_an_output_larger_than_a_file_may_be_is_a_sentence(
    triage: Triage, home: Path, tmp_path: Path
) -> None:
    source, whole = write_messages(tmp_path / "in.csv", 2500), tmp_path / "whole.csv"
    tag_files([source], whole, triage)
    output, most = tmp_path / "out.csv", whole.stat().st_size * 9 // 10
    refused = tag([COMMAND], home, source, output, largest_file=most)
    assert refused.returncode == 2, refused.stderr
    assert "wuwei: 结果文件超过了单个文件的大小上限" in refused.stderr
    assert not output.exists() and not list(tmp_path.glob(".out.csv.part"))
    resumed = tag([COMMAND], home, source, output, "--resume")
    assert resumed.returncode == 3, resumed.stderr
    assert "接着上次做：2,500 行已做完" in resumed.stderr
    assert output.read_bytes() == whole.read_bytes()

"""Runs that are cut off go on; folders, many processes and clusters change nothing."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.batch import Progress, rejected_path, run_folder, tag_files
from pipeline.batch.loading import LoadModel
from pipeline.batch.local import run_here
from pipeline.batch.parts import Job, Load, Part
from pipeline.cli import cli
from pipeline.errors import InputError, ModelError
from pipeline.registry import save
from pipeline.tables import open_tables
from pipeline.triage import Triage

MATTERS = ("污水直接排进河里", "麻将馆通宵打牌赌钱", "茶叶卖不出去求销路", "村口的路灯坏了")
ROWS_PER_PART = 7


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["编号", "内容", "日期"])
        for i in range(60):
            text = "" if i % 11 == 5 else f"{MATTERS[i % 4]}，{i}号院的人\n都说了好多回"
            out.writerow([f"{i:04d}", text, f"2026-0{1 + i % 9}-03"])
    return path


def stopping_after(parts: int) -> object:
    """An engine that loses its power after some parts."""

    def run(load: Load, job: Job, missing: Sequence[Part]) -> Iterator[int]:
        for done, rows in enumerate(run_here(load, job, missing)):
            yield rows
            if done + 1 == parts:
                raise KeyboardInterrupt

    return run


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx", ".parquet"])
def test_a_run_cut_off_twice_and_resumed_equals_one_that_was_not(
    triage: Triage, messages: Path, tmp_path: Path, suffix: str
) -> None:
    whole, pieces = tmp_path / f"whole{suffix}", tmp_path / f"pieces{suffix}"
    tag_files([messages], whole, triage, rows_per_part=ROWS_PER_PART)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tag_files(
                [messages], pieces, triage, rows_per_part=ROWS_PER_PART, resume=True,
                engine=stopping_after(3),  # type: ignore[arg-type]
            )  # fmt: skip
        assert not pieces.exists() and not rejected_path(pieces).exists()
    seen: list[Progress] = []
    tag_files(
        [messages], pieces, triage, rows_per_part=ROWS_PER_PART, resume=True, progress=seen.append
    )
    assert seen[0].resumed == 6 * ROWS_PER_PART
    assert seen[-1].done == seen[-1].total == 60
    assert rejected_path(pieces).read_bytes() == rejected_path(whole).read_bytes()
    if suffix in (".csv", ".jsonl"):
        assert pieces.read_bytes() == whole.read_bytes()
    else:
        assert cells(pieces) == cells(whole)
    assert not run_folder(pieces).exists()


def cells(path: Path) -> list[tuple[str, ...]]:
    [table] = open_tables(path)
    return [table.columns, *(row.values for row in table.rows())]


def interrupted(triage: Triage, messages: Path, output: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        tag_files(
            [messages], output, triage, rows_per_part=ROWS_PER_PART,
            engine=stopping_after(2),  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_changed_input_is_not_resumed(triage: Triage, messages: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    interrupted(triage, messages, output)
    messages.write_text(messages.read_text("utf-8") + "0099,路烂了,\n", "utf-8")
    with pytest.raises(InputError, match=r"输入文件 .*messages\.csv 与上次不同.*--restart"):
        tag_files([messages], output, triage, rows_per_part=ROWS_PER_PART, resume=True)
    summary = tag_files([messages], output, triage, rows_per_part=ROWS_PER_PART, restart=True)
    assert summary.tagged + summary.rejected == 61


def test_other_options_or_another_model_are_not_resumed(
    triage: Triage, messages: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    interrupted(triage, messages, output)
    with pytest.raises(InputError, match="选项"):
        tag_files([messages], output, triage, rows_per_part=ROWS_PER_PART, resume=True, masked=True)
    other = Triage(
        type(triage.model)(**{**vars_of(triage.model), "digest": "0" * 64}),
        triage.segmenter,
        triage.router,
    )
    with pytest.raises(InputError, match="模型（"):
        tag_files([messages], output, other, rows_per_part=ROWS_PER_PART, resume=True)


def vars_of(model: object) -> dict[str, object]:
    names = type(model).__dataclass_fields__  # type: ignore[attr-defined]
    return {name: getattr(model, name) for name in names}


def test_an_unfinished_run_is_never_thrown_away_unasked(
    triage: Triage, messages: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    interrupted(triage, messages, output)
    with pytest.raises(InputError, match=r"没有完成（已做完 2 段）。加 --resume"):
        tag_files([messages], output, triage, rows_per_part=ROWS_PER_PART)
    assert run_folder(output).is_dir()


@pytest.fixture
def saved(triage: Triage, tmp_path: Path) -> LoadModel:
    models = tmp_path / "home" / "models"
    save(triage.model, models)
    return LoadModel(models, triage.model.name, triage.model.version)


def test_several_processes_give_the_same_bytes(
    triage: Triage, saved: LoadModel, messages: Path, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    tag_files([messages], one, triage, rows_per_part=ROWS_PER_PART)
    tag_files(
        [messages], two, triage, rows_per_part=ROWS_PER_PART, load=saved,
        engine=lambda load, job, parts: run_here(load, job, parts, jobs=2),
    )  # fmt: skip
    assert two.read_bytes() == one.read_bytes()


def test_a_model_that_changes_during_a_run_is_noticed(saved: LoadModel) -> None:
    with pytest.raises(ModelError, match=r"运行中模型 .* 变了"):
        LoadModel(saved.models, saved.name, "other@00000000")()


def test_a_killed_run_is_resumed_by_the_command(
    triage: Triage, saved: LoadModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 at three moments; then `--resume` gives the bytes of an uninterrupted run."""
    source = tmp_path / "big.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["内容"], *([f"{MATTERS[i % 4]}{i}"] for i in range(5000))])
    environment = os.environ | {"WUWEI_HOME": str(saved.models.parent)}
    options = [str(source), "--model", saved.name, "-o"]
    start = [str(Path(sys.executable).with_name("wuwei")), "tag", *options]
    done = subprocess.run(
        [*start, str(tmp_path / "whole.csv")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    output = tmp_path / "killed.csv"
    for wanted in (0, 1, 2):
        process = subprocess.Popen(
            [*start, str(output), "--resume"], env=environment, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and len(list(run_folder(output).glob("*.json"))) <= wanted:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = subprocess.run(
        [*start, str(output), "--resume"], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not run_folder(output).exists()


def test_interrupting_the_command_says_how_to_go_on(
    saved: LoadModel, messages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUWEI_HOME", str(saved.models.parent))

    def interrupt(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.batch.tag_files", interrupt)
    arguments = ["tag", str(messages), "-o", str(tmp_path / "o.csv"), "--model", saved.name]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 130
    assert "--resume" in result.output


def test_groups_are_written_beside_the_rows(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    again = "宣恩县珠山镇老街的污水直接排进贡水河，夏天臭得没法开窗"
    other = "利川市柏杨坝镇老街的污水直接排进贡水河，夏天臭得没法开窗"
    rows = [
        ["2026-03-05", again],
        ["2026-01-02", f"领导您好，{again}，请相关部门核实处理，谢谢！"],
        ["2026-02-02", other],
        ["", "您好，谢谢！"],
        ["", "领导你好，感谢！"],
    ]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["日期", "内容"], *rows])
    summary = tag_files([source], output, triage, grouped=True, rows_per_part=2)
    [table] = open_tables(output)
    first = table.columns.index("group")
    assert [row.values[first : first + 4] for row in table.rows()] == [
        ("1", "2", "2026-01-02", "2026-03-05"),
        ("1", "2", "2026-01-02", "2026-03-05"),
        ("", "", "", ""),
        ("", "", "", ""),
        ("", "", "", ""),
    ]
    [group] = summary.groups
    assert (group.size, group.place, group.example) == (2, "宣恩县/珠山镇", "")

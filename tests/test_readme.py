"""Every command the README shows is run here."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import registry
from pipeline.home import models_dir
from pipeline.model import Model

ROOT = Path(__file__).resolve().parents[1]


def shown(readme: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines()]


def run(arguments: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        arguments, cwd=folder, capture_output=True, check=False, timeout=300,
        env=os.environ | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def wuwei(arguments: list[str], folder: Path, **environment: str) -> str:
    start = [sys.executable, "-c", "from pipeline.cli import main; main()"]
    return run([*start, *arguments], folder, PYTHONPATH=str(ROOT), **environment)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Path:
    """A folder with the files the README speaks of, and a small default model."""
    registry.save(replace(model, name="default"), models_dir())
    folder = tmp_path_factory.mktemp("desk")
    (folder / "留言.csv").write_text("编号,内容\n1,村口的路烂了\n2,污水直排河里\n", "utf-8")
    note = "地点：老杨家院坝\n老杨：村口的路烂了，请来修。\n散会。\n"
    (folder / "院坝夜话.txt").write_text(note, "utf-8")
    texts = {"交通": "路灯坏了道路不通", "教育": "学校老师收费补课"}
    rows = [f"{text}{i},{label}" for label, text in texts.items() for i in "甲乙丙丁戊己"]
    (folder / "标注.csv").write_text("text,category\n" + "\n".join(rows), "utf-8")
    return folder


def test_both_languages_show_the_same_commands() -> None:
    assert shown("README.md") == shown("README.zh-CN.md")


def test_the_commands_work_in_the_order_shown(desk: Path) -> None:
    commands = [shlex.split(line) for line in shown("README.md")]
    assert {command[0] for command in commands} == {"make", "wuwei"}
    for program, *arguments in commands:
        if program == "wuwei":
            wuwei(arguments, desk)
    assert (desk / "结果.xlsx").is_file() and (desk / "结果.jsonl").is_file()


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_sacred_targets_exist(target: str) -> None:
    assert run(["make", "-n", target], ROOT)


def test_the_demo_builds_the_model_and_shows_a_table(tmp_path: Path) -> None:
    """The whole of `make demo` after set-up: the shipped corpus and the shipped sample."""
    first = wuwei(["demo"], tmp_path, WUWEI_HOME=str(tmp_path))
    for word in ("留言", "类别", "把握", "部门", "下一步：wuwei suggest"):
        assert word in first
    assert (tmp_path / "models/default/model.json").is_file()
    assert wuwei(["demo"], tmp_path, WUWEI_HOME=str(tmp_path)) == first

"""The command line: help everywhere, exit codes, data apart from talk."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from pipeline import registry
from pipeline.cli import cli, main
from pipeline.cli.suggest import describe
from pipeline.home import models_dir
from pipeline.model import Model
from pipeline.triage import Triage

ROOT = Path(__file__).resolve().parents[1]


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{prefix}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


COMMANDS = dict(commands(cli))


@pytest.fixture(scope="module", autouse=True)
def default_model(model: Model, wuwei_home: Path) -> None:
    """Save the small model as the default one, so that no command trains the shipped one."""
    registry.save(replace(model, name="default"), models_dir())


def wuwei(
    *arguments: str, stdin: bytes = b"", home: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, as a user does."""
    code = "from pipeline.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], input=stdin, capture_output=True, check=False,
        env=os.environ | ({"WUWEI_HOME": str(home)} if home else {}),
    )  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_explains_itself(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert [o.name for o in options if not o.help] == []


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize("name", [n for n, c in COMMANDS.items() if not isinstance(c, click.Group)])
def test_every_command_is_in_the_readme(name: str, readme: str) -> None:
    assert f"wuwei {name}" in (ROOT / readme).read_text("utf-8")


def test_suggest_prints_one_json_object_on_standard_output() -> None:
    done = wuwei("suggest", "宣恩县珠山镇的污水直接排进河里", "--json")
    assert done.returncode == 0, done.stderr.decode()
    item = json.loads(done.stdout)
    assert (item["category"], item["place"]) == ("ecology", "宣恩县/珠山镇")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_suggest_reads_standard_input(encoding: str) -> None:
    done = wuwei("suggest", "-", "--json", stdin="麻将馆通宵打牌".encode(encoding))
    assert json.loads(done.stdout)["category"] == "civility"


def test_a_description_says_what_why_and_whom(triage: Triage) -> None:
    lines = "\n".join(describe(triage.triage("厂里偷排废水污染河道，村里的臭水沟谁来管")))
    for word in ("类别", "主题", "主办", "依据", "缓急", "生态环境", "%"):
        assert word in lines


def test_tag_leaves_standard_output_alone_and_exits_with_3_for_rejected_rows(
    tmp_path: Path,
) -> None:
    source, output = tmp_path / "a.csv", tmp_path / "out.csv"
    source.write_text("内容,备注\n污水直排,\n,空\n", "utf-8")
    done = wuwei("tag", str(source), "-o", str(output))
    assert (done.returncode, done.stdout) == (3, b"")
    assert "未能处理的行见" in done.stderr.decode()
    assert output.is_file() and (tmp_path / "out.csv.rejected.csv").is_file()


def test_evaluate_prints_one_json_object(tmp_path: Path) -> None:
    data = tmp_path / "gold.jsonl"
    rows = [
        {"text": "污水直排", "category": "ecology"},
        {"text": "打牌赌博", "category": "civility"},
    ]
    data.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    done = wuwei("evaluate", "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["n"] == 2
    assert "准确率" in wuwei("evaluate", "--data", str(data)).stdout.decode()


def test_train_saves_a_named_model_that_is_listed_and_shown(
    tmp_path: Path, lessons: list[object]
) -> None:
    data = tmp_path / "own.csv"
    rows = [f"{text}{'一二三四五六'[i]},{label}" for i in range(6)
            for text, label in (("道路不通", "交通"), ("老师补课", "教育"))]  # fmt: skip
    data.write_text("text,category\n" + "\n".join(rows), "utf-8")
    done = wuwei("train", "--corpus", str(data), "--taxonomy", "auto", "--name", "own")
    assert done.returncode == 0, done.stderr.decode()
    assert "own" in wuwei("models", "list").stdout.decode()
    assert "# 模型 own@" in wuwei("models", "show", "own").stdout.decode()
    item = json.loads(wuwei("suggest", "道路不通", "--model", "own", "--json").stdout)
    assert item["category"] == "交通" and item["topic"] is None


def test_routes_check_shows_what_the_rules_would_change(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("内容\n电梯困人没人修，污水直接排进河里\n麻将馆通宵打牌赌钱\n", "utf-8")
    folder = tmp_path / "corpora"
    folder.mkdir()
    (folder / "routing.toml").write_text(
        '[[rule]]\nname = "排河"\nlead = "water"\nwhy = "河归水利"\nwords = ["排进河里"]\n', "utf-8"
    )
    home = with_models(tmp_path)
    done = wuwei("routes", "check", "--data", str(data), home=home)
    said = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert "1 条规则，0 个问题" in said and "2 行中有 1 行会改变" in said
    assert "规则“排河”" in said


def with_models(home: Path) -> Path:
    """Give a home of its own the models of the tests."""
    (home / "models").symlink_to(models_dir())
    return home


def test_routes_check_finds_conflicts_and_exits_with_2(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    rule = '[[rule]]\nname = "{}"\nlead = "{}"\nwhy = "x"\nwords = ["{}"]\n'
    (tmp_path / "corpora/routing.toml").write_text(
        rule.format("灯", "power", "路灯") + rule.format("也灯", "housing", "灯杆"), "utf-8"
    )
    done = wuwei("routes", "check", home=tmp_path)
    assert done.returncode == 2
    assert "矛盾：“灯”和“也灯”" in done.stdout.decode()


BAD_USAGE = [
    (["tag", "none.csv", "-o", "out.csv"], "找不到文件 none.csv"),
    (["tag", "empty.csv", "-o", "out.csv"], "empty.csv 是空文件"),
    (["tag", "columns.csv", "-o", "out.csv"], "现有的列：甲、乙"),
    (["tag", "binary.csv", "-o", "out.csv"], "是二进制文件"),
    (["tag", "good.csv", "-o", "gone/out.csv"], "文件夹不存在"),
    (["tag", "good.csv", "-o", "out.doc"], "不能写成 out.doc"),
    (["tag", "good.csv", "-o", "good.csv"], "就是输入文件"),
    (["suggest", "  "], "文本为空"),
    (["suggest", "路", "--model", "none"], "没有名为 none 的模型"),
    (["suggest", "路", "--model", "../x"], "不可用"),
    (["evaluate", "--data", "none.jsonl"], "找不到标注文件"),
    (["train", "--name", "a/b"], "不可用"),
    (["train", "--corpus", "empty.csv"], "没有任何数据"),
    (["train", "--taxonomy", "none.toml"], "找不到分类体系文件 none.toml"),
    (["models", "show", "none"], "没有名为 none 的模型"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD_USAGE, ids=lambda v: " ".join(v)[:30])
def test_bad_usage_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "columns.csv").write_text("甲,乙\n1,2\n", "utf-8")
    (tmp_path / "good.csv").write_text("内容\n污水直排\n", "utf-8")
    (tmp_path / "binary.csv").write_bytes(os.urandom(4000))
    before = sorted(p.name for p in tmp_path.iterdir())
    monkeypatch.setattr(sys, "argv", ["wuwei", *arguments])
    with pytest.raises(SystemExit) as exit_:
        main()
    shown = capsys.readouterr()
    assert exit_.value.code == 2
    assert sentence in shown.err and "Traceback" not in shown.err
    assert shown.out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(sys.modules["pipeline.cli.suggest"], "load_triage", broken)
    monkeypatch.setattr(sys, "argv", ["wuwei", "suggest", "路"])
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main()

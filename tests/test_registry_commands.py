"""`wuwei models`: what a person sees and is refused, from the comparison to the rollback."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pytest
from click.testing import CliRunner, Result

from pipeline import registry
from pipeline.cli import cli
from pipeline.corpus import LabelledMessage
from pipeline.errors import InputError, ModelError
from pipeline.home import models_dir
from pipeline.model import Model
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train

GOLDEN = {"id": "g1", "text": "污水直接排进河里，臭得很", "category": "ecology"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own with one golden message that the small model keeps."""
    monkeypatch.setenv("WUWEI_HOME", str(tmp_path))
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora/golden.jsonl").write_text(json.dumps(GOLDEN), "utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def saved(model: Model, home: Path) -> None:
    """A default model, one as good, and one that takes banquets for noise."""
    swap = {"lavish_banquets": "noise", "noise": "lavish_banquets"}
    codes = tuple(swap.get(code, code) for code in model.leaves.codes)
    worse = replace(model, leaves=replace(model.leaves, codes=codes))
    for one, name, digit in ((model, "default", "0"), (model, "good", "1"), (worse, "worse", "2")):
        registry.save(replace(one, name=name, digest=digit * 64), models_dir())


@pytest.fixture
def data(home: Path, lessons: list[LabelledMessage]) -> str:
    """Labelled messages from two months."""
    rows = [
        {"id": m.id, "text": f"{m.text}，电话13800138000", "category": m.category,
         "department": m.department, "group": m.id, "日期": f"2026-{9 + i % 2:02d}-03"}
        for i, m in enumerate(lessons)
    ]  # fmt: skip
    path = home / "标注.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return str(path)


def wuwei(*arguments: str) -> Result:
    """Run a command here; what an operator can mend comes back as its error."""
    result = CliRunner().invoke(cli, ["models", *arguments])
    if isinstance(result.exception, (ModelError, InputError)):
        raise result.exception
    return result


def serving() -> str:
    return registry.serving_model(models_dir()).name


def test_compare_shows_figures_test_and_changes_of_both_spans(data: str, home: Path) -> None:
    output = home / "变化.csv"
    result = wuwei("compare", "good", "worse", "--data", data, "-o", str(output))
    assert result.exit_code == 0, result.output
    for words in ("标注.jsonl  100 条", "最新一个月 2026-10", "McNemar", "差的 95% 区间", "公安",
                  "good@11111111", "worse@22222222", "改错"):  # fmt: skip
        assert words in result.output
    assert "13800138000" not in result.output + output.read_text("utf-8-sig")
    assert output.read_text("utf-8-sig").count("改错") == 20


def test_what_people_write_in_brackets_is_shown_as_they_wrote_it(home: Path) -> None:
    text = "[图片][/b]工厂机器噪声扰民[red]"
    row = {"text": text, "category": "ecology"}
    (home / "x.jsonl").write_text(json.dumps(row), "utf-8")
    result = wuwei("compare", "good", "worse", "--data", str(home / "x.jsonl"))
    assert result.exit_code == 0 and text in result.output
    wuwei("promote", "good", "--reason", "[/b]")
    assert "[/b]" in wuwei("history").output


def test_compare_names_a_label_that_a_model_does_not_know(home: Path) -> None:
    path = home / "x.csv"
    path.write_text("text,category\n修路,交通\n", "utf-8")
    with pytest.raises(InputError, match="标注留言 x-2 的类别 '交通' 有一个模型不认识"):
        wuwei("compare", "good", "worse", "--data", str(path))


def test_a_model_as_good_is_promoted_and_history_says_by_whom_and_why(
    data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "xiaowang")
    result = wuwei("promote", "good", "--data", data, "--reason", "学进了九月的更正")
    assert result.exit_code == 0 and serving() == "good"
    [entry] = registry.history(models_dir())
    assert (entry.by, entry.reason) == ("xiaowang", "学进了九月的更正")
    assert entry.figures["measured_on"] == "标注.jsonl（100 条）"
    shown = wuwei("history").output
    for words in ("xiaowang", "学进了九月的更正", "good@11111111", "default@00000000", "准确率"):
        assert words in shown


def test_a_model_worse_on_a_category_is_refused(data: str) -> None:
    with pytest.raises(ModelError, match=r"没有换上 worse：有 \d 条异议"):
        wuwei("promote", "worse", "--data", data)
    assert serving() == "default"
    assert registry.history(models_dir()) == []


def test_every_objection_is_said(data: str) -> None:
    result = CliRunner().invoke(cli, ["models", "promote", "worse", "--data", data])
    for words in ("异议：准确率", "异议：生态环境"):
        assert words in result.output


def test_a_model_that_breaks_a_golden_message_is_refused(home: Path, data: str) -> None:
    broken = json.dumps(GOLDEN | {"category": "civility"}, ensure_ascii=False)
    (home / "corpora/golden.jsonl").write_text(broken, "utf-8")
    with pytest.raises(ModelError, match="没有换上 good：有 1 条异议"):
        wuwei("promote", "good", "--data", data)
    assert serving() == "default"


def test_force_needs_a_reason_and_leaves_the_objections_in_the_history(data: str) -> None:
    for arguments in (["--force"], ["--force", "--reason", "  "]):
        result = wuwei("promote", "worse", "--data", data, *arguments)
        assert result.exit_code == 2 and "必须同时写 --reason" in result.output
    assert serving() == "default"
    wuwei("promote", "worse", "--data", data, "--force", "--reason", "领导要求")
    assert serving() == "worse"
    [entry] = registry.history(models_dir())
    objections = entry.figures["objections"]
    assert any(objection.startswith("生态环境") for objection in objections)
    assert f"不顾 {len(objections)} 条异议" in wuwei("history").output


def test_without_data_the_held_out_figures_are_compared(model: Model) -> None:
    result = wuwei("promote", "good")
    assert result.exit_code == 0 and "各自留出数据" in result.output
    held_out = model.card["held_out"]
    confusion = {
        c: dict.fromkeys(row, 0) | {"other": 20} for c, row in held_out["confusion"].items()
    }
    card = dict(model.card) | {"held_out": held_out | {"confusion": confusion}}
    registry.save(replace(model, name="poor", digest="3" * 64, card=card), models_dir())
    with pytest.raises(ModelError, match="没有换上 poor"):
        wuwei("promote", "poor")
    assert serving() == "good"


def test_a_model_with_other_categories_is_only_promoted_by_force(
    lessons: list[LabelledMessage], segmenter: Segmenter
) -> None:
    messages = [replace(m, category=str(m.topic), topic=None) for m in lessons]
    own = Taxonomy.from_labels(m.category for m in messages)
    registry.save(train(messages, own, segmenter, name="own"), models_dir())
    result = CliRunner().invoke(cli, ["models", "promote", "own"])
    assert isinstance(result.exception, ModelError)
    assert "类别与在用的模型不同" in result.output and "这个模型没有的类别" in result.output
    wuwei("promote", "own", "--force", "--reason", "换成自己的类别")
    assert serving() == "own"


def test_the_first_model_has_only_the_golden_messages_to_keep(model: Model, home: Path) -> None:
    shutil.rmtree(models_dir())
    registry.save(replace(model, name="first"), models_dir())
    wuwei("promote", "first")
    [entry] = registry.history(models_dir())
    assert (serving(), entry.replaced) == ("first", None)


def test_where_what_serves_is_broken_only_force_replaces_it() -> None:
    kept = registry.promote(models_dir(), "good", by="小王").version
    (models_dir() / ".versions" / kept / "weights.npz").unlink()
    with pytest.raises(ModelError, match="在用的模型读不出，无从比较"):
        wuwei("promote", "default")
    wuwei("promote", "default", "--force", "--reason", "抢修")
    assert serving() == "default"


def test_figures_of_a_model_replaced_meanwhile_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def somebody_is_faster(*arguments: Any) -> list[str]:
        registry.promote(models_dir(), "worse", by="小李")
        return []

    monkeypatch.setattr(sys.modules["pipeline.cli.models"], "broken_golden", somebody_is_faster)
    with pytest.raises(ModelError, match="在用的模型在比较之后换成了 worse@22222222"):
        wuwei("promote", "good")
    assert serving() == "worse"


def test_rollback_and_list_say_what_serves() -> None:
    wuwei("promote", "good")
    lines = wuwei("list").output.splitlines()
    assert [line.split()[1] for line in lines if "│ 是" in line] == ["good"]
    assert "# 模型 good@11111111" in wuwei("show").output
    assert "已换回 default@00000000" in wuwei("rollback", "--reason", "分错了").output
    lines = wuwei("list").output.splitlines()
    assert [line.split()[1] for line in lines if "│ 是" in line] == ["default"]
    assert [e.reason for e in registry.history(models_dir())] == ["", "分错了"]


def test_before_the_first_promotion_there_is_no_history_to_show() -> None:
    result = wuwei("history")
    assert result.exit_code == 0 and "还没有换过模型" in result.output


def test_export_writes_a_pipeline_and_a_card(home: Path) -> None:
    assert wuwei("export", "good", "-o", str(home / "笔记本")).exit_code == 0
    pipeline = joblib.load(home / "笔记本/pipeline.joblib")
    assert pipeline.predict([GOLDEN["text"]]).tolist() == ["ecology"]
    assert "# 模型 good@11111111" in (home / "笔记本/README.md").read_text("utf-8")

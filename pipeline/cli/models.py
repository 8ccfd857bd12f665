"""`wuwei models`: what is in `models/`, which of it serves, and since when and why."""

import getpass
import os
from pathlib import Path

import click
from rich.table import Table

from pipeline import registry
from pipeline.cli.model_tables import print_comparison, print_history, wide_console
from pipeline.cli.shared import load_shipped_segmenter, say
from pipeline.comparison import Figure, compare, newest_month
from pipeline.comparison_files import check_categories, read_dates, write_changes
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.departments import Departments
from pipeline.errors import InputError, ModelError
from pipeline.evaluation import Judged, judge
from pipeline.export import PIPELINE_FILE, export_model
from pipeline.home import data_path, models_dir
from pipeline.model import Model
from pipeline.promotion import (
    Verdict,
    broken_golden,
    compare_held_out,
    figures_to_weigh,
    judge_promotion,
)
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage, assemble

GOLDEN = "golden.jsonl"


@click.group()
def models() -> None:
    """查看、比较、换上、换回 models/ 里的模型。"""


@models.command("list")
def list_models() -> None:
    """列出所有模型；在用的标出来。"""
    table = Table()
    for heading in ("名称", "版本", "训练时间", "条数", "留出准确率", "留出宏平均 F1", "在用"):
        table.add_column(heading)
    serving = registry.read_serving(models_dir())
    for name in registry.names(models_dir()):
        manifest = registry.read_manifest(models_dir(), name)
        card = manifest["card"]
        held_out = card["held_out"]
        serves = (
            (name, manifest["digest"]) == (serving.name, serving.digest)
            if serving
            else name == registry.DEFAULT
        )
        table.add_row(
            name, manifest["digest"][:8], manifest["created"], str(card["messages"]),
            f"{held_out['accuracy']:.3f}", f"{held_out['macro_f1']:.3f}", "是" if serves else "",
        )  # fmt: skip
    if not table.row_count:
        click.echo("还没有模型。用 wuwei train 训练一个。", err=True)
        return
    wide_console().print(table)
    if serving:
        say(f"在用：{serving.version}，{serving.since[:19]}（UTC）由 {serving.by} 换上。")


@models.command()
@click.argument("name", required=False)
def show(name: str | None) -> None:
    """显示一个模型的说明（数据、成绩、版本）；不写 NAME 就是在用的。"""
    name = name or registry.serving_name(models_dir())
    click.echo(registry.read_card(models_dir(), name))


@models.command("compare")
@click.argument("before")
@click.argument("after")
@click.option(
    "--data", required=True, metavar="FILE", help="标注文件（.jsonl .csv），两者都没学过。"
)
@click.option("-o", "--output", metavar="FILE", help="写出类别有变的留言：.html .xlsx .csv .jsonl")
def compare_models(before: str, after: str, data: str, output: str | None) -> None:
    """在同一份标注数据上比较两个模型，配对检验；有日期的话另比最新一个月。"""
    sides = _load_both(before, after)
    path = Path(data).expanduser()
    messages = read_labelled([path])
    judged = _judge_both(sides, messages)
    taxonomy = sides[1].model.taxonomy
    whole = compare(*judged, taxonomy)
    desks = _department_names()
    print_comparison(whole, desks, title=path.name)
    days = dict(zip(messages, read_dates(path, len(messages)), strict=True))
    if newest := newest_month([days[j.message] for j in judged[0]]):
        month, rows = newest
        part = [[side[i] for i in rows] for side in judged]
        print_comparison(compare(part[0], part[1], taxonomy), desks, title=f"最新一个月 {month}")
    if output:
        write_changes(Path(output).expanduser(), whole)
        say(f"类别有变的 {len(whole.changed)} 条已写到 {output}（已打码）。")


@models.command()
@click.argument("name")
@click.option("--data", metavar="FILE", help="标注文件，用来与在用的模型比；不写则比留出成绩。")
@click.option("--force", is_flag=True, help="有异议也换上；必须写 --reason。")
@click.option("--reason", default="", metavar="TEXT", help="为什么换，记入历史。")
def promote(name: str, data: str | None, force: bool, reason: str) -> None:
    """让模型 NAME 上岗。在任何一类上明显变差，或答错必过留言，就不换。

    与在用的模型相比，差的 95% 区间整个在零以下就是明显变差；必过留言在 corpora/golden.jsonl。
    运行中的服务几秒内跟着换。
    """
    if force and not reason.strip():
        raise click.UsageError("--force 必须同时写 --reason 理由")
    candidate = registry.load(models_dir(), name)
    champion = _champion(force)
    verdict = _weigh(candidate, champion, Path(data).expanduser() if data else None)
    for objection in verdict.objections:
        say(f"异议：{objection}")
    if verdict.objections and not force:
        raise ModelError(
            f"没有换上 {name}：有 {len(verdict.objections)} 条异议。"
            "请先改进，或加 --force --reason 理由。",
            f"{name} was not promoted: {len(verdict.objections)} objections; "
            "improve it, or use --force --reason.",
        )
    if not verdict.objections:
        say("没有异议。")
    objections = {"objections": list(verdict.objections)} if verdict.objections else {}
    entry = registry.promote(
        models_dir(), name, by=_user(), reason=reason.strip(),
        figures={**verdict.figures, **objections},
        digest=candidate.digest,
        instead_of=champion.digest if champion else None if force else "",
    )  # fmt: skip
    say(f"已换上 {entry.version}（此前：{entry.replaced or '没有'}）。")


@models.command()
@click.option("--reason", default="", metavar="TEXT", help="为什么换回，记入历史。")
def rollback(reason: str) -> None:
    """换回此前在用的模型；再来一次，换回更早的。"""
    entry = registry.rollback(models_dir(), by=_user(), reason=reason.strip())
    say(f"已换回 {entry.version}（此前：{entry.replaced}）。")


@models.command()
def history() -> None:
    """什么时候谁换上了哪个模型，为什么。"""
    entries = registry.history(models_dir())
    if not entries:
        click.echo("还没有换过模型；在用的是 default。", err=True)
        return
    print_history(entries)


@models.command()
@click.argument("name")
@click.option("-o", "--output", required=True, metavar="FOLDER", help="写到哪个文件夹。")
def export(name: str, output: str) -> None:
    """导出成 scikit-learn 的 Pipeline（joblib），附模型说明，给笔记本用。"""
    model = registry.load(models_dir(), name)
    card = registry.read_card(models_dir(), name)
    folder = export_model(model, card, Path(output).expanduser())
    say(f"已写到 {folder}：{PIPELINE_FILE} 和 README.md。")


def _load_both(before: str, after: str) -> tuple[Triage, Triage]:
    segmenter = load_shipped_segmenter()
    loaded = [registry.load(models_dir(), name) for name in (before, after)]
    return assemble(loaded[0], segmenter), assemble(loaded[1], segmenter)


def _judge_both(
    sides: tuple[Triage, Triage], messages: list[LabelledMessage]
) -> tuple[list[Judged], list[Judged]]:
    check_categories(messages, *(side.model.taxonomy for side in sides))
    judged = judge(sides[0], messages), judge(sides[1], messages)
    if not judged[0]:
        raise InputError("标注数据里没有一条读得出来。", "No labelled message can be read.")
    return judged


def _champion(force: bool) -> Model | None:
    """Return what serves, or None where nothing does or, forced, where it cannot be read."""
    try:
        serving = registry.serving_name(models_dir())
        if serving == registry.DEFAULT and serving not in registry.names(models_dir()):
            return None
        return registry.serving_model(models_dir())
    except ModelError as error:
        if force:
            return None
        raise ModelError(
            f"在用的模型读不出，无从比较：{error.chinese}确要换上，加 --force --reason 理由。",
            f"What serves cannot be read: {error.english} Use --force --reason.",
        ) from None


def _weigh(candidate: Model, champion: Model | None, data: Path | None) -> Verdict:
    after = assemble(candidate, load_shipped_segmenter())
    broken = broken_golden(after, read_labelled([data_path(GOLDEN)]))
    if champion is None:
        return judge_promotion([], broken, measured_on="没有可比的模型")
    if set(champion.taxonomy.categories) != set(candidate.taxonomy.categories):
        broken = ["类别与在用的模型不同，无从比较", *broken]
        return judge_promotion([], broken, measured_on="类别不同")
    figures, measured_on = _measure(after, champion, data)
    return judge_promotion(figures, broken, measured_on=measured_on)


def _measure(after: Triage, champion: Model, data: Path | None) -> tuple[tuple[Figure, ...], str]:
    if data is None:
        say("没有给 --data：比的是两者各自留出数据上的成绩。用共同的标注数据比更可靠。")
        names = after.model.taxonomy.categories
        return tuple(compare_held_out(champion.card, after.model.card, names)), "各自的留出数据"
    before = assemble(champion, after.segmenter)
    judged = _judge_both((before, after), read_labelled([data]))
    compared = compare(*judged, after.model.taxonomy)
    return figures_to_weigh(compared), f"{data.name}（{compared.n} 条）"


def _department_names() -> dict[str, str]:
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    return {d.code: d.name for d in departments.by_code.values()}


def _user() -> str:
    """Return who is at the keyboard; a container may know a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"

"""`wuwei evaluate`: how right a model is on labelled messages."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from pipeline.cli.shared import load_triage, model_option, say
from pipeline.corpus import read_labelled
from pipeline.evaluation import figures_of, judge
from pipeline.report import write_report


@click.command()
@click.option("--data", required=True, metavar="FILE", help="标注文件（.jsonl .csv）。")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象。")
@click.option("--report", metavar="FILE.html", help="另写一页报告：区间、校准、最差的错误。")
@model_option
def evaluate(data: str, as_json: bool, report: str | None, name: str | None) -> None:
    """在标注数据上测一个模型。"""
    triage = load_triage(name)
    messages = read_labelled([Path(data).expanduser()], triage.model.taxonomy)
    judged = judge(triage, messages)
    figures = figures_of(judged, triage)
    if report:
        write_report(Path(report).expanduser(), judged, triage)
        say(f"报告已写到 {report}。")
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        _show(figures, triage.model.taxonomy.categories)


def _show(figures: dict[str, Any], names: Any) -> None:
    console = Console()
    table = Table(title=f"{figures['n']} 条，模型 {figures['model']}", title_justify="left")
    for heading in ("类别", "精确率", "召回率", "F1", "条数"):
        table.add_column(heading, justify="left" if heading == "类别" else "right")
    for code, row in figures["per_category"].items():
        cells = [f"{row[key]:.3f}" for key in ("precision", "recall", "f1")]
        table.add_row(names[code], *cells, str(row["support"]))
    console.print(table)
    labels = {
        "accuracy": "准确率",
        "macro_f1": "宏平均 F1",
        "other_recall": "“其他”召回率",
        "ece": "校准误差",
        "coverage_at_5pct_error": "差错 5% 时可自动通过",
        "review_share": "请人看的比例",
        "second_recall": "第二类别召回率",
        "second_precision": "第二类别精确率",
        "department_top1": "部门首选正确",
        "department_top3": "部门前三包含",
        "department_strict": "部门首选正确（只认主办）",
    }
    for key, label in labels.items():
        if figures[key] is not None:
            console.print(f"{label}  {figures[key]:.3f}")

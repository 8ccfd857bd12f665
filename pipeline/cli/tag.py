"""`wuwei tag`: whole files."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as RichTable

from pipeline import batch
from pipeline.cli.shared import as_paths, load_triage, model_option, say


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", required=True, help="输出文件：.csv .tsv .xlsx .jsonl")
@click.option(
    "--text-column",
    "text_columns",
    multiple=True,
    metavar="NAME",
    help="正文列；可写多次，依次相连。",
)
@click.option("--mask", "masked", is_flag=True, help="把电话、证件号等换成［手机号］之类的占位。")
@model_option
def tag(
    inputs: tuple[str, ...], output: str, text_columns: tuple[str, ...], masked: bool, name: str
) -> None:
    """给整份文件打标签：每一行都在结果里，或列入 OUTPUT.rejected.csv。

    INPUT 可以是 .csv .tsv .xlsx .jsonl .txt（每行一条）。
    """
    triage, target = load_triage(name), Path(output).expanduser()
    with _progress() as bar:
        rows = bar.add_task("打标签", total=None)
        summary = batch.tag_files(
            as_paths(inputs), target, triage, text_columns=text_columns, masked=masked,
            progress=lambda done: bar.advance(rows, done),
        )  # fmt: skip
    _report(summary, target)
    sys.exit(3 if summary.rejected else 0)


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _report(summary: batch.Summary, output: Path) -> None:
    table = RichTable(
        title=f"{output.name}：共 {summary.tagged + summary.rejected} 行", title_justify="left"
    )
    table.add_column("")
    table.add_column("行数", justify="right")
    for category, count in summary.per_category.most_common():
        table.add_row(category, str(count))
    table.add_row("其中请人看", str(summary.review))
    table.add_row("未能处理", str(summary.rejected))
    Console(stderr=True).print(table)
    for source, damage in summary.files.items():
        if damage.looks_damaged:
            say(
                f"注意：{source} 看来已损坏：平均 {damage.corruption:.0%} 的字是乱码，"
                f"{damage.garbled} 行有无法恢复的字（已标“请人看”）。请核对原始文件的编码。"
            )
    if summary.rejected:
        say(f"未能处理的行见 {batch.rejected_path(output)}（行号与原因）。")

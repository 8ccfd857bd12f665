"""`wuwei drift`: whether messages have changed."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.shared import load_triage, model_option, say
from pipeline.drift import SAMPLE, Drift, compare, profile, read_sample, write_report
from pipeline.drift.report import category_shares, finding_row

# Not among the codes of other commands: a script must be able to tell drift from a failure.
DRIFT_FOUND = 4


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--report", metavar="FILE.html", help="另写一页报告。")
@click.option(
    "--text-column", "text_columns", multiple=True, metavar="NAME",
    help="正文列；可写多次，依次相连。",
)  # fmt: skip
@click.option(
    "--sample", "size", default=SAMPLE, show_default=True, type=click.IntRange(50), metavar="N",
    help="每份至多随机抽多少条来比。",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="抽样和检验的随机种子。")
@model_option
def drift(
    old: str,
    new: str,
    report: str | None,
    text_columns: tuple[str, ...],
    size: int,
    seed: int,
    name: str | None,
) -> None:
    """比较两份留言（如去年和今年）：类别、用词、模型的把握和生词变了没有。

    没有明显变化，退出码是 0；有变化是 4。OLD 不要用模型训练过的语料：模型对学过的总是更有把握。
    """
    samples = [
        read_sample(Path(path).expanduser(), text_columns=text_columns, size=size, seed=seed)
        for path in (old, new)
    ]
    triage = load_triage(name)
    found = compare(*(profile(sample, triage) for sample in samples), seed=seed)
    for sample in samples:
        if sample.skipped:
            say(f"{sample.source}：{sample.skipped} 行没有文字或读不出来，没有计入。")
    _show(found)
    if report:
        write_report(Path(report).expanduser(), found)
        say(f"报告已写到 {report}。")
    sys.exit(DRIFT_FOUND if found.found else 0)


def _show(found: Drift) -> None:
    console, old, new = Console(), found.old, found.new
    title = " → ".join(f"{p.source}（{p.rows} 行，取 {len(p)}）" for p in (old, new))
    table = Table(title=escape(title), title_justify="left")
    for heading in ("项目", "测得", "偶然会有", "报警线", "p", "结论"):
        table.add_column(heading, no_wrap=True)
    for finding in found.findings:
        row = finding_row(finding)
        table.add_row(
            row["name"], f"{row['value']:.4f}", f"{row['by_chance']:.4f}",
            f"超出 {row['threshold']}", f"{row['p']:.3f}",
            "[bold]变了[/bold]" if row["alarm"] else "没变",
        )  # fmt: skip
    console.print(table)
    shares = zip(old.names.values(), category_shares(old), category_shares(new), strict=True)
    line = "；".join(f"{name} {before:.1%}→{after:.1%}" for name, before, after in shares)
    console.print(line, markup=False)
    for what, shifts in (("多了的词", found.risen), ("少了的词", found.fallen)):
        if shifts:
            console.print(f"{what}：{'、'.join(s.word for s in shifts)}", markup=False)

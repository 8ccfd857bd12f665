"""`wuwei routes`: the office's own routing rules, checked before anyone relies on them."""

import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from pipeline import batch
from pipeline.cli.shared import load_triage, model_option
from pipeline.departments import Departments
from pipeline.home import data_path
from pipeline.records import TaggedItem
from pipeline.rules import Rules, conflicts, unreachable
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage

_TEXT_WIDTH = 40


@click.group()
def routes() -> None:
    """检查分派规则 corpora/routing.toml。"""


@routes.command()
@click.option(
    "--data", metavar="FILE", help="在这份留言上试跑，列出规则会改变的行（不写任何文件）。"
)
@click.option("--text-column", "text_columns", multiple=True, metavar="NAME", help="正文列。")
@model_option
def check(data: str | None, text_columns: tuple[str, ...], name: str | None) -> None:
    """找出互相矛盾、永远用不上、代码不存在的规则。有问题时退出码为 2。"""
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    rules = Rules.from_file(data_path("routing.toml"), taxonomy, departments)
    problems = [
        f"矛盾：“{one.name}”和“{other.name}”一样具体，却派往不同部门；两条都不会生效"
        for one, other in conflicts(rules)
    ]
    problems += [f"用不上：“{rule.name}”——{why}" for rule, why in unreachable(rules, taxonomy)]
    for problem in problems:
        click.echo(problem)
    click.echo(f"{len(rules.rules)} 条规则，{len(problems)} 个问题。")
    if data:
        _try_out(load_triage(name), Path(data).expanduser(), text_columns)
    sys.exit(2 if problems else 0)


def _try_out(triage: Triage, path: Path, text_columns: tuple[str, ...]) -> None:
    """Show the rows whose lead the rules change, and what each rule does."""
    bare = replace(triage, router=replace(triage.router, rules=Rules()))
    table = Table(title=f"{path.name}：规则会改变的行", title_justify="left")
    for heading in ("行", "留言", "原来", "按规则", "理由"):
        table.add_column(heading, max_width=_TEXT_WIDTH if heading == "留言" else None)
    rows = 0
    for number, message in batch.read_messages(path, text_columns):
        rows += 1
        before, after = chain(bare.pipe([message]), triage.pipe([message]))
        if not (isinstance(before, TaggedItem) and isinstance(after, TaggedItem)):
            continue
        old, new = before.routing.lead, after.routing.lead
        if old and new and old.code != new.code:
            table.add_row(str(number), after.document.text, old.name, new.name, new.reason)
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)
    click.echo(f"{rows} 行中有 {table.row_count} 行会改变主办部门。")

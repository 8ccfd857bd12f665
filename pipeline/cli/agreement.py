"""`wuwei agreement`: how far two people, or a person and a model, agree."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.agreement import Agreement, Figure, Ratings, compare_ratings, read_ratings
from pipeline.cli.shared import say
from pipeline.home import data_path
from pipeline.taxonomy import Taxonomy


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--id-column", metavar="NAME", help="编号列；两份文件靠它对上。")
@click.option("--label-column", metavar="NAME", help="类别列；不写则按常用列名找。")
@click.option("--seed", default=0, show_default=True, help="求区间用的随机种子。")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象。")
def agreement(
    first: str,
    second: str,
    id_column: str | None,
    label_column: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """两份标注有多一致：两个人的，或人和模型的（.csv .xlsx .jsonl 等）。

    先看两个人之间的一致程度，再看模型与人的：模型不会比人与人更一致。
    """
    names = Taxonomy.from_file(data_path("taxonomy.toml")).categories
    a, b = (
        read_ratings(
            Path(path).expanduser(), id_column=id_column, label_column=label_column, names=names
        )
        for path in (first, second)
    )
    measured = compare_ratings(a, b, seed=seed)
    _tell_unmatched(a, b)
    if as_json:
        click.echo(json.dumps(_plain(measured), ensure_ascii=False))
    else:
        _show(measured, a, b, dict(names))


def _tell_unmatched(a: Ratings, b: Ratings) -> None:
    for one, other in ((a, b), (b, a)):
        alone = len(one.labels.keys() - other.labels.keys())
        if alone or one.blank:
            say(f"{one.source}：{alone} 条只有它标了，{one.blank} 条没有填类别，都不计。")


def _plain(measured: Agreement) -> dict[str, Any]:
    return {
        "n": measured.n,
        "categories": list(measured.categories),
        "confusion": measured.confusion.tolist(),
        "overall": asdict(measured.overall),
        "per_category": {c: asdict(figures) for c, figures in measured.per_category.items()},
    }


def _show(measured: Agreement, a: Ratings, b: Ratings, names: dict[str, str]) -> None:
    console, title = Console(), f"{a.source} 与 {b.source}：共同 {measured.n} 条"
    table = Table(title=escape(title), title_justify="left")
    for heading in ("", "一致率", "Cohen κ", "Krippendorff α"):
        table.add_column(heading)
    rows = {"全部": measured.overall} | {
        names.get(c, c): figures for c, figures in measured.per_category.items()
    }
    for name, figures in rows.items():
        table.add_row(escape(name), *map(_cell, (figures.raw, figures.kappa, figures.alpha)))
    console.print(table)
    console.print(
        "括号里是 95% 区间（自助法）。各类别的一致率：至少一人标了它的，两人都标的占多少。"
    )
    console.print(_confusion(measured, a, b, names))


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "—"
    return f"{figure.value:.3f}（{figure.low:.3f}–{figure.high:.3f}）"


def _confusion(measured: Agreement, a: Ratings, b: Ratings, names: dict[str, str]) -> Table:
    table = Table(title=escape(f"竖：{a.source}；横：{b.source}"), title_justify="left")
    table.add_column("")
    for code in measured.categories:
        table.add_column(escape(names.get(code, code)), justify="right")
    for code, row in zip(measured.categories, measured.confusion.tolist(), strict=True):
        table.add_row(escape(names.get(code, code)), *map(str, row))
    return table

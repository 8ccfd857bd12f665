"""`wuwei audit`: labels that are likely wrong."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table as RichTable

from pipeline.audit import (
    Audit,
    LabelledRow,
    apply_decisions,
    audit_labels,
    categories_of,
    explain,
    read_review,
    read_rows,
    write_review,
    write_rows,
)
from pipeline.cli.shared import load_shipped_segmenter, say
from pipeline.errors import InputError, OutputError
from pipeline.home import data_path
from pipeline.masking import mask
from pipeline.taxonomy import Taxonomy

_SHOWN = 20
_EXCERPT = 60


@click.command()
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", help="审查时：复核表 .xlsx；--apply 时：改正后的 .jsonl 或 .csv。")
@click.option("--apply", "review", metavar="REVIEW.xlsx", help="把复核表里“改为”一列写回标注。")
@click.option(
    "--taxonomy", default=None, metavar="FILE|auto", help="分类体系；auto 用数据里出现的类别。"
)
@click.option("--seed", default=0, show_default=True, help="随机种子。")
def audit(
    file: str, output: str | None, review: str | None, taxonomy: str | None, seed: int
) -> None:
    """找出可能标错的留言、标注不一的近似重复、容易混淆的类别。

    FILE 是标注文件（.jsonl .csv）。先用 -o 写出复核表，请人在“改为”一列里选，
    再用 --apply 写回：只改填了“改为”的行。
    """
    path = Path(file).expanduser()
    if path.is_dir():
        raise InputError(
            f"{path} 是一个文件夹。请给出其中的一份标注文件。", f"{path} is a folder; name a file."
        )
    categories = _read_taxonomy(taxonomy, path)
    rows = read_rows(path, categories)
    if review is not None:
        _apply(path, rows, categories, Path(review).expanduser(), output)
        return
    target = _review_path(output)
    found = audit_labels(
        [row.message for row in rows], categories, load_shipped_segmenter(),
        seed=seed, progress=say,
    )  # fmt: skip
    _tell(found, categories)
    if target is None:
        _show(found, rows, categories)
    else:
        write_review(target, found, rows, categories.categories)
        option = f" --taxonomy {taxonomy}" if taxonomy else ""
        say(
            f"复核表：{target}。请在“改为”一列里选，再运行 "
            f"wuwei audit {file}{option} --apply {output} -o 改正后的文件"
        )


def _read_taxonomy(name: str | None, path: Path) -> Taxonomy:
    if name == "auto":
        return categories_of(path)
    return Taxonomy.from_file(Path(name).expanduser() if name else data_path("taxonomy.toml"))


def _review_path(output: str | None) -> Path | None:
    if output is None:
        return None
    target = Path(output).expanduser()
    if target.suffix.lower() != ".xlsx":
        raise OutputError(
            f"复核表不能写成 {target.name}。请用 .xlsx。",
            f"The review cannot be written as {target.name}; use .xlsx.",
        )
    return target


def _tell(found: Audit, taxonomy: Taxonomy) -> None:
    agreement = (
        "不到两个类别有足够的留言，没有做交叉验证"
        if found.agreement is None
        else f"没见过的模型与原标注一致 {found.agreement:.1%}"
    )
    say(
        f"{len(found.messages)} 条：{len(found.suspects)} 条标注可疑，"
        f"{len(found.conflicts)} 对近似重复标注不一；{agreement}。"
    )
    for code, count in found.too_rare.items():
        name = taxonomy.categories[code]
        say(f"注意：“{name}”有 {count} 条，互不重复的太少，没有审查。是否写错了类别？")


def _show(found: Audit, rows: list[LabelledRow], taxonomy: Taxonomy) -> None:
    console, names = Console(), taxonomy.categories
    numbers = [row.number for row in rows]
    table = RichTable(title=f"最可疑的 {min(_SHOWN, len(found.suspects))} 条", title_justify="left")
    for heading in ("行号", "原标注", "建议", "留言", "理由"):
        table.add_column(heading, overflow="fold")
    for suspect in found.suspects[:_SHOWN]:
        row = rows[suspect.row]
        table.add_row(
            str(row.number),
            f"{names[suspect.given]} {suspect.chance:.2f}",
            f"{names[suspect.suggested]} {suspect.suggested_chance:.2f}",
            mask(row.message.text)[:_EXCERPT],
            explain(suspect, numbers, names),
        )
    console.print(table)
    for pair in found.confusions:
        console.print(
            f"{names[pair.first]} ↔ {names[pair.second]}：估计 {pair.there:.0f} 条标作前者、"
            f"实为后者，{pair.back:.0f} 条相反；近似重复而标注相反 {pair.conflicts} 对"
        )


def _apply(
    path: Path, rows: list[LabelledRow], taxonomy: Taxonomy, review: Path, output: str | None
) -> None:
    if output is None:
        raise click.UsageError("--apply 需要 -o 改正后的文件（.jsonl 或 .csv）")
    target = Path(output).expanduser()
    if target.exists() and target.samefile(path):
        raise OutputError(
            f"不能写回 {path.name} 本身。请用 -o 写到另一个文件。",
            f"Will not overwrite {path.name}; name another file with -o.",
        )
    names = taxonomy.categories
    decisions = read_review(review, names)
    fields, changes = apply_decisions(rows, decisions, taxonomy, source=path.name)
    write_rows(target, fields)
    for change in changes:
        gone = f"；原主题 {change.topic} 不属于它，已清空" if change.topic else ""
        say(
            f"第 {change.number} 行（{change.id}）：{names[change.before]} → "
            f"{names[change.after]}{gone}"
        )
    say(f"复核 {len(decisions)} 行，改了 {len(changes)} 行，写到 {target}。")

"""`wuwei demo`: build the default model and show what it does with a mixed sample."""

import click
from rich.console import Console
from rich.table import Table

from pipeline import registry
from pipeline.cli.shared import DEFAULT, build_default, load_shipped_segmenter, read_shipped_corpus
from pipeline.corpus import corpus_digest
from pipeline.home import data_path, models_dir
from pipeline.records import TaggedItem
from pipeline.tables import open_tables
from pipeline.triage import assemble

# Wide enough for the table, narrow enough for a terminal beside a browser.
_TEXT_WIDTH = 46


@click.command()
def demo() -> None:
    """训练默认模型（语料没变就跳过），给一份样例打标签，看看结果。"""
    segmenter = load_shipped_segmenter()
    if not _is_current():
        build_default(segmenter, seed=0)
    triage = assemble(registry.load(models_dir(), DEFAULT), segmenter)
    [sample] = open_tables(data_path("sample.txt"))
    results = triage.pipe((str(row.number), row.values[0]) for row in sample.rows())
    _show([item for item in results if isinstance(item, TaggedItem)])
    click.echo("\n下一步：wuwei suggest 村口的路灯坏了半个月没人管")
    click.echo("（在源码目录里：.venv/bin/wuwei；整份文件：wuwei tag 留言.csv -o 结果.xlsx）")


def _is_current() -> bool:
    """Whether the saved default model was trained on the corpus as it is now."""
    if DEFAULT not in registry.names(models_dir()):
        return False
    card = registry.read_manifest(models_dir(), DEFAULT)["card"]
    return bool(card["corpus_digest"] == corpus_digest(read_shipped_corpus()))


def _show(items: list[TaggedItem]) -> None:
    table = Table(title="样例留言的去向", title_justify="left")
    table.add_column("留言", max_width=_TEXT_WIDTH)
    for heading in ("类别", "把握", "部门", "请人看"):
        table.add_column(heading, justify="right" if heading == "把握" else "left")
    for item in items:
        prediction, lead = item.prediction, item.routing.lead
        table.add_row(
            item.document.text,
            item.category_names[prediction.category],
            f"{prediction.confidence:.0%}",
            lead.name if lead else "—",
            "是" if item.needs_review else "",
        )
    # A fixed width where the output is no terminal, so that a log shows the same table.
    console = Console()
    (console if console.is_terminal else Console(width=110)).print(table)

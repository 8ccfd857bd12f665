"""`wuwei models`: what is in `models/`."""

import click
from rich.console import Console
from rich.table import Table

from pipeline import registry
from pipeline.home import models_dir


@click.group()
def models() -> None:
    """查看 models/ 里的模型。"""


@models.command("list")
def list_models() -> None:
    """列出所有模型。"""
    table = Table()
    for heading in ("名称", "版本", "训练时间", "条数", "留出准确率", "留出宏平均 F1"):
        table.add_column(heading)
    for name in registry.names(models_dir()):
        manifest = registry.read_manifest(models_dir(), name)
        card = manifest["card"]
        held_out = card["held_out"]
        table.add_row(
            name, manifest["digest"][:8], manifest["created"], str(card["messages"]),
            f"{held_out['accuracy']:.3f}", f"{held_out['macro_f1']:.3f}",
        )  # fmt: skip
    if not table.row_count:
        click.echo("还没有模型。用 wuwei train 训练一个。", err=True)
        return
    Console().print(table)


@models.command()
@click.argument("name", default="default")
def show(name: str) -> None:
    """显示一个模型的说明（数据、成绩、版本）。"""
    registry.read_manifest(models_dir(), name)
    click.echo((models_dir() / name / "README.md").read_text("utf-8"))

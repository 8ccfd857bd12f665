"""`wuwei keys`: who may use the service."""

from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from pipeline.cli.shared import say

if TYPE_CHECKING:
    from service.store import ApiKey, Role, Store

_ROLES = {"intake": "收件", "analyst": "分析", "admin": "管理"}


@click.group()
def keys() -> None:
    """管理服务的密钥：add 添加，list 列出，revoke 作废。"""


@keys.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(list(_ROLES)),
    default="intake",
    show_default=True,
    help="intake 收件；analyst 另可统计和导出；admin 全部。",
)
def add(name: str, role: "Role") -> None:
    """添加一把密钥。NAME 说明给谁用，会出现在经办记录里。密钥只显示这一次。"""
    with _open_store() as store:
        key, secret = store.add_key(name, role)
    say(f"已添加“{key.name}”（{_ROLES[key.role]}），编号 {key.id}。密钥只显示这一次：")
    click.echo(secret)


@keys.command("list")
def list_() -> None:
    """列出密钥：名称、角色、何时用过、是否作废。不显示密钥本身。"""
    with _open_store() as store:
        found = store.keys()
    table = Table()
    for heading in ("编号", "名称", "角色", "添加", "最近使用", "状态"):
        table.add_column(heading, no_wrap=heading == "编号")
    for key in found:
        table.add_row(*_cells(key))
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)


@keys.command()
@click.argument("id")
def revoke(id: str) -> None:
    """作废一把密钥（写编号）。几秒内生效；用它登录的页面也随之退出。"""
    with _open_store() as store:
        key = store.revoke_key(id)
    say(f"已作废“{key.name}”（{key.id}）。")


def _cells(key: "ApiKey") -> list[str]:
    moments = (key.created_at, key.last_used_at)
    times = [f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "—" for moment in moments]
    return [key.id, key.name, _ROLES[key.role], *times, "已作废" if key.revoked_at else "有效"]


def _open_store() -> "Store":
    # Imported here: no other command should wait for the database library.
    from service.store import default_url, open_store

    return open_store(default_url())

"""`wuwei corpus`: from what people decided to a corpus."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.shared import as_paths
from pipeline.departments import Departments
from pipeline.errors import InputError
from pipeline.harvest import (
    Judgement,
    Pulled,
    Unusable,
    check,
    clean,
    pull,
    read_evaluation,
    read_judgements,
)
from pipeline.harvest.pulling import KINDS
from pipeline.home import data_path, home
from pipeline.taxonomy import Taxonomy

if TYPE_CHECKING:
    from service.store import Decided, Store, Submission

_SQLITE = "sqlite:///"


@click.group()
def corpus() -> None:
    """语料：把人的判断汇集起来，供训练和评测。"""


@corpus.command("pull")
@click.option("--database", metavar="URL", help="服务的数据库；默认 WUWEI_DATABASE_URL 或本机的。")
@click.option(
    "--labelled", multiple=True, metavar="FILE", help="标注过的 .csv .xlsx .jsonl；可写多次。"
)
@click.option(
    "--held-out", "evaluation", multiple=True, metavar="FILE",
    help="评测用的文件：其中的留言及近似的一律不进训练，以后也不进。",
)  # fmt: skip
@click.option("--text-column", "text_columns", multiple=True, metavar="NAME", help="正文列。")
@click.option("--label-column", metavar="NAME", help="类别列；不写则按常用列名找。")
@click.option("-o", "--output", metavar="FOLDER", help="写到哪个文件夹；默认 WUWEI_HOME/pulled。")
def pull_command(
    database: str | None,
    labelled: tuple[str, ...],
    evaluation: tuple[str, ...],
    text_columns: tuple[str, ...],
    label_column: str | None,
    output: str | None,
) -> None:
    """把服务里的决定和标注文件汇集成语料：打码、去重、留出评测，有分歧的列出来请人定。

    改过的和独立判定的算足，照单接受的算三成。十分之一按留言的指纹留作评测，从此不进训练。
    有分歧的在 review/ 里，填好“定为”列后用 --labelled 交回来。
    """
    now = datetime.now(UTC)
    at = now.isoformat(timespec="seconds")
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    desks = {d.code: d.name for d in departments.by_code.values()}
    files = [
        read_judgements(
            path, taxonomy, desks, at=at, text_columns=text_columns, label_column=label_column
        )
        for path in as_paths(labelled)
    ]
    shields = [
        j for path in as_paths(evaluation) for j in read_evaluation(path, text_columns=text_columns)
    ]
    decided = list(_read_decisions(database, needed=not files and not shields))
    usable, refused = _sort_out(decided, taxonomy, desks)
    fresh = [*usable, *(j for file in files for j in file.judgements), *shields]
    unusable = [*refused, *(row for file in files for row in file.unusable)]
    done = pull(
        Path(output).expanduser() if output else home() / "pulled",
        fresh,
        today=now.astimezone().date(),
        unusable=unusable,
        names=taxonomy.categories,
    )
    _tell(done, fresh, blank=sum(file.blank for file in files), unusable=len(unusable))
    sys.exit(3 if unusable else 0)


def judgements_of(
    submission: "Submission", decisions: Sequence["Decided"], roles: Mapping[str, str]
) -> list[Judgement]:
    """Return one judgement a person: the last of each. Names are left behind.

    Args:
        decisions: all of them, oldest first.
        roles: name of a key → its role.
    """
    last = {decision.decided_by: decision for decision in decisions}
    return [
        Judgement(
            origin=f"submission:{submission.id}",
            id=submission.id,
            text=clean(submission.text),
            kind=decision.kind,
            category=decision.category,
            topic=decision.topic,
            department=decision.department,
            department_also=decision.department_also or (),
            model=submission.model,
            role=roles.get(decision.decided_by, ""),
            at=decision.decided_at.astimezone(UTC).isoformat(timespec="seconds"),
        )
        for decision in last.values()
    ]


def _read_decisions(database: str | None, *, needed: bool) -> Iterator[Judgement]:
    # Here, for the database libraries take half a second that no other command should pay.
    from service.store import default_url, open_store

    url = database or default_url()
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        # Opening it would make an empty one.
        if needed or database:
            raise InputError(
                f"还没有服务的数据库 {url.removeprefix(_SQLITE)}，也没有给标注文件。"
                "请用 --database 指出数据库，或用 --labelled 给出标注文件。",
                "There is no database of the service; name it with --database, "
                "or give labelled files with --labelled.",
            )
        return
    with open_store(url) as store:
        yield from _read_store(store)


def _read_store(store: "Store") -> Iterator[Judgement]:
    keys = store.keys()
    roles = {key.name: key.role for key in keys}
    for submission in store.export():
        if submission.decision is None:
            continue
        decisions = [submission.decision]
        if submission.version > 2:  # somebody has decided again
            decisions = [change.after for change in store.history(submission.id)]
        yield from judgements_of(submission, decisions, roles)


def _sort_out(
    decided: Sequence[Judgement], taxonomy: Taxonomy, desks: Mapping[str, str]
) -> tuple[list[Judgement], list[Unusable]]:
    usable, refused = [], []
    for judgement in decided:
        if reason := check(judgement, taxonomy, desks):
            refused.append(Unusable("服务", judgement.id, reason))
        else:
            usable.append(judgement)
    return usable, refused


def _tell(done: Pulled, fresh: Sequence[Judgement], *, blank: int, unusable: int) -> None:
    kinds: Counter[str] = Counter(j.kind for j in fresh)
    listed = "、".join(f"{name} {kinds[kind]}" for kind, name in KINDS.items() if kinds[kind])
    click.echo(
        f"这次读到 {sum(kinds[kind] for kind in KINDS)} 条判断（{listed or '无'}）；"
        f"新的 {done.new} 条，改了的 {done.changed} 条；没填类别 {blank} 条，不能用 {unusable} 条。"
    )
    settled = done.settled
    click.echo(
        f"至今共 {done.total} 条 ＝ 训练 {len(settled.training)} ＋ 留出 {len(settled.held_out)}"
        f" ＋ 重复 {settled.duplicates} ＋ 有分歧 {settled.in_conflict}"
        f" ＋ 避开评测 {settled.left_out}。"
    )
    paths = {
        "训练": done.training, "留出": done.held_out,
        "有分歧（填好“定为”列后用 --labelled 交回）": done.conflicts, "不能用的": done.unusable,
    }  # fmt: skip
    for what, path in paths.items():
        if path is not None:
            click.echo(f"{what}：{path}")

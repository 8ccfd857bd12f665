"""`wuwei tag`: whole files."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from time import monotonic

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table as RichTable

from pipeline import batch
from pipeline.batch.cluster import run_on_cluster
from pipeline.batch.loading import LoadModel
from pipeline.batch.local import run_here
from pipeline.cli.shared import as_paths, chosen, load_triage, model_option, say
from pipeline.departments import Departments
from pipeline.files import finished_file
from pipeline.home import data_path, models_dir
from pipeline.overview import render_overview
from pipeline.taxonomy import Taxonomy

INTERRUPTED = 130
_SECONDS_BETWEEN_LINES = 10.0

Show = Callable[[batch.Progress], None]


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("-o", "--output", required=True, help="输出文件：.csv .tsv .xlsx .jsonl .parquet")
@click.option(
    "--text-column",
    "text_columns",
    multiple=True,
    metavar="NAME",
    help="正文列；可写多次，依次相连。",
)
@click.option("--id-column", metavar="NAME", help="编号列。")
@click.option("--encoding", metavar="NAME", help="文字文件的编码；不写则逐个文件判断。")
@click.option("--mask", "masked", is_flag=True, help="把电话、证件号等换成［手机号］之类的占位。")
@click.option("--group", "grouped", is_flag=True, help="标出重复反映的同一件事。")
@click.option(
    "--jobs", default=1, show_default=True, metavar="N", help="用几个进程（-1：全部核）。"
)
@click.option("--resume", is_flag=True, help="接着做上次没有完成的运行。")
@click.option("--restart", is_flag=True, help="丢掉上次没有完成的运行，重新来过。")
@click.option("--report", metavar="FILE.html", help="另写一页统计报告，可打印。")
@click.option("--with-text", is_flag=True, help="报告里附少量留言原文（已打码）。")
@click.option(
    "--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True,
    help="在本机，还是在 Dask 集群上。",
)  # fmt: skip
@click.option("--scheduler", metavar="ADDRESS", help="Dask 调度器的地址，如 tcp://10.0.0.1:8786。")
@model_option
def tag(
    inputs: tuple[str, ...],
    output: str,
    text_columns: tuple[str, ...],
    id_column: str | None,
    encoding: str | None,
    masked: bool,
    grouped: bool,
    jobs: int,
    resume: bool,
    restart: bool,
    report: str | None,
    with_text: bool,
    engine: str,
    scheduler: str | None,
    name: str | None,
) -> None:
    """给整份文件打标签：每一行都在结果里，或列入 OUTPUT.rejected.csv。

    INPUT 可以是 .csv .tsv .xlsx .jsonl .parquet .txt（每行一条）.md .docx（每段一条），
    也可以是装着这些文件的文件夹，或 '2019*.csv' 这样的写法。
    """
    if jobs == 0:
        raise click.BadParameter("要用至少一个进程；-1 是全部核", param_hint="--jobs")
    name = chosen(name)
    triage, target = load_triage(name), Path(output).expanduser()
    try:
        with _showing() as show:
            summary = batch.tag_files(
                as_paths(inputs), target, triage,
                reading=batch.Reading(text_columns, id_column, encoding),
                masked=masked, grouped=grouped, with_text=with_text,
                engine=_engine(engine, scheduler, jobs),
                load=LoadModel(models_dir(), name, triage.model.version),
                resume=resume, restart=restart, progress=show, tell=say,
            )  # fmt: skip
    except KeyboardInterrupt:
        say("已中断；做完的部分保留着，加 --resume 接着做。")
        sys.exit(INTERRUPTED)
    _print(summary, target)
    if report is not None:
        _write_report(summary, Path(report).expanduser(), target, with_text=with_text)
    sys.exit(3 if summary.rejected else 0)


def _engine(engine: str, scheduler: str | None, jobs: int) -> batch.Engine:
    if engine == "dask":
        if scheduler is None:
            raise click.UsageError("--engine dask 需要 --scheduler 调度器地址")
        return partial(run_on_cluster, scheduler=scheduler)
    if scheduler is not None:
        raise click.BadParameter("只有 --engine dask 用得着调度器", param_hint="--scheduler")
    return partial(run_here, jobs=jobs)


@contextmanager
def _showing() -> Iterator[Show]:
    """Show progress on standard error: a bar on a terminal, a line now and then elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_now_and_then()
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Bar(*columns, console=console) as bar:
        task, rate = bar.add_task("打标签", total=None, rate=""), _Rate()

        def show(progress: batch.Progress) -> None:
            text = f"{rate.of(progress):,.0f} 行/秒"
            bar.update(task, completed=progress.done, total=progress.total, rate=text)

        yield show


def _line_now_and_then() -> Show:
    rate, said = _Rate(), monotonic()

    def show(progress: batch.Progress) -> None:
        nonlocal said
        if progress.done == progress.resumed:
            if progress.resumed:
                say(f"接着上次做：{progress.resumed:,} 行已做完。")
            return
        if monotonic() - said < _SECONDS_BETWEEN_LINES and progress.done < progress.total:
            return
        said, speed = monotonic(), rate.of(progress)
        left = (progress.total - progress.done) / speed if speed else 0.0
        say(
            f"{progress.done:,} / {progress.total:,} 行，{speed:,.0f} 行/秒，"
            f"还需约 {left / 60:,.0f} 分钟"
        )

    return show


class _Rate:
    """Rows a second since this run (not the one it resumes) began."""

    def __init__(self) -> None:
        self._began = monotonic()

    def of(self, progress: batch.Progress) -> float:
        passed = monotonic() - self._began
        return (progress.done - progress.resumed) / passed if passed > 0 else 0.0


def _print(summary: batch.Summary, output: Path) -> None:
    counts = summary.statistics
    table = RichTable(
        title=f"{output.name}：共 {summary.tagged + summary.rejected} 行", title_justify="left"
    )
    table.add_column("")
    table.add_column("行数", justify="right")
    for category, count in counts.per_category.most_common():
        table.add_row(counts.category_names[category], str(count))
    table.add_row("已打标签", str(summary.tagged))
    table.add_row("其中请人看", str(counts.needs_review))
    table.add_row("未能处理", str(summary.rejected))
    Console(stderr=True).print(table)
    for source, damage in counts.files.items():
        if damage.looks_damaged:
            say(
                f"注意：{source} 看来已损坏：平均 {damage.corruption:.0%} 的字是乱码，"
                f"{damage.garbled} 行有无法恢复的字（已标“请人看”）。请核对原始文件的编码。"
            )
    for one in summary.unreadable:
        say(f"没有读：{one.detail}")
    if summary.rejected:
        say(f"未能处理的行见 {batch.rejected_path(output)}（行号与原因）。")


def _write_report(summary: batch.Summary, path: Path, output: Path, *, with_text: bool) -> None:
    departments = Departments.from_file(
        data_path("departments.toml"), Taxonomy.from_file(data_path("taxonomy.toml"))
    )
    page = render_overview(
        summary.statistics,
        title=f"{output.name} 民意统计",
        made_at=datetime.now(),
        groups=summary.groups,
        with_text=with_text,
        functions={d.code: d.name for d in departments.by_code.values()},
    )
    with finished_file(path) as draft:
        draft.write_text(page, "utf-8")
    say(f"统计报告：{path}")

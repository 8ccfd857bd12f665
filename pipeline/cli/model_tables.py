"""The tables that `wuwei models` prints."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from pipeline.comparison import Comparison, Figure
from pipeline.comparison_files import COLUMNS, FIGURE_COLUMNS, cells_of, describe_test, row_of
from pipeline.registry import Entry

_ROWS_SHOWN = 20
_TEXT_WIDTH = 40
_ACTIONS = {"promote": "换上", "rollback": "换回"}


def print_comparison(comparison: Comparison, departments: dict[str, str], *, title: str) -> None:
    """Print the figures, and the first of the messages whose category changes."""
    console = wide_console()
    console.print(f"{title}  {comparison.n} 条", style="bold")
    console.print(f"前 {comparison.before}  后 {comparison.after}")
    console.print(describe_test(comparison))
    console.print(_figures("总的与各类别（F1）", (*comparison.overall, *comparison.categories)))
    if comparison.departments:
        table = _figures("各部门（首选正确）", comparison.departments, departments)
        console.print(table)
    if comparison.changed:
        console.print(_changes(comparison))


def print_history(entries: Sequence[Entry]) -> None:
    """Print every change of what serves, oldest first."""
    table = Table()
    for heading in ("时间（UTC）", "动作", "在用", "此前", "谁", "理由", "依据"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(
            entry.since[:19].replace("T", " "),
            _ACTIONS.get(entry.action, entry.action),
            entry.version,
            entry.replaced or "—",
            entry.by,
            entry.reason or "—",
            _basis(entry),
        )
    wide_console().print(table)


def wide_console() -> Console:
    """Return a console that gives a log the same table as a wide terminal.

    What people wrote is no markup: messages hold things like [图片].
    """
    console = Console(markup=False)
    return console if console.is_terminal else Console(markup=False, width=140)


def _figures(title: str, figures: Sequence[Figure], names: dict[str, str] | None = None) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in FIGURE_COLUMNS:
        table.add_column(heading, justify="right" if heading else "left")
    for figure in figures:
        name, *cells = cells_of(figure)
        style = "red" if figure.is_worse else "green" if figure.is_better else None
        table.add_row((names or {}).get(figure.code, name), *cells, style=style)
    return table


def _changes(comparison: Comparison) -> Table:
    count = len(comparison.changed)
    shown = f"，先列 {_ROWS_SHOWN} 条（全部用 -o 写出）" if count > _ROWS_SHOWN else ""
    table = Table(title=f"类别有变的 {count} 条{shown}", title_justify="left")
    for heading in COLUMNS:
        table.add_column(heading, max_width=_TEXT_WIDTH, overflow="fold")
    for changed in comparison.changed[:_ROWS_SHOWN]:
        *cells, text = row_of(changed)
        text = " ".join(text.split())
        table.add_row(*cells, text if len(text) <= _TEXT_WIDTH else f"{text[:_TEXT_WIDTH]}…")
    return table


def _basis(entry: Entry) -> str:
    measured = str(entry.figures.get("measured_on", ""))
    accuracy = entry.figures.get("accuracy")
    if accuracy:
        measured += f"：准确率 {accuracy[0]:.3f} → {accuracy[1]:.3f}"
    forced = entry.figures.get("objections")
    return (
        "；".join(filter(None, [measured, f"不顾 {len(forced)} 条异议" if forced else ""])) or "—"
    )

"""What a comparison reads beside the labels (dates), and the table of changes it writes."""

from collections.abc import Sequence
from dataclasses import astuple
from html import escape
from pathlib import Path

from pipeline.comparison import Changed, Comparison, Figure
from pipeline.corpus import LabelledMessage
from pipeline.errors import InputError
from pipeline.files import finished_file
from pipeline.overview.dates import read_date
from pipeline.tables import choose_columns, open_tables, open_writer
from pipeline.taxonomy import Taxonomy

COLUMNS = ("编号", "结果", "标注", "前", "前的把握", "后", "后的把握", "留言")
_NUMBERS = ("前的把握", "后的把握")

_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.6 sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em }}
table {{ border-collapse: collapse; margin: 1em 0 }}
td, th {{ border: 1px solid #bbb; padding: .25em .6em; text-align: left; vertical-align: top }}
.worse {{ background: #fbe3df }} .better {{ background: #e2f3e4 }}
</style>
<h1>{title}</h1>
<p>{summary}</p>
{tables}
</html>
"""


def read_dates(path: Path, count: int) -> list[str | None]:
    """Return the date of each row of a labelled file (`YYYY-MM-DD`), None where it has none.

    Args:
        count: how many rows were read as labelled; a file that gives another number of rows
            as a table (titles above its header, broken rows) counts as undated.
    """
    if not path.is_file():
        return [None] * count
    [table] = open_tables(path)
    column = choose_columns(table.columns, source=path.name).date
    rows = [row.values for row in table.rows()]
    if column is None or len(rows) != count or not all(rows):
        return [None] * count
    return [read_date(values[column]) for values in rows]


def check_categories(messages: Sequence[LabelledMessage], *taxonomies: Taxonomy) -> None:
    """Refuse labels that one of the models does not know: it could not be right on them.

    Raises:
        InputError: there are such labels.
    """
    for message in messages:
        for taxonomy in taxonomies:
            if message.category not in taxonomy.categories:
                known = ", ".join(taxonomy.categories)
                raise InputError(
                    f"标注留言 {message.id} 的类别 {message.category!r} 有一个模型不认识"
                    f"（它的类别：{known}）。请用两个模型都认识的类别标注。",
                    f"Message {message.id}: category {message.category!r} is unknown to a model; "
                    f"it knows {known}.",
                )


def write_changes(path: Path, comparison: Comparison) -> None:
    """Write the messages whose category changes, as a table of any kind or a page.

    Raises:
        OutputError: the folder does not exist, or the kind of file is none we write.
    """
    if path.suffix.lower() == ".html":
        with finished_file(path) as draft:
            draft.write_text(_page(comparison), "utf-8")
        return
    with open_writer(path, COLUMNS, numbers=_NUMBERS) as writer:
        for changed in comparison.changed:
            cells = row_of(changed)
            writer.write(cells, dict(zip(COLUMNS, cells, strict=True)))


def row_of(changed: Changed) -> tuple[str, ...]:
    """Return the cells of a change, in the order of `COLUMNS`."""
    return (
        changed.id,
        changed.outcome,
        changed.gold,
        changed.before,
        f"{changed.before_confidence:.3f}",
        changed.after,
        f"{changed.after_confidence:.3f}",
        changed.text,
    )


def describe_test(comparison: Comparison) -> str:
    """Say how many messages each gets right alone, and what McNemar's test makes of it."""
    return (
        f"只有前者对 {comparison.only_before} 条，只有后者对 {comparison.only_after} 条；"
        f"McNemar 精确检验 p = {comparison.p_value:.3g}"
    )


def cells_of(figure: Figure) -> tuple[str, ...]:
    """Return the cells of a figure: name, number, both values, the difference's interval.

    >>> cells_of(Figure("roads", "道路", 20, 0.8, 0.7, -0.25, 0.05))
    ('道路', '20', '0.800', '0.700', '-0.100', '-0.250 到 +0.050')
    """
    name, n, before, after, low, high = astuple(figure)[1:]
    interval = f"{low:+.3f} 到 {high:+.3f}"
    return name, str(n), f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}", interval


FIGURE_COLUMNS = ("", "条数", "前", "后", "差", "差的 95% 区间")


def _page(comparison: Comparison) -> str:
    figures = (*comparison.overall, *comparison.categories, *comparison.departments)
    verdicts = ["worse" if f.is_worse else "better" if f.is_better else "" for f in figures]
    outcomes = {"改错": "worse", "改对": "better"}
    changes = [row_of(changed) for changed in comparison.changed]
    tables = [
        _table(FIGURE_COLUMNS, [cells_of(f) for f in figures], verdicts),
        f"<h2>类别有变的 {len(changes)} 条</h2>",
        _table(COLUMNS, changes, [outcomes.get(c.outcome, "") for c in comparison.changed]),
    ]
    return _PAGE.format(
        title=escape(f"{comparison.before} → {comparison.after}"),
        summary=escape(f"{comparison.n} 条。{describe_test(comparison)}。"),
        tables="\n".join(tables),
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], classes: Sequence[str]) -> str:
    lines = ["<table>", f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>"]
    for cells, name in zip(rows, classes, strict=True):
        body = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr class="{name}">{body}</tr>')
    return "\n".join([*lines, "</table>"])

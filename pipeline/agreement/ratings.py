"""The labels of two files, put beside each other by id."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.agreement.figures import Agreement, measure_agreement
from pipeline.errors import InputError
from pipeline.labels import choose_label, find_column, to_code
from pipeline.near_duplicates import group_near_duplicates
from pipeline.tables import Row, Table, open_tables
from pipeline.tables.columns import ID, TEXT


@dataclass(frozen=True)
class Ratings:
    """The labels of one file by id; `texts` is empty where it has no usual text column."""

    source: str
    labels: Mapping[str, str]
    texts: Mapping[str, str]
    blank: int


def read_ratings(
    path: Path,
    *,
    id_column: str | None = None,
    label_column: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Ratings:
    """Read the labels of a file of any kind we read tables from.

    Args:
        names: code → name; a cell with a name then means its code.

    Raises:
        InputError: there is no column of ids or of labels, or an id stands twice.
    """
    labels: dict[str, str] = {}
    texts: dict[str, str] = {}
    seen: set[str] = set()
    blank = 0
    for table in open_tables(path):
        id_at = _id_position(table, id_column)
        label_at = choose_label(table.columns, source=table.source, given=label_column)
        text_at = find_column(table.columns, TEXT)
        for row in table.rows():
            id = _read_id(row, id_at, table.source, seen)
            seen.add(id)
            label = to_code(row.values[label_at], names or {})
            blank += not label
            if label:
                labels[id] = label
            if label and text_at is not None:
                texts[id] = row.values[text_at]
    return Ratings(path.name, labels, texts, blank)


def compare_ratings(first: Ratings, second: Ratings, *, seed: int = 0) -> Agreement:
    """Compare the rows that both have labelled; near-duplicates count as one observation.

    Raises:
        InputError: no id stands in both.
    """
    shared = [id for id in first.labels if id in second.labels]
    if not shared:
        raise InputError(
            f"{first.source} 和 {second.source} 没有一个共同的编号。请用 --id-column 指定编号列。",
            f"{first.source} and {second.source} share no id; name the column with --id-column.",
        )
    texts = first.texts or second.texts
    # A row without a text is like no other: its id stands in.
    groups = group_near_duplicates([texts.get(id) or f"\0{id}" for id in shared]) if texts else ()
    a, b = ([ratings.labels[id] for id in shared] for ratings in (first, second))
    return measure_agreement(a, b, groups, seed=seed)


def _id_position(table: Table, given: str | None) -> int:
    found = find_column(table.columns, ID if given is None else (given,))
    if found is None:
        listed = "、".join(table.columns)
        raise InputError(
            f"{table.source} 没有找到{given or '编号'}列。现有的列：{listed}。"
            "请用 --id-column 列名 指定。",
            f"{table.source}: no id column among: {listed}. Name it with --id-column.",
        )
    return found


def _read_id(row: Row, position: int, source: str, seen: Collection[str]) -> str:
    if row.problem:
        raise InputError(
            f"{source} 第 {row.number} 行读不出来：{row.problem}。请改正这一行。",
            f"{source}: row {row.number} cannot be read.",
        )
    id = row.values[position].strip()
    if not id or id in seen:
        raise InputError(
            f"{source} 第 {row.number} 行的编号{f' {id} 重复了' if id else '是空的'}。"
            "每行要有自己的编号，两份文件才对得上。",
            f"{source}: row {row.number}: the id is {'repeated' if id else 'missing'}.",
        )
    return id

"""What a table is to us: named columns, and rows of text read on demand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.tables.columns import TEXT

# How far down a header may stand below the table's title.
DEEPEST_HEADER = 15


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as people see it (in a table the header is row 1).

    `problem` says in Chinese why the row could not be read; `values` are then empty.
    """

    number: int
    values: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A named table whose rows are read on demand, as often as wanted."""

    source: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands (its row number) and what it says."""

    number: int
    columns: tuple[str, ...]


def find_header(
    records: Iterable[tuple[int, Sequence[str]]], text_columns: Sequence[str] = ()
) -> Header:
    """Find the header among the first rows of a table: titles may stand above it.

    It is the first row that names a text column (a usual name, or one the user gave); else
    the first with several cells; else the first.

    Args:
        records: row numbers and cells, from the top.

    >>> rows = [(1, ["二〇二三年留言汇总"]), (2, []), (3, ["编号", "留言内容"]), (4, ["1", "修路"])]
    >>> find_header(rows)
    Header(number=3, columns=('编号', '留言内容'))
    """
    top = [(number, cells) for number, cells in records if any(cell.strip() for cell in cells)]
    if not top:
        return Header(0, ())
    wanted = {name.strip().casefold() for name in (*TEXT, *text_columns)}
    named = (r for r in top if any(cell.strip().casefold() in wanted for cell in r[1]))
    several = (r for r in top if sum(bool(cell.strip()) for cell in r[1]) > 1)
    number, cells = next(named, None) or next(several, None) or top[0]
    return Header(number, name_columns(cells))


def name_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Give every column a name of its own; nothing stands behind the last filled one.

    >>> name_columns(["内容", "", "内容", ""])
    ('内容', '列2', '内容_3')
    """
    cells = [cell.strip() for cell in header]
    while cells and not cells[-1]:
        cells.pop()
    columns: list[str] = []
    for position, cell in enumerate(cells, 1):
        name = " ".join(cell.split()) or f"列{position}"
        columns.append(f"{name}_{position}" if name in columns else name)
    return tuple(columns)


def fit_rows(records: Iterable[tuple[int, Sequence[str]]], header: Header) -> Iterator[Row]:
    """Yield the rows below the header; pad short ones, refuse surplus cells, skip blanks."""
    width = len(header.columns)
    for number, cells in records:
        if number <= header.number or not cells:
            continue
        if any(cell.strip() for cell in cells[width:]):
            problem = f"这一行有 {len(cells)} 个单元格，表头只有 {width} 个"
            yield Row(number, (), problem)
        else:
            yield Row(number, (*cells[:width], *("",) * (width - len(cells))))

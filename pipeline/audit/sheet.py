"""The workbook in which people look at suspects, and reading their decisions back.

A row is known again by a fingerprint of its number, id, label and masked text: a workbook
made from another file, or from one changed since, is noticed, and so is a column that was
sorted alone. Texts are masked, and the fingerprint is taken of the masked text, so that
nothing about a telephone number can be tried out on it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter

from pipeline.audit.findings import Audit, Suspect
from pipeline.audit.labelled_file import LabelledRow
from pipeline.errors import InputError
from pipeline.files import finished_file
from pipeline.masking import mask
from pipeline.tables import Row, Table, open_tables

REVIEW, COPIES, CONFUSED, CATEGORIES = "复核", "近似重复", "易混类别", "类别"
DECISION, FINGERPRINT = "改为", "校验（勿改）"
_NUMBER, _ID = "行号", "编号"
# Heading and width in characters of each column of the sheet that people fill in.
_COLUMNS = {
    _NUMBER: 7, _ID: 14, "留言（已打码）": 70, "原标注": 12, DECISION: 12, "建议": 12,
    "建议的把握": 11, "原标注的把握": 12, "理由": 44, FINGERPRINT: 14,
}  # fmt: skip
_LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person wrote beside a suspect: `category` is a code; `line` the sheet's row."""

    line: int
    number: int
    id: str
    fingerprint: str
    category: str


def fingerprint(row: LabelledRow) -> str:
    """Return 12 hex digits of what a reviewer saw of a row."""
    message = row.message
    seen = "\n".join((str(row.number), message.id, message.category, mask(message.text)))
    return hashlib.sha256(seen.encode()).hexdigest()[:12]


def explain(suspect: Suspect, numbers: Sequence[int], names: Mapping[str, str]) -> str:
    """Say in Chinese why a row is suspected."""
    reasons = []
    if suspect.learned:
        name = names.get(suspect.suggested, suspect.suggested)
        reasons.append(f"没见过这一行的模型认为是“{name}”")
    if suspect.twin is not None:
        other = numbers[suspect.twin.other(suspect.row)]
        reasons.append(
            f"与第 {other} 行几乎相同（相似度 {suspect.twin.similarity:.2f}），标注却不同"
        )
    return "；".join(reasons)


def write_review(
    path: Path, audit: Audit, rows: Sequence[LabelledRow], names: Mapping[str, str]
) -> None:
    """Write the workbook: suspects with an empty column 改为, copies, confused categories.

    Args:
        rows: the rows audited, in order.
        names: category code → its name, in the order of the drop-down list.

    Raises:
        OutputError: the folder does not exist, or the path is a folder.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with finished_file(path) as draft, xlsxwriter.Workbook(draft, options) as book:
        _write_suspects(book, audit, rows, names)
        _write_copies(book, audit, rows, names)
        _write_confused(book, audit, names)
        _sheet(book, CATEGORIES, {"名称": 20, "代码": 20}, [(n, c) for c, n in names.items()])


def read_review(path: Path, names: Mapping[str, str]) -> list[Decision]:
    """Read what people wrote under 改为; rows left empty say nothing.

    Args:
        names: category code → its name; people may write either.

    Raises:
        InputError: the workbook is not one of `write_review`, or a cell names no category.
            The message names the row.
    """
    table = _find_sheet(path)
    where = {name: table.columns.index(name) for name in _COLUMNS}
    decisions = []
    for row in table.rows():
        if row.values and row.values[where[DECISION]].strip():
            decisions.append(_read_decision(path.name, row, where, names))
    return decisions


def _write_suspects(
    book: Any, audit: Audit, rows: Sequence[LabelledRow], names: Mapping[str, str]
) -> None:
    numbers = [row.number for row in rows]
    cells = [_suspect_cells(s, rows[s.row], numbers, names) for s in audit.suspects]
    sheet = _sheet(book, REVIEW, _COLUMNS, cells)
    last, decision = max(1, len(cells)), list(_COLUMNS).index(DECISION)
    listed = {
        "validate": "list",
        "source": f"='{CATEGORIES}'!$A$2:$A${len(names) + 1}",
        "error_title": "没有这个类别",
        "error_message": "请从下拉列表里选一个类别；不改就留空。",
    }
    sheet.data_validation(1, decision, last, decision, listed)
    sheet.autofilter(0, 0, last, len(_COLUMNS) - 1)


def _suspect_cells(
    suspect: Suspect, row: LabelledRow, numbers: Sequence[int], names: Mapping[str, str]
) -> tuple[object, ...]:
    return (
        row.number,
        row.message.id,
        mask(row.message.text)[:_LONGEST_TEXT],
        names.get(suspect.given, suspect.given),
        "",
        names.get(suspect.suggested, suspect.suggested),
        round(suspect.suggested_chance, 3),
        round(suspect.chance, 3),
        explain(suspect, numbers, names),
        fingerprint(row),
    )


def _write_copies(
    book: Any, audit: Audit, rows: Sequence[LabelledRow], names: Mapping[str, str]
) -> None:
    columns = {"行号一": 8, "标注一": 12, "行号二": 8, "标注二": 12, "相似度": 8}
    columns |= {"留言一（已打码）": 60, "留言二（已打码）": 60}
    cells = []
    for conflict in audit.conflicts:
        one, two = rows[conflict.earlier], rows[conflict.later]
        labels = [names.get(r.message.category, r.message.category) for r in (one, two)]
        texts = [mask(r.message.text)[:_LONGEST_TEXT] for r in (one, two)]
        similarity = round(conflict.similarity, 2)
        cells.append((one.number, labels[0], two.number, labels[1], similarity, *texts))
    _sheet(book, COPIES, columns, cells)


def _write_confused(book: Any, audit: Audit, names: Mapping[str, str]) -> None:
    columns = {"类别甲": 14, "类别乙": 14, "标甲实为乙（估计行数）": 22}
    columns |= {"标乙实为甲（估计行数）": 22, "近似重复而标注相反（对）": 24}
    cells = [
        (names.get(c.first, c.first), names.get(c.second, c.second), round(c.there, 1),
         round(c.back, 1), c.conflicts)
        for c in audit.confusions
    ]  # fmt: skip
    _sheet(book, CONFUSED, columns, cells)


def _sheet(
    book: Any, name: str, columns: Mapping[str, int], rows: Sequence[Sequence[object]]
) -> Any:
    """Add a sheet with a frozen, bold header; long cells are wrapped."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 0)
    for column, (heading, width) in enumerate(columns.items()):
        sheet.set_column(column, column, width, wrapped)
        sheet.write_string(0, column, heading, bold)
    for line, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell, wrapped)
            else:
                sheet.write_number(line, column, cell, wrapped)
    return sheet


def _find_sheet(path: Path) -> Table:
    tables = open_tables(path, text_columns=(DECISION,)) if path.suffix.lower() == ".xlsx" else []
    for table in tables:
        if table.source.endswith(f"[{REVIEW}]") and set(_COLUMNS) <= set(table.columns):
            return table
    raise InputError(
        f"{path.name} 不是 wuwei audit 写的复核表：要有工作表“{REVIEW}”，"
        f"其中有“{DECISION}”和“{FINGERPRINT}”等列。"
        f"请用 wuwei audit 文件 -o {path.stem}.xlsx 重新生成。",
        f"{path.name} is not a review workbook written by wuwei audit.",
    )


def _read_decision(
    source: str, row: Row, where: Mapping[str, int], names: Mapping[str, str]
) -> Decision:
    cells = {name: row.values[i].strip() for name, i in where.items()}
    by_name = {name: code for code, name in names.items()}
    written = cells[DECISION]
    category = written if written in names else by_name.get(written)
    if category is None or not cells[_NUMBER].isdecimal():
        known = "、".join(names.values())
        what = f"“{written}”不是类别" if category is None else f"行号是 {cells[_NUMBER]!r}"
        raise InputError(
            f"{source}[{REVIEW}] 第 {row.number} 行：{what}。“{DECISION}”可填：{known}。请改正。",
            f"{source}, row {row.number}: {written!r} is no category, or the row number is none.",
        )
    return Decision(row.number, int(cells[_NUMBER]), cells[_ID], cells[FINGERPRINT], category)

"""Tables in which people have put labels, read as judgements; what cannot be used is listed.

A result of `wuwei tag` is labelled only where a column of people's own stands beside the
machine's: learning from the machine's column would be learning from oneself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pipeline.documents import MAX_CHARACTERS
from pipeline.errors import InputError
from pipeline.harvest.judgements import Judgement, Kind, clean, fingerprint
from pipeline.labels import HUMAN, choose_label, find_column, to_code
from pipeline.tables import Columns, Row, Table, choose_columns, open_tables
from pipeline.taxonomy import Taxonomy

# What an arbiter writes into the list of conflicts.
SETTLED_COLUMN = "定为"
_TAGGED = ("confidence", "needs_review")
_OTHERS = (
    "topic", "department", "also", "department_also", "second_category", "urgency", "group",
    "weight", "picked", "model",
)  # fmt: skip
_SAMPLE = 200
_URGENCIES = ("", "normal", "urgent", "emergency")


class Unusable(NamedTuple):
    """A row (or submission) that could not be taken, and why (Chinese)."""

    source: str
    row: str
    reason: str


@dataclass(frozen=True)
class Labelled:
    """What a labelled file gave; `blank` rows have no label and are passed over."""

    judgements: tuple[Judgement, ...]
    unusable: tuple[Unusable, ...]
    blank: int


@dataclass(frozen=True)
class _Layout:
    """Which column is what, and what kind of judgement the table holds."""

    source: str
    file: str
    text: Columns
    label: int
    others: Mapping[str, int]
    suggested: int | None
    settles: bool

    def cell(self, row: Row, name: str) -> str:
        return row.values[self.others[name]].strip() if name in self.others else ""


def read_judgements(
    path: Path,
    taxonomy: Taxonomy,
    departments: Mapping[str, str],
    *,
    at: str,
    text_columns: Sequence[str] = (),
    label_column: str | None = None,
) -> Labelled:
    """Read every table of a labelled file.

    Args:
        departments: code → name.
        at: when the file is read, ISO 8601; it stands for when people labelled it.

    Raises:
        InputError: there is no column of texts or of labels, or the only labels are the
            machine's.
    """
    judgements: list[Judgement] = []
    unusable: list[Unusable] = []
    blank = 0
    for table in open_tables(path, text_columns=text_columns):
        layout = _layout(table, path.name, text_columns, label_column)
        for row in table.rows():
            if not row.problem and not row.values[layout.label].strip():
                blank += 1
                continue
            found = _judgement(row, layout, taxonomy, departments, at)
            reason = found if isinstance(found, str) else check(found, taxonomy, departments)
            if reason:
                unusable.append(Unusable(layout.source, str(row.number), reason))
            elif isinstance(found, Judgement):
                judgements.append(found)
    return Labelled(tuple(judgements), tuple(unusable), blank)


def read_evaluation(path: Path, *, text_columns: Sequence[str] = ()) -> Iterator[Judgement]:
    """Yield the texts of a file that must never be trained on; it needs no labels.

    Raises:
        InputError: there is no column of texts.
    """
    for table in open_tables(path, text_columns=text_columns):
        chosen = _text_columns(table, text_columns)
        for row in table.rows():
            text = "" if row.problem else clean(chosen.message(row.values))
            if text:
                origin = f"evaluation:{path.name}#{fingerprint(text)}"
                yield Judgement(origin=origin, id=origin, text=text, kind="evaluation")


def check(judgement: Judgement, taxonomy: Taxonomy, departments: Mapping[str, str]) -> str:
    """Return in Chinese why a judgement cannot become training data; '' where it can."""
    if not judgement.text:
        return "没有留言文字"
    if len(judgement.text) > MAX_CHARACTERS:
        return f"留言有 {len(judgement.text)} 字，超过 {MAX_CHARACTERS} 字；请拆成单条"
    for code in filter(None, (judgement.category, *judgement.also, judgement.second_category)):
        if code not in taxonomy.categories:
            known = "、".join(taxonomy.categories.values())
            return f"没有“{code}”这个类别；请改成：{known}"
    if judgement.topic is not None:
        topic = taxonomy.topics.get(judgement.topic)
        if topic is None or topic.category != judgement.category:
            return f"主题“{judgement.topic}”不属于类别“{judgement.category}”；请改正其一"
    for code in filter(None, (judgement.department, *judgement.department_also)):
        if code not in departments:
            return f"没有“{code}”这个部门；请照 departments.toml 写代码或名称"
    if judgement.urgency not in _URGENCIES:
        return f"没有“{judgement.urgency}”这种缓急；请写 normal、urgent 或 emergency"
    if not 0 < judgement.weight <= 1:
        return "weight 应当大于 0、不超过 1"
    return ""


def _layout(
    table: Table, file: str, text_columns: Sequence[str], label_column: str | None
) -> _Layout:
    label = choose_label(table.columns, source=table.source, given=label_column)
    tagged = all(find_column(table.columns, (name,)) is not None for name in _TAGGED)
    machine = find_column(table.columns, ("category",))
    if tagged and label == machine and label_column is None:
        raise InputError(
            f"{table.source} 是 wuwei tag 的结果，里面的类别是模型判的。请加一列“人工类别”填上"
            "人的判断；若人是直接在 category 列里改的，请写 --label-column category。",
            f"{table.source} is a result of `wuwei tag`; its labels are the model's. "
            f"Add a column named {HUMAN[2]}, or say --label-column category.",
        )
    return _Layout(
        source=table.source,
        file=file,
        text=_text_columns(table, text_columns),
        label=label,
        others={
            name: at
            for name in _OTHERS
            if (at := find_column(table.columns, (name,))) is not None
        },
        suggested=machine if tagged else None,
        settles=table.columns[label].strip() == SETTLED_COLUMN,
    )  # fmt: skip


def _text_columns(table: Table, text_columns: Sequence[str]) -> Columns:
    sample = [row.values for row in islice(table.rows(), _SAMPLE)]
    return choose_columns(
        table.columns, source=table.source, text_columns=text_columns, sample=sample
    )


def _judgement(
    row: Row, layout: _Layout, taxonomy: Taxonomy, departments: Mapping[str, str], at: str
) -> Judgement | str:
    """Return the judgement of a row, or why it has none."""
    if row.problem:
        return row.problem
    text = clean(layout.text.message(row.values))
    origin = f"{layout.file}#{fingerprint(text)}"
    given = row.values[layout.text.id].strip() if layout.text.id is not None else ""
    group, weight = layout.cell(row, "group"), _number(layout.cell(row, "weight"))
    judgement = Judgement(
        origin=origin,
        id=given or f"{Path(layout.file).stem}-{fingerprint(text)}",
        text=text,
        kind=_kind(row, layout, taxonomy),
        category=to_code(row.values[layout.label], taxonomy.categories),
        topic=to_code(layout.cell(row, "topic"), taxonomy.topic_names) or None,
        department=to_code(layout.cell(row, "department"), departments) or None,
        also=_codes(layout.cell(row, "also"), taxonomy.categories),
        department_also=_codes(layout.cell(row, "department_also"), departments),
        second_category=to_code(layout.cell(row, "second_category"), taxonomy.categories) or None,
        urgency=layout.cell(row, "urgency"),
        group=f"{layout.file}:{group}" if group else "",
        weight=weight,
        picked=layout.cell(row, "picked"),
        model=layout.cell(row, "model"),
        at=at,
    )
    if layout.suggested is None:
        return judgement
    # Beside it stand the machine's other columns: nobody has confirmed the urgency, and topic
    # and department belong to the machine's category.
    judgement = replace(judgement, second_category=None, urgency="")
    stale = judgement.kind != "accepted"
    return replace(judgement, topic=None, department=None) if stale else judgement


def _kind(row: Row, layout: _Layout, taxonomy: Taxonomy) -> Kind:
    if layout.settles:
        return "settled"
    if layout.suggested is None:
        return "labelled"
    said, suggested = (
        to_code(row.values[at], taxonomy.categories) for at in (layout.label, layout.suggested)
    )
    return "accepted" if said == suggested else "corrected"


def _number(cell: str) -> float:
    """Read a weight: 1 where there is none, 0 (which `check` refuses) where it is no number.

    >>> _number(""), _number("0.3"), _number("一半")
    (1.0, 0.3, 0.0)
    """
    try:
        return float(cell) if cell else 1.0
    except ValueError:
        return 0.0


def _codes(cell: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Read a list from JSON or from `甲；乙`.

    >>> _codes('["ecology"]', {}), _codes("产业发展；ecology", {"industry": "产业发展"})
    (('ecology',), ('industry', 'ecology'))
    """
    if cell.startswith("["):
        try:
            parts = [str(part) for part in json.loads(cell)]
        except ValueError:
            parts = [cell]
    else:
        parts = cell.replace("；", ";").split(";")
    return tuple(code for part in parts if (code := to_code(part, names)))

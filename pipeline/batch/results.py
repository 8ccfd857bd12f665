"""A tagged row as a table and as JSON lines have it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.batch.sources import Source
from pipeline.masking import mask
from pipeline.normalise import normalise
from pipeline.records import TaggedItem
from pipeline.review import REASONS
from pipeline.tables import Row
from pipeline.tables.write import LONGEST_XLSX_CELL, delimited_lines, json_line

ADDED = (
    "category", "category_name", "confidence", "second_category", "topic", "topic_name",
    "department", "department_name", "co_departments", "level", "place", "urgency",
    "needs_review", "review_reasons", "why",
)  # fmt: skip
GROUPED = ("group", "group_size", "group_first", "group_last")
NUMBERS = ("confidence", "group", "group_size")


@dataclass(frozen=True, slots=True)
class Layout:
    """How results are written.

    Attributes:
        kept: the columns of all inputs.
        suffix: the kind of output file.
        masked: replace personal data in every cell.
        grouped: a later step adds the groups of near-duplicates.
    """

    kept: tuple[str, ...]
    suffix: str
    masked: bool = False
    grouped: bool = False

    @property
    def columns(self) -> list[str]:
        """All columns, in order; an added one never takes the name of an input's."""
        return [*self.kept, *self.rename(ADDED), *(self.rename(GROUPED) if self.grouped else ())]

    @property
    def is_final(self) -> bool:
        """Whether rows can be written as they will stand in the output, once and for all."""
        return not self.grouped and self.suffix in _DELIMITERS | {".jsonl": ""}

    def rename(self, names: Sequence[str]) -> list[str]:
        """Name added columns so that none takes the name of an input's.

        >>> Layout(("text", "category"), ".csv").rename(["category", "topic"])
        ['category_tagged', 'topic']
        """
        return [f"{name}_tagged" if name in self.kept else name for name in names]

    def problem(self, row: Row) -> str:
        """Say in Chinese why a row cannot be read or written; '' where it can."""
        longest = max(map(len, row.values), default=0)
        if self.suffix == ".xlsx" and longest > LONGEST_XLSX_CELL:
            return f"有单元格超过 Excel 的 {LONGEST_XLSX_CELL} 字上限；请改写成 .csv"
        return row.problem

    def render(self, rows: Sequence[tuple[Row, TaggedItem]], source: Source) -> str:
        """Return tagged rows as text: final lines, or JSON to be laid out at the end."""
        if self.suffix == ".jsonl":
            return "".join(json_line(self.record(row, item, source)) for row, item in rows)
        cells = [self.cells(row, item, source) for row, item in rows]
        if self.is_final:
            return delimited_lines(cells, _DELIMITERS[self.suffix])
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in cells)

    def cells(self, row: Row, item: TaggedItem, source: Source) -> list[str]:
        """Return a result row: the input's cells, then the added ones."""
        given = dict(zip(source.columns, row.values, strict=True))
        return [*(self._hide(given.get(name, "")) for name in self.kept), *flat_values(item)]

    def record(self, row: Row, item: TaggedItem, source: Source) -> dict[str, Any]:
        """Return a result row as the contract's object.

        It carries the input's other columns under `input`, so that nothing is lost.
        """
        record = item.to_dict()
        read = {source.chosen.id, source.chosen.title, *source.chosen.text}
        others = {
            name: self._hide(value)
            for i, (name, value) in enumerate(zip(source.columns, row.values, strict=True))
            if i not in read
        }
        return record | ({"input": others} if others else {})

    def _hide(self, text: str) -> str:
        return mask(normalise(text).text) if self.masked and text else text


_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def flat_values(item: TaggedItem) -> list[str]:
    """Return the values of `ADDED`, as the contract's tables have them."""
    record = item.to_dict()
    texts = {name: "" if record.get(name) is None else record[name] for name in ADDED}
    texts |= {
        "co_departments": "；".join(d.name for d in item.routing.departments if d.role == "co"),
        "needs_review": "是" if item.needs_review else "否",
        "review_reasons": "；".join(REASONS[reason] for reason in item.review_reasons),
        "why": "；".join(e.text for e in item.prediction.evidence if e.weight > 0),
    }
    return [str(texts[name]) for name in ADDED]

"""Tagging whole files: every row comes out once and in order, or is reported."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pipeline.errors import InputError, OutputError
from pipeline.masking import mask
from pipeline.normalise import normalise
from pipeline.records import Document, Message, Rejection, TaggedItem
from pipeline.review import REASONS
from pipeline.tables import Columns, Row, Table, choose_columns, open_tables, open_writer
from pipeline.tables.write import LONGEST_XLSX_CELL
from pipeline.triage import Triage

ADDED = (
    "category", "category_name", "confidence", "second_category", "topic", "topic_name",
    "department", "department_name", "co_departments", "level", "place", "urgency",
    "needs_review", "review_reasons", "why",
)  # fmt: skip
_CHUNK = 256


@dataclass
class Damage:
    """How much of a file was damaged in transit."""

    rows: int = 0
    garbled: int = 0
    total_corruption: float = 0.0

    def count(self, document: Document) -> None:
        """Add one message."""
        self.rows += 1
        self.garbled += bool(document.garbled)
        self.total_corruption += document.corruption

    @property
    def corruption(self) -> float:
        """Mean share of a message's characters that were damaged, 0–1."""
        return self.total_corruption / self.rows if self.rows else 0.0

    @property
    def looks_damaged(self) -> bool:
        """Whether the file, rather than a few of its rows, went through a wrong decoder."""
        return self.corruption > DAMAGED_FILE or self.garbled > 0.05 * self.rows


# In the real messages we have (../shared/real), 4 characters in 100,000 are damaged.
DAMAGED_FILE = 0.02


@dataclass
class Summary:
    """What became of the rows: `tagged + rejected` is the number of rows read."""

    tagged: int = 0
    rejected: int = 0
    review: int = 0
    files: dict[str, Damage] = field(default_factory=dict)
    per_category: Counter[str] = field(default_factory=Counter)

    def count(self, item: TaggedItem, *, source: str) -> None:
        """Add one tagged row of a file."""
        self.tagged += 1
        self.review += item.needs_review
        self.files.setdefault(source, Damage()).count(item.document)
        self.per_category[item.category_names[item.prediction.category]] += 1


@dataclass(frozen=True)
class _Source:
    """A table with the columns its messages are read from."""

    table: Table
    columns: Columns
    masked: bool

    def message(self, row: Row) -> Message:
        """Return the id, the text and the station of a row."""
        named = row.values[self.columns.id] if self.columns.id is not None else ""
        station = row.values[self.columns.station] if self.columns.station is not None else ""
        text = self.columns.message(row.values)
        return Message(named.strip() or str(row.number), text, station.strip())

    def hide(self, text: str) -> str:
        """Return the text, with personal data masked where that is asked for."""
        return mask(normalise(text).text) if self.masked else text


def tag_files(
    inputs: Sequence[Path],
    output: Path,
    triage: Triage,
    *,
    text_columns: Sequence[str] = (),
    masked: bool = False,
    progress: Callable[[int], None] = lambda rows: None,
) -> Summary:
    """Tag every row of the inputs into one output file.

    Rejected rows are listed in `OUTPUT.rejected.csv` with file, row number and reason. The
    output has the columns of all inputs, then the added ones; both files appear only when
    everything is written.

    Args:
        masked: replace phone numbers, ID numbers and the like in every cell written.
        progress: called with the number of rows done since the last call.

    Raises:
        InputError: an input cannot be read, holds no rows, or has no text column.
        OutputError: the output cannot be written, or would overwrite an input.
    """
    _refuse_overwriting(inputs, output)
    sources = [s for path in inputs for s in _open_sources(path, text_columns, masked)]
    kept = list(dict.fromkeys(name for source in sources for name in source.table.columns))
    columns = [*kept, *_added_columns(kept)]
    summary, rejected = Summary(), rejected_path(output)
    with (
        open_writer(output, columns) as results,
        open_writer(rejected, ["file", "row", "id", "reason", "detail"]) as rejections,
    ):
        for source in sources:
            for row, outcome in _outcomes(source, triage, output.suffix.lower()):
                if isinstance(outcome, Rejection):
                    summary.rejected += 1
                    cells = [source.table.source, str(row.number), outcome.id]
                    rejections.write([*cells, outcome.reason, outcome.detail], {})
                else:
                    summary.count(outcome, source=source.table.source)
                    given = dict(zip(source.table.columns, row.values, strict=True))
                    results.write(*_result(given, kept, outcome, source))
                progress(1)
        if not summary.tagged + summary.rejected:
            raise InputError("输入里没有数据行。请检查文件。", "The input holds no rows.")
    if not summary.rejected:
        rejected.unlink()
    return summary


def read_messages(path: Path, text_columns: Sequence[str] = ()) -> Iterator[tuple[int, Message]]:
    """Yield the row number and the message of every readable row of a file.

    Raises:
        InputError: as `tag_files`.
    """
    for source in _open_sources(path, text_columns, masked=False):
        for row in source.table.rows():
            if not row.problem:
                yield row.number, source.message(row)


def _open_sources(path: Path, text_columns: Sequence[str], masked: bool) -> list[_Source]:
    return [
        _Source(t, choose_columns(t.columns, source=t.source, text_columns=text_columns), masked)
        for t in open_tables(path)
    ]


def rejected_path(output: Path) -> Path:
    """Return where the rows that could not be tagged are listed."""
    return output.with_name(f"{output.name}.rejected.csv")


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


def _outcomes(
    source: _Source, triage: Triage, suffix: str
) -> Iterator[tuple[Row, TaggedItem | Rejection]]:
    """Pair every row with its result, a chunk at a time so that memory stays flat."""
    rows = source.table.rows()
    while chunk := list(islice(rows, _CHUNK)):
        problems = {row.number: p for row in chunk if (p := _problem(row, suffix))}
        readable = [source.message(row) for row in chunk if row.number not in problems]
        results = triage.pipe(readable, masked=source.masked)
        for row in chunk:
            if row.number in problems:
                yield row, Rejection("", "unreadable_row", problems[row.number])
            else:
                yield row, next(results)


def _problem(row: Row, suffix: str) -> str:
    if suffix == ".xlsx" and any(len(cell) > LONGEST_XLSX_CELL for cell in row.values):
        return f"有单元格超过 Excel 的 {LONGEST_XLSX_CELL} 字上限；请改写成 .csv"
    return row.problem


def _result(
    given: dict[str, str], kept: Sequence[str], item: TaggedItem, source: _Source
) -> tuple[list[str], dict[str, object]]:
    """Return a result row as cells and as the contract's object.

    The object carries the input's other columns under `input`, so that nothing is lost.
    """
    record = item.to_dict()
    read = {source.columns.id, source.columns.title, *source.columns.text}
    others = [name for i, name in enumerate(source.table.columns) if i not in read]
    if others:
        record["input"] = {name: source.hide(given[name]) for name in others}
    cells = [source.hide(given.get(name, "")) for name in kept]
    return [*cells, *flat_values(item)], record


def _added_columns(kept: Sequence[str]) -> list[str]:
    """Name the added columns so that none takes the name of an input's.

    >>> _added_columns(["text", "category"])[:2]
    ['category_tagged', 'category_name']
    """
    return [f"{name}_tagged" if name in kept else name for name in ADDED]


def _refuse_overwriting(inputs: Sequence[Path], output: Path) -> None:
    if any(path.exists() and output.exists() and path.samefile(output) for path in inputs):
        raise OutputError(
            f"输出 {output} 就是输入文件，会把它覆盖。请换一个名字。",
            f"The output {output} is one of the inputs; choose another name.",
        )

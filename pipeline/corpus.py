"""Labelled messages: the shipped corpus and any labelled file an analyst brings.

Source of the field names: the contract (`text, category, topic, department, also,
department_also, group`, and where known `register, urgency, place`), and `weight`.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import DataFileError
from pipeline.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """A message with what people decided about it.

    Attributes:
        also: other categories that count as right; `department_also` likewise.
        group: rows of one group never straddle a split; empty when the row stands alone.
        weight: how much training counts the row (above 0, at most 1): a label that a person
            merely let stand says less than one they chose.
    """

    id: str
    text: str
    category: str
    topic: str | None = None
    department: str | None = None
    also: tuple[str, ...] = ()
    department_also: tuple[str, ...] = ()
    second_category: str | None = None
    group: str = ""
    register: str = ""
    urgency: str = ""
    place: str = ""
    weight: float = 1.0


def read_labelled(paths: Iterable[Path], taxonomy: Taxonomy | None = None) -> list[LabelledMessage]:
    """Read labelled files (.jsonl or .csv, or folders of them) in order.

    Args:
        paths: files or folders; a folder's `*.jsonl` and `*.csv` are read in name order.
        taxonomy: where given, categories and topics are checked against it.

    Raises:
        DataFileError: a file is missing or empty, a row has no text or category, or
            names an unknown category or topic. The message names file and row.
    """
    messages = []
    for path in _expand(paths):
        for number, row in _rows(path):
            messages.append(_read_row(row, f"{path.name}：第 {number} 行", path.stem, number))
            if taxonomy is not None:
                _check(messages[-1], taxonomy, f"{path.name}：第 {number} 行")
    if not messages:
        raise DataFileError(
            "标注文件里没有任何数据。每行至少要有 text 和 category。",
            "The labelled files hold no rows; each needs text and category.",
        )
    return messages


def corpus_digest(messages: Sequence[LabelledMessage]) -> str:
    """Return a hex digest of everything training reads of the messages, in order."""
    digest = hashlib.sha256()
    for message in messages:
        fields = (
            message.text,
            message.category,
            message.topic,
            message.department,
            message.also,
            message.department_also,
            message.group,
            message.urgency,
            # Only where there is one, so that a corpus without weights keeps its digest.
            *([message.weight] if message.weight != 1.0 else []),
        )
        digest.update(json.dumps(fields, ensure_ascii=False).encode())
    return digest.hexdigest()


def _expand(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted([*path.glob("*.jsonl"), *path.glob("*.csv")])
        elif path.is_file():
            yield path
        else:
            raise DataFileError(
                f"找不到标注文件 {path}。请检查路径。", f"Labelled file not found: {path}."
            )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.suffix.lower() not in (".jsonl", ".csv"):
        raise DataFileError(
            f"{path.name}：标注文件只支持 .jsonl 和 .csv。请先转换。",
            f"{path.name}: labelled data must be .jsonl or .csv.",
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from _csv_rows(lines) if path.suffix == ".csv" else _jsonl_rows(lines, path)
    except UnicodeDecodeError:
        raise DataFileError(
            f"{path.name} 不是 UTF-8 编码。请另存为 UTF-8 后再用。",
            f"{path.name} is not UTF-8; save it as UTF-8.",
        ) from None


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(lines)
    for row in reader:
        yield reader.line_num, dict(row)


def _jsonl_rows(lines: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataFileError(
                f"{path.name}：第 {number} 行不是有效的 JSON（{error.msg}）。请改正这一行。",
                f"{path.name}: line {number} is not valid JSON ({error.msg}).",
            ) from None
        if not isinstance(row, dict):
            raise DataFileError(
                f'{path.name}：第 {number} 行应当是一个 JSON 对象。请写成 {{"text": …}}。',
                f"{path.name}: line {number} should be a JSON object.",
            )
        yield number, row


def _read_row(row: dict[str, Any], where: str, stem: str, number: int) -> LabelledMessage:
    text, category = str(row.get("text") or "").strip(), str(row.get("category") or "").strip()
    if not text or not category:
        missing = "text" if not text else "category"
        raise DataFileError(
            f"{where}缺少 {missing}。每行至少要有 text 和 category。",
            f"{where}: no {missing}; each row needs text and category.",
        )
    return LabelledMessage(
        id=str(row.get("id") or f"{stem}-{number}"),
        text=text,
        category=category,
        topic=str(row.get("topic") or "") or None,
        department=str(row.get("department") or "") or None,
        also=_codes(row.get("also")),
        department_also=_codes(row.get("department_also")),
        second_category=str(row.get("second_category") or "") or None,
        group=str(row.get("group") or ""),
        register=str(row.get("register") or ""),
        urgency=str(row.get("urgency") or ""),
        place=str(row.get("place") or ""),
        weight=_weight(row.get("weight"), where),
    )


def _weight(value: object, where: str) -> float:
    """Read a weight; none is a whole one."""
    try:
        weight = 1.0 if value in (None, "") else float(str(value))
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:
        raise DataFileError(
            f"{where}的 weight 是 {value!r}。请写大于 0、不超过 1 的数；不想用的行请删去。",
            f"{where}: weight {value!r} is not a number above 0 and at most 1.",
        )
    return weight


def _codes(value: object) -> tuple[str, ...]:
    """Read a list of codes, from JSON or from a cell such as `ecology；industry`."""
    if not value:
        return ()
    items = value if isinstance(value, list) else str(value).replace("；", ";").split(";")
    return tuple(code for item in items if (code := str(item).strip()))


def _check(message: LabelledMessage, taxonomy: Taxonomy, where: str) -> None:
    for code in (message.category, *message.also):
        if code not in taxonomy.categories:
            known = ", ".join(taxonomy.categories)
            raise DataFileError(
                f"{where}的类别 {code!r} 不在分类体系里。可用的类别：{known}；"
                "数据自带另一套类别时用 --taxonomy auto。",
                f"{where}: unknown category {code!r}. Available: {known}; "
                "use --taxonomy auto for data with its own categories.",
            )
    if message.topic is None:
        return
    topic = taxonomy.topics.get(message.topic)
    if topic is None or topic.category != message.category:
        belongs = f"属于 {topic.category}" if topic else "不存在"
        raise DataFileError(
            f"{where}的主题 {message.topic!r} {belongs}，"
            f"与类别 {message.category!r} 不符。请改正其一。",
            f"{where}: topic {message.topic!r} does not belong to category {message.category!r}.",
        )

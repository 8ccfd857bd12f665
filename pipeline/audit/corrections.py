"""Putting reviewers' decisions into a labelled file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.audit.labelled_file import LabelledRow
from pipeline.audit.sheet import DECISION, Decision, fingerprint
from pipeline.errors import InputError
from pipeline.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Change:
    """A row whose category a person has changed. `topic` is the one that had to go, or None."""

    number: int
    id: str
    before: str
    after: str
    topic: str | None


def apply_decisions(
    rows: Sequence[LabelledRow],
    decisions: Sequence[Decision],
    taxonomy: Taxonomy,
    *,
    source: str = "",
) -> tuple[list[Mapping[str, Any]], list[Change]]:
    """Return the rows' fields with the decisions put in, and what has changed.

    A topic of the old category goes, for a topic belongs to one category; so does the new
    category where it stood among those that were accepted or came second. A decision for
    the category that is there already changes nothing.

    Args:
        source: what the file of the rows is called, for messages.

    Raises:
        InputError: a decision fits no row, or two decisions for a row differ.
    """
    by_number = {row.number: row for row in rows}
    wanted: dict[int, Decision] = {}
    for decision in decisions:
        _check(decision, by_number.get(decision.number), wanted, source)
        wanted[decision.number] = decision
    fields: list[Mapping[str, Any]] = []
    changes = []
    for row in rows:
        after = wanted[row.number].category if row.number in wanted else row.message.category
        changed = after != row.message.category
        fields.append(_corrected(row, after, taxonomy) if changed else row.fields)
        if changed:
            changes.append(_change(row, after, fields[-1]))
    return fields, changes


def _check(
    decision: Decision, row: LabelledRow | None, wanted: Mapping[int, Decision], source: str
) -> None:
    if row is None or fingerprint(row) != decision.fingerprint:
        raise InputError(
            f"复核表第 {decision.line} 行（编号 {decision.id}）与 {source} 第 {decision.number} 行"
            "对不上：复核表属于另一份文件，或文件、表格后来改动过（例如只给一列排了序）。"
            "请用当初那份文件，或重新运行 wuwei audit。",
            f"Review row {decision.line} does not belong to row {decision.number} of {source}; "
            "use the file that was audited, or audit again.",
        )
    earlier = wanted.get(decision.number)
    if earlier is not None and earlier.category != decision.category:
        raise InputError(
            f"复核表第 {earlier.line} 行和第 {decision.line} 行对同一条留言写了不同的“{DECISION}”。"
            "请留下一个。",
            f"Review rows {earlier.line} and {decision.line} decide differently on one message.",
        )


def _corrected(row: LabelledRow, after: str, taxonomy: Taxonomy) -> dict[str, Any]:
    fields = dict(row.fields) | {"category": after}
    topic = taxonomy.topics.get(row.message.topic or "")
    if topic is not None and topic.category != after:
        fields["topic"] = None
    if after in row.message.also:
        rest = [code for code in row.message.also if code != after]
        fields["also"] = rest if isinstance(row.fields["also"], list) else "；".join(rest)
    if row.message.second_category == after:
        fields["second_category"] = None
    return fields


def _change(row: LabelledRow, after: str, fields: Mapping[str, Any]) -> Change:
    gone = row.message.topic if row.message.topic and not fields.get("topic") else None
    return Change(row.number, row.message.id, row.message.category, after, gone)

"""The audit of labelled messages: label errors, contradicting copies, confused categories."""

from collections.abc import Sequence

from pipeline.audit.confident import confident_joint, find_suspects, runner_up
from pipeline.audit.copies import count_conflicts, doubted_rows, find_conflicts
from pipeline.audit.findings import Audit, Conflict, Confusion, Suspect
from pipeline.audit.held_out import Definitions, Judged, judge, too_rare
from pipeline.balance import Progress
from pipeline.corpus import LabelledMessage
from pipeline.documents import read_document
from pipeline.errors import DataFileError
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document, Rejection
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import read_definitions

# Cross-validations that are averaged: a suspect should not hang on how the folds fell.
REPEATS = 3
# A copy that somebody labelled otherwise halves how far a label is believed.
_COPY_SAYS_OTHERWISE = 0.5


def audit_labels(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    segmenter: Segmenter,
    *,
    seed: int = 0,
    progress: Progress = lambda step: None,
) -> Audit:
    """Read and audit labelled messages. The same messages and seed give the same audit.

    Raises:
        DataFileError: a message cannot be read.
    """
    progress(f"切分 {len(messages)} 条留言")
    documents = [_read(message, segmenter) for message in messages]
    definitions = read_definitions(taxonomy, segmenter)
    return audit_documents(
        documents, messages, taxonomy, definitions=definitions, seed=seed, progress=progress
    )


def audit_documents(
    documents: Sequence[Document],
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    *,
    definitions: Definitions = ((), ()),
    seed: int = 0,
    repeats: int = REPEATS,
    progress: Progress = lambda step: None,
) -> Audit:
    """Audit messages whose documents are read already, one for each, in order.

    Near-duplicates never straddle a fold: a copy of a row would vouch for its label.

    Args:
        definitions: documents that are no messages, and the topic each defines.
        repeats: how many cross-validations are averaged.
    """
    progress("归并近似重复")
    groups = group_near_duplicates([m.text for m in messages], [m.group for m in messages])
    rare = too_rare(messages, groups)
    judged = judge(
        documents, messages, taxonomy, groups,
        rows=[i for i, m in enumerate(messages) if m.category not in rare],
        definitions=definitions, seeds=range(seed, seed + repeats), progress=progress,
    )  # fmt: skip
    conflicts = find_conflicts(messages, groups)
    return Audit(
        messages=messages,
        suspects=_suspects(messages, judged, conflicts),
        conflicts=conflicts,
        confusions=_confusions(messages, judged, conflicts),
        agreement=judged.agreement(),
        too_rare=rare,
    )


def _read(message: LabelledMessage, segmenter: Segmenter) -> Document:
    document = read_document(message.text, segmenter, id=message.id)
    if isinstance(document, Rejection):
        raise DataFileError(
            f"标注留言 {message.id} 不能用：{document.detail}。请改正或删去。",
            f"Labelled message {message.id} cannot be read: {document.reason}.",
        )
    return document


def _suspects(
    messages: Sequence[LabelledMessage], judged: Judged, conflicts: Sequence[Conflict]
) -> tuple[Suspect, ...]:
    best, best_chance = runner_up(judged.given, judged.chances)
    twins = doubted_rows(conflicts, lambda row: judged.chance(row, messages[row].category))
    found = []
    for i in find_suspects(judged.given, judged.chances).tolist():
        row, given = judged.rows[i], messages[judged.rows[i]].category
        chances = judged.chance(row, given), float(best_chance[i])
        suggested = judged.categories[best[i]]
        found.append(Suspect(row, given, suggested, *chances, True, twins.pop(row, None)))
    for row, twin in twins.items():
        given, suggested = messages[row].category, messages[twin.other(row)].category
        chances = judged.chance(row, given), judged.chance(row, suggested)
        found.append(Suspect(row, given, suggested, *chances, False, twin))
    return tuple(sorted(found, key=_order))


def _order(suspect: Suspect) -> tuple[float, int]:
    return suspect.chance * (_COPY_SAYS_OTHERWISE if suspect.twin else 1.0), suspect.row


def _confusions(
    messages: Sequence[LabelledMessage], judged: Judged, conflicts: Sequence[Conflict]
) -> tuple[Confusion, ...]:
    """Pair the categories; those with most rows on the wrong side come first."""
    joint = confident_joint(judged.given, judged.chances)
    met = count_conflicts(messages, conflicts)
    pairs = [
        Confusion(a, b, float(joint[i, j]), float(joint[j, i]), met[frozenset((a, b))])
        for i, a in enumerate(judged.categories)
        for j, b in enumerate(judged.categories[i + 1 :], i + 1)
    ]
    some = [pair for pair in pairs if pair.there + pair.back >= 1 or pair.conflicts]
    return tuple(sorted(some, key=lambda p: (-(p.there + p.back), p.first, p.second)))

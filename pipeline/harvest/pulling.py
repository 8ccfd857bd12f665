"""One pull: the ledger brought up to date, and what follows from it written out.

    FOLDER/pulled-DATE.jsonl             for `wuwei train --corpus`; always complete
    FOLDER/held-out/held-out-DATE.jsonl  for `wuwei evaluate --data`; never for training
    FOLDER/review/                       conflicts for people to settle; rows that were unusable
    FOLDER/earlier/                      files of earlier pulls, for looking back
    FOLDER/state/ledger.jsonl            every judgement ever pulled

Only the file to train on lies in the folder itself, so that `--corpus FOLDER` is right too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.harvest.judgements import Judgement, fingerprint
from pipeline.harvest.labelled import SETTLED_COLUMN, Unusable
from pipeline.harvest.ledger import merge, read_ledger, write_ledger, write_private
from pipeline.harvest.settling import Settled, settle
from pipeline.tables import open_writer

KINDS = {
    "accepted": "照单接受", "corrected": "改过", "independent": "独立判定", "labelled": "文件标注",
    "settled": "裁定",
}  # fmt: skip
_CONFLICT_COLUMNS = ("组号", "编号", "留言内容", "类别", "依据", "时间", "来源", SETTLED_COLUMN)


@dataclass(frozen=True)
class Pulled:
    """What a pull has done. Paths are None where there was nothing to write.

    `total` judgements stand in the ledger; each is training, held out, a duplicate of one of
    those, in conflict, or left out.
    """

    new: int
    changed: int
    settled: Settled
    training: Path | None
    held_out: Path | None
    conflicts: Path | None
    unusable: Path | None

    @property
    def total(self) -> int:
        return sum(j.kind != "evaluation" for j in self.settled.ledger)


def pull(
    folder: Path,
    fresh: Iterable[Judgement],
    *,
    today: date,
    unusable: Sequence[Unusable] = (),
    names: Mapping[str, str] | None = None,
) -> Pulled:
    """Bring the folder up to date with fresh judgements. Doing it twice changes nothing.

    Args:
        names: category code → name, for the list of conflicts.
    """
    _make(folder)
    ledger = folder / "state" / "ledger.jsonl"
    merged = merge(read_ledger(ledger), fresh)
    settled = settle(merged.judgements)
    # First: what follows from the ledger can be made again, the ledger cannot.
    write_ledger(ledger, settled.ledger)
    return Pulled(
        new=merged.new,
        changed=merged.changed,
        settled=settled,
        training=_write_rows(folder, folder / f"pulled-{today}.jsonl", settled.training),
        held_out=_write_rows(
            folder, folder / "held-out" / f"held-out-{today}.jsonl", settled.held_out
        ),
        conflicts=_write_conflicts(folder / "review", settled.conflicts, names or {}, today),
        unusable=_write_unusable(folder / "review" / f"rejected-{today}.csv", unusable),
    )


def _make(folder: Path) -> None:
    for name in ("", "state", "held-out", "review", "earlier"):
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    # Messages of citizens never enter a repository, wherever the folder lies.
    (folder / ".gitignore").write_text("*\n", "utf-8")


def _write_rows(folder: Path, path: Path, judgements: Sequence[Judgement]) -> Path | None:
    """Write a corpus file; the one before it goes to `earlier/`, unless it is the same."""
    rows = [to_row(j) for j in judgements]
    kind = path.name.partition("-20")[0]
    before = sorted(path.parent.glob(f"{kind}-*.jsonl"))
    if not rows:
        _set_aside(before, folder / "earlier")
        return None
    draft = folder / "state" / path.name
    write_private(draft, rows)
    if before and before[-1].read_bytes() == draft.read_bytes():
        draft.unlink()
        return before[-1]
    _set_aside([b for b in before if b != path], folder / "earlier")
    return draft.replace(path)


def _set_aside(files: Iterable[Path], folder: Path) -> None:
    for file in files:
        file.replace(folder / file.name)


def to_row(judgement: Judgement) -> dict[str, Any]:
    """Return a line of labelled data, with where the label comes from.

    >>> to_row(Judgement(origin="submission:7", id="7", text="路烂了", kind="accepted",
    ...                  category="public_services"))["weight"]
    0.3
    """
    row = {
        "id": judgement.id,
        "text": judgement.text,
        "category": judgement.category,
        "topic": judgement.topic,
        "department": judgement.department,
        "also": list(judgement.also),
        "department_also": list(judgement.department_also),
        "second_category": judgement.second_category,
        "urgency": judgement.urgency,
        "group": judgement.group,
        "weight": judgement.worth,
        "kind": judgement.kind,
        "source": judgement.origin,
        "model": judgement.model,
        "role": judgement.role,
        "decided_at": judgement.at,
        "picked": judgement.picked,
    }
    return {name: value for name, value in row.items() if value not in ("", None, [])}


def _write_conflicts(
    folder: Path,
    conflicts: Sequence[Sequence[Judgement]],
    names: Mapping[str, str],
    today: date,
) -> Path | None:
    """Write the list of conflicts, unless the same list lies there: people may be filling it in."""
    if not conflicts:
        return None
    rows = [_conflict_row(n, j, names) for n, group in enumerate(conflicts, 1) for j in group]
    mark = fingerprint("\n".join("\t".join(row) for row in rows))[:6]
    if lying := sorted(folder.glob(f"conflicts-*-{mark}.xlsx")):
        return lying[-1]
    path = folder / f"conflicts-{today}-{mark}.xlsx"
    with open_writer(path, _CONFLICT_COLUMNS) as writer:
        for row in rows:
            writer.write(row, {})
    path.chmod(0o600)
    return path


def _conflict_row(number: int, judgement: Judgement, names: Mapping[str, str]) -> list[str]:
    category = names.get(judgement.category, judgement.category)
    kind = KINDS[judgement.kind] + (f"（{judgement.role}）" if judgement.role else "")
    cells = [str(number), judgement.id, judgement.text, category, kind]
    return [*cells, judgement.at, judgement.origin, ""]


def _write_unusable(path: Path, unusable: Sequence[Unusable]) -> Path | None:
    if not unusable:
        return None
    with open_writer(path, ("来源", "行", "原因")) as writer:
        for row in unusable:
            writer.write(row, {})
    return path

"""The ledger: every judgement ever pulled, one JSON object a line."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import DataFileError
from pipeline.files import finished_file
from pipeline.harvest.judgements import Judgement


@dataclass(frozen=True)
class Merged:
    """The ledger with what was pulled now: how much of that is new, or says something else."""

    judgements: tuple[Judgement, ...]
    new: int
    changed: int


def read_ledger(path: Path) -> list[Judgement]:
    """Read the ledger; there is none before the first pull.

    Raises:
        DataFileError: a line is no judgement.
    """
    if not path.exists():
        return []
    judgements = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                judgements.append(Judgement.from_dict(json.loads(line)))
            except (ValueError, TypeError):
                raise DataFileError(
                    f"{path} 第 {number} 行不是本程序写的。请从备份恢复它，或换个文件夹重新汇集。",
                    f"{path}: line {number} is no judgement; restore the file from a backup.",
                ) from None
    return judgements


def write_ledger(path: Path, judgements: Iterable[Judgement]) -> None:
    """Replace the ledger."""
    write_private(path, (judgement.to_dict() for judgement in judgements))


def write_private(path: Path, rows: Iterable[object]) -> None:
    """Write JSON lines that only the owner can read: masked or not, they are citizens' words."""
    with finished_file(path) as draft:
        draft.touch(mode=0o600)
        with draft.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def merge(ledger: Sequence[Judgement], fresh: Iterable[Judgement]) -> Merged:
    """Put fresh judgements in the place of those of the same origins.

    One that says what the ledger says keeps the ledger's time, so that reading a file again
    changes nothing; one that says something else keeps the side the message went to.
    """
    known: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in ledger:
        known[judgement.origin].append(judgement)
    new = changed = 0
    found: dict[str, dict[Judgement, None]] = defaultdict(dict)
    for judgement in fresh:
        before = known.get(judgement.origin, [])
        same = next((b for b in before if _says_the_same(b, judgement)), None)
        if judgement.kind != "evaluation":
            new += not before
            changed += bool(before) and same is None
        side = next((b.side for b in before if b.side), judgement.side)
        found[judgement.origin][same or replace(judgement, side=side)] = None
    kept = [j for j in ledger if j.origin not in found]
    return Merged((*kept, *(j for group in found.values() for j in group)), new, changed)


def _says_the_same(old: Judgement, fresh: Judgement) -> bool:
    return replace(old, at=fresh.at, side=fresh.side) == fresh

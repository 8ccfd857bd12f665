"""From all judgements to one label a message: pure, and the same whatever the order.

What is held out is decided for whole groups of near-duplicates and for good. A group's side
follows from its history, else from `wuwei pick` (a random tenth is for evaluation, what was
picked for doubt is for training), else from a hash of its text: a tenth, which nobody chose.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.harvest.judgements import RANDOM, Judgement, Side
from pipeline.near_duplicates import group_near_duplicates

HELD_OUT_SHARE = 0.1
_RANDOM_NAMES = (RANDOM, "随机")


@dataclass(frozen=True)
class Settled:
    """Every judgement in exactly one place, and the ledger with the sides it now has.

    Attributes:
        training, held_out: one judgement a group of near-duplicates.
        duplicates: how many others these stand for.
        conflicts: groups about whose category people differ.
        left_out: how many are too near to a text of a file for evaluation.
        ledger: all judgements, each with its side.
    """

    training: tuple[Judgement, ...]
    held_out: tuple[Judgement, ...]
    duplicates: int
    conflicts: tuple[tuple[Judgement, ...], ...]
    left_out: int
    ledger: tuple[Judgement, ...]

    @property
    def in_conflict(self) -> int:
        """How many judgements stand in conflicts."""
        return sum(len(group) for group in self.conflicts)


def settle(judgements: Iterable[Judgement]) -> Settled:
    """Give every message one label, or put it on the list of conflicts."""
    ordered = sorted(judgements, key=lambda j: (j.at, j.origin, j.id, j.category))
    alike, bound = _groups(ordered)
    sides: dict[int, Side | None] = {
        number: _side([ordered[i] for i in members]) for number, members in bound.items()
    }
    side_of = {i: sides[number] for number, members in bound.items() for i in members}
    ledger = tuple(replace(j, side=side_of[i] or j.side) for i, j in enumerate(ordered))
    chosen: dict[str, list[Judgement]] = {"training": [], "held_out": []}
    conflicts = []
    duplicates = left_out = 0
    for members in alike.values():
        said = [ordered[i] for i in members if ordered[i].kind != "evaluation"]
        side = side_of[members[0]]
        if side is None:
            left_out += len(said)
        elif winner := _winner(said, side):
            chosen[side].append(replace(winner, side=side))
            duplicates += len(said) - 1
        else:
            conflicts.append(tuple(said))
    return Settled(
        tuple(chosen["training"]), tuple(chosen["held_out"]), duplicates, tuple(conflicts),
        left_out, ledger,
    )  # fmt: skip


def _groups(
    judgements: Sequence[Judgement],
) -> tuple[Mapping[int, list[int]], Mapping[int, list[int]]]:
    """Return the groups that say the same, and those that must stay on one side.

    The latter are larger where people have named groups, which may hold different messages.
    """
    texts, named = [j.text for j in judgements], [j.group for j in judgements]
    alike = group_near_duplicates(texts)
    bound = group_near_duplicates(texts, named) if any(named) else alike
    return _members(alike), _members(bound)


def _members(groups: Sequence[int]) -> Mapping[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for i, number in enumerate(groups):
        members[number].append(i)
    return members


def _side(group: Sequence[Judgement]) -> Side | None:
    """Return the side of a group, or None where it must be left out altogether."""
    if any(j.kind == "evaluation" for j in group):
        return None
    if any(_is_held(j) for j in group):
        return "held_out"
    if any(j.side == "training" or j.picked for j in group):
        return "training"
    return "held_out" if _is_in_the_tenth(group[0].text) else "training"


def _is_held(judgement: Judgement) -> bool:
    return judgement.side == "held_out" or judgement.picked in _RANDOM_NAMES


def _is_in_the_tenth(text: str) -> bool:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return number / 2**64 < HELD_OUT_SHARE


def _winner(said: Sequence[Judgement], side: Side) -> Judgement | None:
    """Return the judgement that stands for all, or None where people differ.

    Where a conflict has been settled, the latest word of the arbiters counts alone.
    """
    verdicts = [j for j in said if j.kind == "settled"]
    latest = max((j.at for j in verdicts), default="")
    heard = [j for j in verdicts if j.at == latest] or said
    common = frozenset.intersection(*(j.accepted for j in heard))
    candidates = [j for j in heard if j.category in common]
    if side == "held_out":  # a text that was trained on once does not stand for what was not
        candidates = [j for j in candidates if j.side != "training"] or candidates
    return max(candidates, key=lambda j: j.rank, default=None)

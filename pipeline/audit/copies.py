"""Near-copies of a message that people have put into different categories."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from pipeline.audit.findings import Conflict
from pipeline.corpus import LabelledMessage
from pipeline.near_duplicates import similar_pairs

# Two messages this alike (Jaccard index of character 5-grams) report the same matter.
COPIES = 0.7


def find_conflicts(
    messages: Sequence[LabelledMessage], groups: Sequence[int]
) -> tuple[Conflict, ...]:
    """Find near-copies with categories that exclude one another, the most alike first.

    Args:
        groups: the near-duplicate group of each message, at a threshold below `COPIES`.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        members[group].append(row)
    mixed = [rows for rows in members.values() if len({messages[i].category for i in rows}) > 1]
    found = [
        Conflict(rows[a], rows[b], similarity)
        for rows in mixed
        for a, b, similarity in similar_pairs([messages[i].text for i in rows], threshold=COPIES)
        if _contradict(messages[rows[a]], messages[rows[b]])
    ]
    return tuple(sorted(found, key=lambda c: (-c.similarity, c.earlier, c.later)))


def doubted_rows(
    conflicts: Sequence[Conflict], believed: Callable[[int], float]
) -> dict[int, Conflict]:
    """Return the less believable row of every pair, with its most similar such pair.

    >>> doubted_rows([Conflict(3, 5, 0.9)], {3: 0.8, 5: 0.1}.__getitem__)
    {5: Conflict(earlier=3, later=5, similarity=0.9)}
    """
    doubted: dict[int, Conflict] = {}
    for conflict in conflicts:
        row = min(conflict.later, conflict.earlier, key=believed)
        doubted.setdefault(row, conflict)
    return doubted


def count_conflicts(
    messages: Sequence[LabelledMessage], conflicts: Sequence[Conflict]
) -> Counter[frozenset[str]]:
    """Return how many conflicts there are between each two categories."""
    return Counter(
        frozenset((messages[c.earlier].category, messages[c.later].category)) for c in conflicts
    )


def _contradict(one: LabelledMessage, other: LabelledMessage) -> bool:
    return not {one.category, *one.also} & {other.category, *other.also}

"""What a table says beside a row of a group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """A group: its number, how many rows, their first and last date (ISO, '' unknown)."""

    number: int
    size: int
    first: str
    last: str


def describe_groups(groups: NDArray[np.int64], dates: Sequence[str]) -> dict[int, GroupSummary]:
    """Return what each group is, by number.

    Args:
        groups: each row's group number, or −1, as `group` returns them.
        dates: ISO dates, which compare as text; '' where unknown.

    >>> describe_groups(np.array([1, -1, 1]), ["2026-05-07", "2026-01-01", "2026-03-02"])
    {1: GroupSummary(number=1, size=2, first='2026-03-02', last='2026-05-07')}
    """
    sizes: dict[int, int] = {}
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    for number, date in zip(groups.tolist(), dates, strict=True):
        if number > 0:
            sizes[number] = sizes.get(number, 0) + 1
            if date:
                first[number] = min(first.get(number, date), date)
                last[number] = max(last.get(number, date), date)
    return {
        n: GroupSummary(n, size, first.get(n, ""), last.get(n, "")) for n, size in sizes.items()
    }

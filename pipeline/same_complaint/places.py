"""Places as intervals, so that "one within the other" is a comparison of numbers.

All paths of a run are sorted; what lies within a place then stands behind it in one stretch.
Two places can be one where their intervals overlap: the same, one within the other, unknown.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Bounds = NDArray[np.int64]


def are_compatible(one: str, other: str) -> bool:
    """Whether two paths can mean one place: the same, one within the other, or unknown.

    >>> are_compatible("宣恩县/珠山镇", "宣恩县"), are_compatible("宣恩县/珠山镇", "宣恩县/椒园镇")
    (True, False)
    """
    return all(a == b for a, b in zip(_parts(one), _parts(other), strict=False))


def intervals(places: Sequence[str]) -> Bounds:
    """Return the interval `start ≤ place < end` of every row's path, shape (n, 2).

    >>> intervals(["甲县/乙镇", "", "甲县", "甲县/丙镇"]).tolist()
    [[3, 4], [0, 4], [1, 4], [2, 3]]
    """
    found = _number(set(places))
    rows = (found[place] for place in places)
    flat = np.fromiter((bound for row in rows for bound in row), np.int64, 2 * len(places))
    return flat.reshape(-1, 2)


def _number(paths: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return each path's interval: its own number, and the first number not within it."""
    ordered = sorted(paths, key=_parts)
    found: dict[str, tuple[int, int]] = {}
    open_: list[tuple[str, int]] = []
    for number, path in enumerate([*ordered, None]):
        while open_ and (path is None or not are_compatible(path, open_[-1][0])):
            closed, start = open_.pop()
            found[closed] = (start, number)
        if path is not None:
            open_.append((path, number))
    return found


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]

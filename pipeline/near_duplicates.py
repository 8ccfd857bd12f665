"""Finding messages that say nearly the same in nearly the same words.

Similarity is the Jaccard index of the sets of character 5-grams. The search is exact:
two sets with an index above `t` must share one of the rarest grams of each (prefix
filtering; Source: Chaudhuri, Ganti and Kaushik, ICDE 2006), so common phrases cost nothing.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

_SIZE = 5


def shingles(text: str) -> frozenset[str]:
    """Return the set of character 5-grams (the whole text where it is shorter).

    >>> sorted(shingles("路灯坏了三天"))
    ['灯坏了三天', '路灯坏了三']
    """
    return frozenset(text[i : i + _SIZE] for i in range(max(1, len(text) - _SIZE + 1)))


def similar_pairs(texts: Sequence[str], *, threshold: float) -> Iterator[tuple[int, int, float]]:
    """Yield `(earlier, later, similarity)` for every pair above the threshold (0–1).

    >>> list(similar_pairs(["村口路灯坏了三天没人修", "村口路灯坏了三天没人修理"], threshold=0.5))
    [(0, 1, 0.875)]
    """
    sets = [shingles(text) for text in texts]
    frequency = Counter(gram for grams in sets for gram in grams)
    holders: dict[str, list[int]] = defaultdict(list)
    for later, grams in enumerate(sets):
        rarest = sorted(grams, key=lambda gram: (frequency[gram], gram))
        prefix = rarest[: len(grams) - math.ceil(threshold * len(grams)) + 1]
        for earlier in sorted({i for gram in prefix for i in holders[gram]}):
            shared = len(grams & sets[earlier])
            similarity = shared / (len(grams) + len(sets[earlier]) - shared)
            if similarity > threshold:
                yield earlier, later, similarity
        for gram in prefix:
            holders[gram].append(later)


def group_near_duplicates(
    texts: Sequence[str], given: Sequence[str] = (), *, threshold: float = 0.5
) -> list[int]:
    """Return a group number per text: near-duplicates, and texts of one given group, share it.

    Args:
        given: group names people have set; an empty name sets nothing.

    >>> group_near_duplicates(["甲甲甲甲甲甲", "甲甲甲甲甲甲", "乙乙乙乙乙乙"], ["", "g", "g"])
    [0, 0, 0]
    """
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b, _ in similar_pairs(texts, threshold=threshold):
        parent[root(b)] = root(a)
    first: dict[str, int] = {}
    for i, name in enumerate(given):
        if name:
            parent[root(i)] = root(first.setdefault(name, i))
    return [root(i) for i in range(len(texts))]

"""The search for near-duplicates is exact: it finds what comparing every pair finds."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.near_duplicates import group_near_duplicates, shingles, similar_pairs

# A small alphabet, so that random texts do resemble one another.
TEXTS = st.lists(st.text("路灯坏了", max_size=14), max_size=12)


def every_pair(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    sets = [shingles(text) for text in texts]
    return {
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if len(sets[a] & sets[b]) / len(sets[a] | sets[b]) > threshold
    }


@given(TEXTS, st.sampled_from([0.2, 0.5, 0.8]))
def test_it_finds_what_comparing_every_pair_finds(texts: list[str], threshold: float) -> None:
    assert {(a, b) for a, b, _ in similar_pairs(texts, threshold=threshold)} == every_pair(
        texts, threshold
    )


def test_likeness_is_passed_on() -> None:
    chain = [
        "甲乙丙丁戊己庚辛壬癸",
        "乙丙丁戊己庚辛壬癸子",
        "丙丁戊己庚辛壬癸子丑",
        "完全不同的一句话在这里",
    ]
    assert group_near_duplicates(chain) == [0, 0, 0, 3]

"""How much a string looks like Chinese: characters and words of the general dictionary.

Only text that already looks damaged is ever weighed, so the dictionary is read late.
"""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np

from pipeline.normalise.traditional import simplified_forms
from pipeline.segmenter import read_general_dictionary

# Log-probability of a character or word that the dictionary lacks, about one in ten million.
UNKNOWN = -16.0
LONGEST_WORD = 4

# The general dictionary has no punctuation; in running text about one character in eight is.
_PUNCTUATION = {mark: math.log(0.02) for mark in "，。、"} | {
    mark: math.log(0.003) for mark in "；：？！（）“”‘’《》【】〔〕「」『』…—～·＊"
}


@cache
def _words() -> tuple[Mapping[str, int], float]:
    words = read_general_dictionary()
    return words, math.log(sum(words.values()))


@cache
def _characters() -> Mapping[str, float]:
    words = _words()[0]
    points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
    counted = np.repeat(list(words.values()), list(map(len, words)))
    counts = np.bincount(points, weights=counted)
    total = math.log(counts.sum())
    known = {chr(point): math.log(counts[point]) - total for point in np.flatnonzero(counts)}
    return known | _PUNCTUATION


def log_probability_of_character(character: str) -> float:
    """Log-probability of a character; a Traditional one counts as its Simplified form."""
    known = _characters()
    simple = simplified_forms().get(character, character)
    return max(known.get(character, UNKNOWN), known.get(simple, UNKNOWN))


def log_probability_of_word(word: str) -> float:
    """Log-probability of a dictionary word, `-inf` for a string of characters that is none."""
    if len(word) == 1 and word in _PUNCTUATION:
        return _PUNCTUATION[word]
    words, total = _words()
    count = words.get(word, 0)
    if count:
        return math.log(count) - total
    return UNKNOWN if len(word) == 1 else -math.inf


def cut_into_words(text: str) -> list[str]:
    """Cut a short text into dictionary words, the likeliest way.

    >>> cut_into_words("人大代表")
    ['人大代表']
    """
    best = [0.0] + [-math.inf] * len(text)
    starts = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - LONGEST_WORD), end):
            probability = best[start] + log_probability_of_word(text[start:end])
            if probability > best[end]:
                best[end], starts[end] = probability, start
    words, end = list[str](), len(text)
    while end:
        words.append(text[starts[end] : end])
        end = starts[end]
    return words[::-1]


def log_probability(text: str) -> float:
    """Log-probability of the likeliest way to cut a short text into dictionary words.

    >>> log_probability("人大代表") > log_probability("人大错")
    True
    """
    return sum(map(log_probability_of_word, cut_into_words(text)))


@cache
def bigrams_of_words() -> frozenset[str]:
    """Every two characters that stand together in a word of the dictionary."""
    words = (w for w in _words()[0] if 2 <= len(w) <= LONGEST_WORD)
    return frozenset(word[i : i + 2] for word in words for i in range(len(word) - 1))


def share_in_words(text: str) -> float:
    """Share of the Chinese characters that stand in a dictionary word of two or more.

    >>> share_in_words("人大工作怼"), share_in_words("，")
    (0.8, 0.0)
    """
    han = [i for i, c in enumerate(text) if "㐀" <= c <= "鿿"]
    covered: set[int] = set()
    for start in range(len(text)):
        for length in range(LONGEST_WORD, 1, -1):
            word = text[start : start + length]
            if len(word) == length and log_probability_of_word(word) > -math.inf:
                covered.update(range(start, start + length))
                break
    return len(covered.intersection(han)) / len(han) if han else 0.0

"""The cut's tables: jieba's dictionary and HMM as flat arrays that can be memory-mapped.

Building them is an explicit step of some seconds; opening them maps files and computes
nothing. They are a snapshot: words added to the tokenizer later are not in them.
"""

import math
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError

# The layout `_cut.pyx` reads: letters of a fixed number first, then Chinese characters.
_SYMBOLS = ".%+#&_-"
_FIXED = string.digits + string.ascii_letters + _SYMBOLS
_OUTSIDE, _RETURN, _NEWLINE, _FIRST_FIXED = range(4)
_UNKNOWN_HAN = _FIRST_FIXED + len(_FIXED)
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FD5  # jieba's own bounds
_BLOCK = re.compile(rf"[{chr(_FIRST_HAN)}-{chr(_LAST_HAN)}{re.escape(_FIXED)}]+")
_NODE = np.dtype([("base", np.int32), ("parent", np.int32), ("value", np.float64)])
_STATES = "BEMS"
# Add 1 when the arrays are laid out or built otherwise: cached tables are then built again.
LAYOUT = 1


class Words(Protocol):
    """What is read of a `jieba.Tokenizer`: counts of words (0: only a prefix), their sum."""

    FREQ: Mapping[str, int]
    total: int


class Hmm(Protocol):
    """What is read of `jieba.finalseg`: log-probabilities, and words it may not form."""

    MIN_FLOAT: float
    start_P: Mapping[str, float]
    trans_P: Mapping[str, Mapping[str, float]]
    emit_P: Mapping[str, Mapping[str, float]]
    Force_Split_Words: AbstractSet[str]


@dataclass(frozen=True, eq=False)
class Tables:
    """Everything the cut reads.

    Attributes:
        nodes: the double-array trie, one (base, parent, value) a place.
        letters: the letter of each code point up to U+9FD5; later ones have letter 0.
        emission: log-probability of each letter in the states B, E, M, S.
        chain: first row to start in a state, then a row of transitions from each.
        forced: places of words that the HMM may not form, ascending.
        lone: the score of a character that is no word, of shape (1,).
    """

    nodes: NDArray[np.void]
    letters: NDArray[np.uint16]
    emission: NDArray[np.float64]
    chain: NDArray[np.float64]
    forced: NDArray[np.int32]
    lone: NDArray[np.float64]

    def save(self, folder: Path) -> None:
        """Write one uncompressed `.npy` an array into a folder, making it if needed."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "Tables":
        """Map the arrays of a folder; processes that do so share the memory.

        Raises:
            ModelError: a file is missing, damaged, or points outside the tables.
        """
        try:
            tables = cls(
                **{
                    field.name: np.load(
                        folder / f"{field.name}.npy", mmap_mode="r", allow_pickle=False
                    )
                    for field in fields(cls)
                }
            )
        except (OSError, ValueError, EOFError):
            raise _unusable(folder) from None
        if not tables.is_sound():
            raise _unusable(folder)
        return tables

    def is_sound(self) -> bool:
        """Whether the arrays have the layout the cut reads and no index leads outside.

        The compiled cut checks no bounds: this is what makes foreign files safe to use.
        """
        found = [(a.dtype, a.ndim) for a in (getattr(self, f.name) for f in fields(self))]
        wanted = [(_NODE, 1), ("u2", 1), ("f8", 2), ("f8", 2), ("i4", 1), ("f8", 1)]
        shapes = self.letters.shape, self.chain.shape, self.lone.shape
        if found != wanted or shapes != ((_LAST_HAN + 1,), (5, 4), (1,)):
            return False
        if self.emission.shape[1] != 4 or not len(self.nodes):
            return False
        base, last_letter = self.nodes["base"], int(self.letters.max())
        return (
            last_letter < len(self.emission)
            and int(base.min()) >= 0
            and int(base.max()) + last_letter < len(self.nodes)
        )


def _unusable(folder: Path) -> ModelError:
    return ModelError(
        f"{folder} 里的分词表缺失、损坏或出自另一版本。请重新编译模型。",
        f"The cutting tables in {folder} are missing, damaged or of another version; rebuild them.",
    )


def build_tables(words: Words, hmm: Hmm) -> Tables:
    """Flatten a tokenizer and the HMM it is used with.

    Args:
        words: an initialised `jieba.Tokenizer`, all words added.
        hmm: the module `jieba.finalseg`.

    Raises:
        ValueError: a word's prefix is not in `words.FREQ`; jieba itself always adds it.
    """
    forced = {word for word in hmm.Force_Split_Words if _can_match(word)}
    counts = {word: n for word, n in words.FREQ.items() if _can_match(word)}
    prefixes = {word[:end] for word in forced for end in range(1, len(word) + 1)}
    counts = dict.fromkeys(prefixes, 0) | counts
    number = _number_letters(counts, hmm.emit_P)
    nodes, place = _build_trie(counts, number, math.log(words.total))
    return Tables(
        nodes=nodes,
        letters=_letter_table(number),
        emission=_emission_table(number, hmm),
        chain=_chain_table(hmm),
        forced=np.array(sorted(place[word] for word in forced), np.int32),
        lone=np.array([math.log(1) - math.log(words.total)]),
    )


def _is_han(character: str) -> bool:
    return _FIRST_HAN <= ord(character) <= _LAST_HAN


def _can_match(word: str) -> bool:
    """Whether jieba ever looks a string up: only blocks of these characters reach it.

    >>> _can_match("T恤"), _can_match("卡拉·奇"), _can_match("")
    (True, False, False)
    """
    return _BLOCK.fullmatch(word) is not None


def _number_letters(
    words: Iterable[str], emission: Mapping[str, Mapping[str, float]]
) -> dict[str, int]:
    """Number all letters: fixed ones, then Chinese by how often words are spelled with them.

    Frequent letters side by side keep the trie's first level in few cache lines.
    """
    spelled = dict.fromkeys((c for state in emission.values() for c in state if _is_han(c)), 0)
    for word in words:
        spelled[word[-1]] = spelled.get(word[-1], 0) + 1  # all prefixes are among the words
    han = sorted((c for c in spelled if _is_han(c)), key=lambda c: (-spelled[c], c))
    fixed = {c: _FIRST_FIXED + i for i, c in enumerate(_FIXED)}
    return fixed | {c: _UNKNOWN_HAN + 1 + i for i, c in enumerate(han)}


def _letter_table(number: Mapping[str, int]) -> NDArray[np.uint16]:
    table = np.full(_LAST_HAN + 1, _OUTSIDE, np.uint16)
    table[_FIRST_HAN:] = _UNKNOWN_HAN
    table[ord("\r")], table[ord("\n")] = _RETURN, _NEWLINE
    table[[ord(c) for c in number]] = list(number.values())
    return table


def _emission_table(number: Mapping[str, int], hmm: Hmm) -> NDArray[np.float64]:
    table = np.full((_UNKNOWN_HAN + 1 + len(number), len(_STATES)), hmm.MIN_FLOAT)
    for column, state in enumerate(_STATES):
        known = {c: p for c, p in hmm.emit_P[state].items() if _is_han(c)}
        table[[number[c] for c in known], column] = list(known.values())
    return table


def _chain_table(hmm: Hmm) -> NDArray[np.float64]:
    start = [hmm.start_P[state] for state in _STATES]
    steps = [[hmm.trans_P[a].get(b, hmm.MIN_FLOAT) for b in _STATES] for a in _STATES]
    return np.array([start, *steps])


def _build_trie(
    counts: Mapping[str, int], number: Mapping[str, int], log_total: float
) -> tuple[NDArray[np.void], dict[str, int]]:
    """Return the double array and the place of each word or prefix in it."""
    names = sorted(counts, key=lambda w: (len(w), w))
    row = {"": 0} | {name: i for i, name in enumerate(names, 1)}
    if orphan := next((name for name in names if name[:-1] not in row), None):
        raise ValueError(f"{orphan!r} is in the dictionary, but not its prefix {orphan[:-1]!r}")
    parent = np.array([-1, *(row[name[:-1]] for name in names)], np.int64)
    label = np.array([0, *(number[name[-1]] for name in names)], np.int64)
    base, place = _place_families(parent, label)
    nodes = np.zeros(int(base.max()) + max(number.values()) + 1, _NODE)
    nodes["parent"], nodes["value"] = -1, -math.inf
    nodes["base"][place] = base
    nodes["parent"][place[1:]] = place[parent[1:]]
    nodes["value"][place[1:]] = _scores([counts[name] for name in names], log_total)
    return nodes, dict(zip(names, place[1:].tolist(), strict=True))


def _scores(counts: Sequence[int], log_total: float) -> list[float]:
    """Log-frequencies, rounded as jieba's own; minus infinity for what is only a prefix."""
    score = {n: math.log(n) - log_total if n else -math.inf for n in set(counts)}
    return [score[n] for n in counts]


def _place_families(
    parent: NDArray[np.int64], label: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose a base for every row of a trie and the place that follows for it.

    The root's children lie at their own labels. Then come large families, while there is
    room; the many single children fill the gaps.
    """
    from pipeline.kernel import _cut  # only this step and the cut need the compiled part

    children = np.bincount(parent[1:], minlength=len(parent))
    children[0] = 0
    families = np.argsort(-children, kind="stable")[: np.count_nonzero(children)]
    rank = np.full(len(parent), -1)
    rank[families] = np.arange(len(families))
    inner = 1 + np.flatnonzero(parent[1:])
    order = inner[np.lexsort((label[inner], rank[parent[inner]]))]
    first = np.concatenate([[0], np.cumsum(children[families])]).astype(np.int32)
    low, size, found = int(label.max()) + 1, len(parent), None
    while found is None:
        size = 2 * size + low
        found = _cut.place(first, label[order].astype(np.int32), low, size)
    base = np.zeros(len(parent), np.int64)
    base[families] = found
    return base, np.where(parent < 0, 0, base[parent] + label)

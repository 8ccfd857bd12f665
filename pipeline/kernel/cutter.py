"""Cutting with the compiled kernel: the same words as jieba's, in a small part of its time."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel.tables import Tables


def available() -> bool:
    """Whether the compiled module is there; without it, jieba itself does the cutting.

    `WUWEI_KERNEL=off` in the environment says no: the reference paths are then taken.
    """
    if os.environ.get("WUWEI_KERNEL") == "off":
        return False
    try:
        import pipeline.kernel._cut
        import pipeline.kernel._score  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Where the words of many texts end.

    Attributes:
        ends: code points from the beginning of the word's own text, all texts in a row.
        rows: text `i` owns `ends[rows[i]:rows[i + 1]]`; one longer than the texts are many.
    """

    ends: NDArray[np.int32]
    rows: NDArray[np.int64]

    @classmethod
    def of_words(cls, documents: Iterable[tuple[str, ...]]) -> "Boundaries":
        """Return the boundaries of texts that were cut already."""
        from pipeline.kernel._score import token_ends

        return cls(*token_ends(list(documents)))

    @classmethod
    def joined(cls, parts: Sequence["Boundaries"]) -> "Boundaries":
        """Return the boundaries of several batches as those of one."""
        if len(parts) == 1:
            return parts[0]
        shifts = np.cumsum([0, *(len(part.ends) for part in parts)])
        rows = [part.rows[1:] + shift for part, shift in zip(parts, shifts, strict=False)]
        ends = np.concatenate([np.empty(0, np.int32), *(part.ends for part in parts)])
        return cls(ends, np.concatenate([np.zeros(1, np.int64), *rows]))


class Cutter:
    """`jieba.Tokenizer.lcut(text, HMM=True)` for a tokenizer flattened into tables.

    Safe to share between threads: it holds no state but the tables.

    Raises:
        RuntimeError: the compiled module is not there; ask `available` first.
        ValueError: the tables are not sound.
    """

    def __init__(self, tables: Tables) -> None:
        if not available():
            raise RuntimeError("the kernel was not compiled; ask pipeline.kernel.available() first")
        if not tables.is_sound():
            raise ValueError("the cutting tables are not sound; build them with build_tables")
        from pipeline.kernel._cut import Kernel

        self._tables = tables
        self._kernel = Kernel(
            np.ascontiguousarray(tables.nodes).view(np.uint8),
            tables.letters,
            tables.emission,
            tables.chain,
            tables.forced,
            float(tables.lone[0]),
        )

    def cut(self, text: str) -> list[str]:
        """Cut a text into words; joined they are the text again."""
        return self._kernel.cut(text)

    def boundaries(self, texts: Iterable[str]) -> Boundaries:
        """Cut many texts without making a string of any word; the GIL is free meanwhile."""
        return Boundaries(*self._kernel.boundaries(tuple(texts)))

    def __reduce__(self) -> tuple[type["Cutter"], tuple[Tables]]:
        return Cutter, (self._tables,)

"""A random sample of a file of any size, in one pass and in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.errors import InputError
from pipeline.tables import Table, choose_columns, open_tables

T = TypeVar("T")

# Of 5,000 messages a share is known to 1.4 percentage points or less; more would only let the
# test find differences that nobody would act on.
SAMPLE = 5_000
FEWEST = 50
_LOOK_AT = 200


@dataclass(frozen=True)
class Sample:
    """Texts drawn from a file, and how many rows it has; `skipped` had no readable text."""

    source: str
    texts: tuple[str, ...]
    rows: int
    skipped: int


def read_sample(
    path: Path, *, text_columns: Sequence[str] = (), size: int = SAMPLE, seed: int = 0
) -> Sample:
    """Draw a sample from all tables of a file.

    Raises:
        InputError: there is no column of texts, or there are too few to say anything.
    """
    counts = {"rows": 0, "skipped": 0}

    def texts() -> Iterator[str]:
        for table in open_tables(path, text_columns=text_columns):
            for text in _texts(table, text_columns):
                counts["rows"] += 1
                counts["skipped"] += not text
                if text:
                    yield text

    drawn = reservoir(texts(), size, seed=seed)
    if len(drawn) < FEWEST:
        raise InputError(
            f"{path.name} 只有 {len(drawn)} 条可读的留言，至少要 {FEWEST} 条才看得出变化。"
            "请换一段更长的时间。",
            f"{path.name} has {len(drawn)} readable messages; at least {FEWEST} are needed.",
        )
    return Sample(path.name, tuple(drawn), counts["rows"], counts["skipped"])


def reservoir(items: Iterable[T], size: int, *, seed: int = 0) -> list[T]:
    """Return `size` of the items, each as likely as any other; all where there are fewer.

    Source: Vitter, Random sampling with a reservoir, 1985, algorithm R.

    >>> reservoir("甲乙丙", 5)
    ['甲', '乙', '丙']
    """
    random = np.random.default_rng(seed)
    kept: list[T] = []
    for number, item in enumerate(items):
        if number < size:
            kept.append(item)
        elif (place := int(random.integers(number + 1))) < size:
            kept[place] = item
    return kept


def _texts(table: Table, text_columns: Sequence[str]) -> Iterator[str]:
    sample = [row.values for row in islice(table.rows(), _LOOK_AT)]
    chosen = choose_columns(
        table.columns, source=table.source, text_columns=text_columns, sample=sample
    )
    return ("" if r.problem else chosen.message(r.values).strip() for r in table.rows())

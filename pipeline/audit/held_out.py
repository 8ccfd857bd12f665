"""What models that had not seen a row say of its category."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.audit.confident import FloatArray, IndexArray, fold_accepted
from pipeline.balance import FEWEST, Progress
from pipeline.classifier import HierarchicalClassifier
from pipeline.corpus import LabelledMessage
from pipeline.features import Featuriser
from pipeline.records import Document
from pipeline.taxonomy import Taxonomy

# Of a category with fewer distinct messages one fold may well hold all.
_FEWEST_DISTINCT = 3
# Documents that are no messages, and the topic each defines.
Definitions = tuple[Sequence[Document], Sequence[str]]


@dataclass(frozen=True)
class Judged:
    """The rows that were judged, ascending, with their labels and held-out probabilities.

    Attributes:
        given: the index of each row's label in `categories`, shape (rows,).
        chances: probabilities of shape (rows, categories); what counts as right for a row
            is added up under its label.
    """

    rows: list[int]
    categories: list[str]
    given: IndexArray
    chances: FloatArray

    def chance(self, row: int, category: str) -> float:
        """Return the probability of a category at a row; 0 where it was not judged."""
        place = bisect_left(self.rows, row)
        if self.rows[place : place + 1] != [row] or category not in self.categories:
            return 0.0
        return float(self.chances[place, self.categories.index(category)])

    def agreement(self) -> float | None:
        """Return the share of rows where the models say what people said, None without rows."""
        if not self.rows:
            return None
        return float(np.mean(self.chances.argmax(axis=1) == self.given))


def too_rare(messages: Sequence[LabelledMessage], groups: Sequence[int]) -> dict[str, int]:
    """Count the rows of categories with too few messages to learn from and to hold out."""
    distinct: dict[str, set[int]] = defaultdict(set)
    for message, group in zip(messages, groups, strict=True):
        distinct[message.category].add(group)
    counts = Counter(m.category for m in messages)
    return {c: n for c, n in counts.items() if n < FEWEST or len(distinct[c]) < _FEWEST_DISTINCT}


def judge(
    documents: Sequence[Document],
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    groups: Sequence[int],
    *,
    rows: list[int],
    definitions: Definitions,
    seeds: Sequence[int],
    progress: Progress,
) -> Judged:
    """Cross-validate once a seed and average; rows of one group never straddle a fold.

    Nothing is judged where the rows have fewer than two categories.
    """
    kept = [messages[i] for i in rows]
    categories = sorted({m.category for m in kept})
    if len(categories) < 2:
        return Judged([], [], np.empty(0, dtype=np.intp), np.empty((0, 0)))
    progress("提取特征")
    featuriser = Featuriser().fit([*documents, *definitions[0]])
    features = featuriser.transform([documents[i] for i in rows])
    hints = (featuriser.transform(definitions[0]), definitions[1]) if definitions[0] else None
    runs = []
    for turn, seed in enumerate(seeds, 1):
        progress(f"交叉验证 {turn}/{len(seeds)}")
        runs.append(_held_out(features, kept, taxonomy, [groups[i] for i in rows], hints, seed))
    index = {c: i for i, c in enumerate(categories)}
    given = np.array([index[m.category] for m in kept])
    also = [[index[c] for c in m.also if c in index] for m in kept]
    return Judged(rows, categories, given, fold_accepted(np.mean(runs, axis=0), given, also))


def _held_out(
    features: Any,
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    groups: Sequence[int],
    hints: tuple[Any, Sequence[str]] | None,
    seed: int,
) -> FloatArray:
    """Topics are learnt along: they know better where a category ends than it does itself."""
    parent = {code: topic.category for code, topic in taxonomy.topics.items()}
    labels = np.array([m.topic if m.topic in parent else m.category for m in messages])
    classifier = HierarchicalClassifier(parent=parent, random_state=seed)
    also = [m.also for m in messages]
    return classifier.fit(features, labels, groups, hints=hints, also=also).oof_proba_

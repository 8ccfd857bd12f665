"""How right a model is on labelled messages it has not seen.

Figures follow the contract: an item is right where the prediction is the gold category or
one of `also`; for per-category figures such a prediction counts as the gold one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from pipeline.corpus import LabelledMessage
from pipeline.records import Rejection, TaggedItem
from pipeline.triage import Triage

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# What the labelling guide calls the desk of messages that ask for nothing.
_NO_DESK = "other"


@dataclass(frozen=True)
class Judged:
    """One labelled message beside what the model said of it."""

    message: LabelledMessage
    item: TaggedItem

    @property
    def counted_as(self) -> str:
        """The predicted category, or the gold one where the prediction is accepted as right."""
        predicted = self.item.prediction.category
        return self.message.category if predicted in self.message.also else predicted

    @property
    def right(self) -> bool:
        return self.counted_as == self.message.category

    @property
    def categories(self) -> set[str]:
        """The one or two categories the model names."""
        second = self.item.prediction.second_category
        return {self.item.prediction.category, *([second] if second else [])}

    @property
    def accepted(self) -> set[str]:
        """Every category a person would not call wrong."""
        second = self.message.second_category
        return {self.message.category, *self.message.also, *([second] if second else [])}

    @property
    def desks(self) -> list[str]:
        return [d.code for d in self.item.routing.departments] or [_NO_DESK]

    def desk_within(self, top: int) -> bool:
        """Whether one of the first `top` departments is an accepted one."""
        accepted = {self.message.department, *self.message.department_also}
        return bool(accepted & set(self.desks[:top]))


def judge(triage: Triage, messages: Sequence[LabelledMessage]) -> list[Judged]:
    """Tag every message and set it beside its labels. Unreadable texts are left out."""
    results = triage.pipe((m.id, m.text) for m in messages)
    return [
        Judged(message, result)
        for message, result in zip(messages, results, strict=True)
        if not isinstance(result, Rejection)
    ]


def evaluate(triage: Triage, messages: Sequence[LabelledMessage]) -> dict[str, Any]:
    """Return the contract's figures as plain data (`wuwei evaluate --json`)."""
    return figures_of(judge(triage, messages), triage)


def figures_of(judged: Sequence[Judged], triage: Triage) -> dict[str, Any]:
    """Return the contract's figures for messages that have been judged."""
    taxonomy = triage.model.taxonomy
    return {
        "n": len(judged),
        **category_figures(
            [j.message.category for j in judged],
            [j.counted_as for j in judged],
            list(taxonomy.categories),
            fallback=taxonomy.fallback,
        ),
        **_confidence_figures(judged),
        **_second_figures(judged),
        **_department_figures(judged),
        "model": triage.model.version,
    }


def category_figures(
    gold: Sequence[str], counted: Sequence[str], categories: list[str], *, fallback: str | None
) -> dict[str, Any]:
    """Return accuracy, macro-F1, per-category figures and the confusion matrix.

    Macro-F1 is the mean over the categories proper: the fallback, which is not one, has
    `other_recall` instead.
    """
    precision, recall, f1, support = precision_recall_fscore_support(
        gold, counted, labels=categories, zero_division=0.0
    )
    per_category = {
        code: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "support": int(support[i]),
        }
        for i, code in enumerate(categories)
    }
    proper = [code for code in categories if code != fallback and per_category[code]["support"]]
    return {
        "accuracy": float(np.mean([g == c for g, c in zip(gold, counted, strict=True)])),
        "macro_f1": float(np.mean([per_category[code]["f1"] for code in proper])),
        "per_category": per_category,
        "other_recall": per_category[fallback]["recall"] if fallback else None,
        "confusion": confusion(gold, counted, categories),
    }


def confusion(
    gold: Sequence[str], counted: Sequence[str], categories: list[str]
) -> dict[str, dict[str, int]]:
    """Return gold category → counted category → number of messages."""
    table = pd.crosstab(pd.Series(gold, dtype=object), pd.Series(counted, dtype=object))
    full = table.reindex(index=categories, columns=categories, fill_value=0).to_numpy()
    return {
        g: dict(zip(categories, map(int, row), strict=True))
        for g, row in zip(categories, full, strict=True)
    }


def expected_calibration_error(
    confidence: FloatArray, right: BoolArray, *, bins: int = 10, weights: FloatArray | None = None
) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins (0–1).

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, eq. 3.

    >>> expected_calibration_error(np.array([0.9, 0.9]), np.array([True, False]))
    0.4
    """
    weights = np.ones(len(right)) if weights is None else weights
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float((weights * (confidence - right))[which == b].sum())) for b in np.unique(which)
    ]
    return round(sum(gaps) / float(weights.sum()), 10)


def coverage_at_error(
    confidence: FloatArray, right: BoolArray, *, error: float, weights: FloatArray | None = None
) -> tuple[float, float]:
    """Return the largest share that can pass with at most this error, and its threshold.

    Messages pass in order of confidence; the threshold is the confidence of the last one
    that may pass (above 1 where none may).

    >>> coverage_at_error(np.array([0.9, 0.8, 0.7]), np.array([True, True, False]), error=0.05)
    (0.6666666666666666, 0.8)
    """
    weights = np.ones(len(right)) if weights is None else weights
    order = np.argsort(-confidence, kind="stable")
    passed = np.cumsum(weights[order])
    wrong = np.cumsum((weights * ~right)[order])
    allowed = np.flatnonzero(wrong <= error * passed)
    if not len(allowed):
        return 0.0, 1.01
    last = int(allowed[-1])
    return float(passed[last] / passed[-1]), float(confidence[order[last]])


def _confidence_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    confidence = np.array([j.item.prediction.confidence for j in judged])
    right = np.array([j.right for j in judged])
    return {
        "ece": expected_calibration_error(confidence, right),
        "coverage_at_5pct_error": coverage_at_error(confidence, right, error=0.05)[0],
        "review_share": float(np.mean([j.item.needs_review for j in judged])),
    }


def _second_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """How often a second category that people named is among the two given, and back."""
    two = [j for j in judged if j.message.second_category]
    named = [(j, second) for j in judged if (second := j.item.prediction.second_category)]
    return {
        "second_recall": _share(
            [{j.message.category, j.message.second_category} <= j.categories for j in two]
        ),
        "second_precision": _share([second in j.accepted for j, second in named]),
        "second_share": len(named) / max(len(judged), 1),
    }


def _department_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    labelled = [j for j in judged if j.message.department]
    return {
        "department_top1": _share([j.desk_within(1) for j in labelled]),
        "department_top3": _share([j.desk_within(3) for j in labelled]),
        "department_strict": _share([j.desks[0] == j.message.department for j in labelled]),
    }


def _share(hits: Sequence[bool]) -> float | None:
    return float(np.mean(hits)) if hits else None

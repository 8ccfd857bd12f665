"""Two models on the same messages: what differs, and whether chance could have made it.

Everything is paired: both models read the same messages, and every figure is resampled with
the same draws for both, so that what is hard for both cancels out. Near-duplicates are drawn
together (`pipeline.resampling`). Beside it stands McNemar's exact test on who is right where.
Source: McNemar, Note on the sampling error of the difference between correlated proportions,
Psychometrika 12, 1947; exact form: the binomial test on the messages that only one gets right.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from pipeline.evaluation import Judged
from pipeline.masking import mask
from pipeline.near_duplicates import group_near_duplicates
from pipeline.resampling import Resampler, interval
from pipeline.taxonomy import Taxonomy

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """One figure of both models, 0–1, and the 95 % interval of `after − before`.

    Attributes:
        n: on how many messages it rests (those of the category, of the department).
    """

    code: str
    name: str
    n: int
    before: float
    after: float
    low: float
    high: float

    @property
    def is_worse(self) -> bool:
        """Whether the second model is worse beyond what chance explains."""
        return self.high < 0

    @property
    def is_better(self) -> bool:
        """Whether the second model is better beyond what chance explains."""
        return self.low > 0


@dataclass(frozen=True)
class Changed:
    """A message that the two put into different categories. The text is masked."""

    id: str
    text: str
    gold: str
    before: str
    before_confidence: float
    after: str
    after_confidence: float
    outcome: str


# What a change of category brought, the most telling first.
OUTCOMES = ("改错", "改对", "都错", "都对")


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        before: the first model's version; `after` the second's.
        n: on how many messages.
        overall: accuracy, macro-F1 over the categories proper, and first department.
        categories: F1 of each category the messages have.
        departments: share whose first department is an accepted one, for each labelled.
        only_before: messages only the first gets right; `only_after` only the second.
        p_value: of McNemar's exact test that these two differ by chance.
        changed: the messages whose category changes, those made wrong first.
    """

    before: str
    after: str
    n: int
    overall: tuple[Figure, ...]
    categories: tuple[Figure, ...]
    departments: tuple[Figure, ...]
    only_before: int
    only_after: int
    p_value: float
    changed: tuple[Changed, ...] = field(repr=False)


def compare(
    before: Sequence[Judged], after: Sequence[Judged], taxonomy: Taxonomy, *, seed: int = 0
) -> Comparison:
    """Set two models' judgements of the same messages side by side.

    Args:
        before: the first model's (`pipeline.evaluation.judge`), `after` the second's.
        taxonomy: gives the categories' names, and which of them is none.

    Raises:
        ValueError: they are not of the same messages, or there are none.
    """
    if not before or [j.message for j in before] != [j.message for j in after]:
        raise ValueError("both models must have judged the same messages, at least one")
    messages = [j.message for j in before]
    groups = group_near_duplicates([m.text for m in messages], [m.group for m in messages])
    draws = Resampler(groups, seed=seed)
    right = np.array([[j.right for j in side] for side in (before, after)])
    only_before = int((right[0] & ~right[1]).sum())
    only_after = int((right[1] & ~right[0]).sum())
    return Comparison(
        before=before[0].item.model,
        after=after[0].item.model,
        n=len(messages),
        overall=tuple(_overall(before, after, taxonomy, draws)),
        categories=tuple(_categories(before, after, taxonomy, draws)),
        departments=tuple(_departments(before, after, draws)),
        only_before=only_before,
        only_after=only_after,
        p_value=mcnemar(only_before, only_after),
        changed=tuple(_changed(before, after, taxonomy)),
    )


def mcnemar(only_before: int, only_after: int) -> float:
    """Return the two-sided exact p-value that both are as often right where they differ.

    >>> mcnemar(0, 5), mcnemar(3, 3), mcnemar(0, 0)
    (0.0625, 1.0, 1.0)
    """
    differing = only_before + only_after
    return float(binomtest(only_before, differing).pvalue) if differing else 1.0


def newest_month(dates: Sequence[str | None]) -> tuple[str, list[int]] | None:
    """Return the newest month (`YYYY-MM`) and the rows of it; None without an older one.

    >>> newest_month(["2026-09-30", None, "2026-10-02", "2026-10-30"])
    ('2026-10', [2, 3])
    >>> newest_month(["2026-10-02", "2026-10-30"]) is None
    True
    """
    months = [day[:7] if day else "" for day in dates]
    newest = max(months, default="")
    rows = [i for i, month in enumerate(months) if month == newest]
    return (newest, rows) if newest and len(rows) < len(months) else None


def f1_of(totals: FloatArray) -> FloatArray:
    """Return F1 from hits, gold and predicted counts in the last axis (0 where neither is).

    >>> f1_of(np.array([[8.0, 10.0, 10.0], [0.0, 0.0, 0.0]])).tolist()
    [0.8, 0.0]
    """
    return np.asarray(2 * totals[..., 0] / np.maximum(totals[..., 1] + totals[..., 2], 1))


def _overall(
    before: Sequence[Judged], after: Sequence[Judged], taxonomy: Taxonomy, draws: Resampler
) -> list[Figure]:
    everything = np.ones(len(before), dtype=bool)
    right = [np.array([j.right for j in side], dtype=float) for side in (before, after)]
    found = [_mean_figure("accuracy", "准确率", everything, right, draws)]
    gold = {j.message.category for j in before}
    proper = [c for c in taxonomy.categories if c in gold and c != taxonomy.fallback]
    if proper:
        tables = [np.hstack([_counts(side, c) for c in proper]) for side in (before, after)]
        found.append(_f1_figure("macro_f1", "宏平均 F1", len(before), tables, draws))
    labelled = np.array([j.message.department is not None for j in before])
    if labelled.any():
        found.append(
            _mean_figure(
                "department_top1", "部门首选正确", labelled, _desk_hits(before, after), draws
            )
        )
    return found


def _categories(
    before: Sequence[Judged], after: Sequence[Judged], taxonomy: Taxonomy, draws: Resampler
) -> list[Figure]:
    gold = [j.message.category for j in before]
    return [
        _f1_figure(
            code, name, gold.count(code), [_counts(side, code) for side in (before, after)], draws
        )
        for code, name in taxonomy.categories.items()
        if code in gold
    ]


def _departments(
    before: Sequence[Judged], after: Sequence[Judged], draws: Resampler
) -> list[Figure]:
    desks = [j.message.department for j in before]
    hits = _desk_hits(before, after)
    return [
        _mean_figure(code, code, np.array([desk == code for desk in desks]), hits, draws)
        for code in sorted({desk for desk in desks if desk})
    ]


def _desk_hits(before: Sequence[Judged], after: Sequence[Judged]) -> list[FloatArray]:
    return [np.array([j.desk_within(1) for j in side], dtype=float) for side in (before, after)]


def _counts(judged: Sequence[Judged], category: str) -> FloatArray:
    """Return for each message whether it is a hit, gold, predicted; shape (messages, 3)."""
    gold = np.array([j.message.category == category for j in judged])
    said = np.array([j.counted_as == category for j in judged])
    return np.column_stack([gold & said, gold, said]).astype(np.float64)


def _f1_figure(
    code: str, name: str, n: int, tables: Sequence[FloatArray], draws: Resampler
) -> Figure:
    """Make a figure of the mean F1 over categories, three columns of each table apiece."""
    once = [float(_mean_f1(table.sum(axis=0)[None])[0]) for table in tables]
    many = [_mean_f1(draws.totals(table)) for table in tables]
    return Figure(code, name, n, once[0], once[1], *interval(many[1] - many[0]))


def _mean_f1(totals: FloatArray) -> FloatArray:
    return np.asarray(f1_of(totals.reshape(len(totals), -1, 3)).mean(axis=1))


def _mean_figure(
    code: str, name: str, rows: NDArray[np.bool_], hits: Sequence[FloatArray], draws: Resampler
) -> Figure:
    """Make a figure of the share of hits among some of the rows."""
    totals = draws.totals(np.column_stack([rows * hits[0], rows * hits[1], rows]))
    difference = (totals[:, 1] - totals[:, 0]) / np.maximum(totals[:, 2], 1)
    n, low_high = int(rows.sum()), interval(difference)
    return Figure(
        code, name, n, float(hits[0][rows].mean()), float(hits[1][rows].mean()), *low_high
    )


def _changed(
    before: Sequence[Judged], after: Sequence[Judged], taxonomy: Taxonomy
) -> list[Changed]:
    rows = [
        Changed(
            id=a.message.id,
            text=mask(a.item.document.text),
            gold=taxonomy.categories.get(a.message.category, a.message.category),
            before=_category_name(a),
            before_confidence=a.item.prediction.confidence,
            after=_category_name(b),
            after_confidence=b.item.prediction.confidence,
            outcome=_outcome(a.right, b.right),
        )
        for a, b in zip(before, after, strict=True)
        if a.item.prediction.category != b.item.prediction.category
    ]
    return sorted(rows, key=lambda row: OUTCOMES.index(row.outcome))


def _category_name(judged: Judged) -> str:
    return judged.item.category_names[judged.item.prediction.category]


def _outcome(was_right: bool, is_right: bool) -> str:
    if was_right == is_right:
        return "都对" if is_right else "都错"
    return "改对" if is_right else "改错"

"""Whether a model may take over: not worse on any category, and no golden message broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.comparison import Comparison, Figure, f1_of
from pipeline.corpus import LabelledMessage
from pipeline.evaluation import Judged, judge
from pipeline.resampling import RESAMPLES, interval
from pipeline.triage import Triage

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What speaks against promoting a model, in Chinese sentences; nothing where both are empty.

    Attributes:
        worse: where it is worse beyond the interval than what serves.
        broken: the golden messages it breaks.
        figures: what goes into the history.
    """

    worse: tuple[str, ...]
    broken: tuple[str, ...]
    figures: Mapping[str, Any]

    @property
    def objections(self) -> tuple[str, ...]:
        return (*self.worse, *self.broken)


def judge_promotion(
    figures: Sequence[Figure], broken: Sequence[str], *, measured_on: str
) -> Verdict:
    """Weigh up figures (`figures_to_weigh`, `compare_held_out`) and broken golden messages.

    Args:
        measured_on: what the figures were measured on, for the history.
    """
    worse = tuple(
        f"{figure.name} {figure.before:.3f} → {figure.after:.3f}，"
        f"差的 95% 区间 {figure.low:+.3f} 到 {figure.high:+.3f}（{figure.n} 条）"
        for figure in figures
        if figure.is_worse
    )
    recorded = {
        figure.code: [round(figure.before, 4), round(figure.after, 4)] for figure in figures
    }
    return Verdict(worse, tuple(broken), {"measured_on": measured_on, **recorded})


def figures_to_weigh(comparison: Comparison) -> tuple[Figure, ...]:
    """Return what must not get worse: the overall figures and every category.

    Departments are shown and not weighed: there are three dozen, most with a handful of
    messages, so that some would be worse by chance every time.
    """
    return (*comparison.overall, *comparison.categories)


def broken_golden(triage: Triage, golden: Sequence[LabelledMessage]) -> list[str]:
    """Return a sentence for every golden message that the model breaks.

    Category and first department must be right (or among those also accepted), and an
    emergency must be one. A model with categories of its own needs golden messages of its
    own (`corpora/golden.jsonl` under the home).
    """
    if not {m.category for m in golden} <= set(triage.model.taxonomy.categories):
        return ["必过留言里有这个模型没有的类别；请为它另写 corpora/golden.jsonl"]
    judged = judge(triage, golden)
    read = {j.message.id for j in judged}
    unread = [f"必过留言 {m.id}：读不出" for m in golden if m.id not in read]
    found = [f"必过留言 {j.message.id}：{fault}" for j in judged for fault in _faults(j)]
    return [*unread, *found]


def compare_held_out(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    names: Mapping[str, str],
    *,
    seed: int = 0,
) -> list[Figure]:
    """Compare the held-out figures of two models' cards.

    Each was cross-validated on its own corpus, so nothing is paired: both confusion
    matrices are drawn anew on their own. A corpus that gained hard messages looks worse
    here than it is; labelled messages that neither was trained on settle it.

    Raises:
        ValueError: they have not the same categories.
    """
    tables = [_matrix(card["held_out"]["confusion"], names) for card in (before, after)]
    rng = np.random.default_rng(seed)
    once = [_category_f1(table[None])[0] for table in tables]
    many = [_category_f1(_redraw(table, rng)) for table in tables]
    return [
        Figure(
            code, name, int(tables[1][i].sum()), float(once[0][i]), float(once[1][i]),
            *interval(many[1][:, i] - many[0][:, i]),
        )
        for i, (code, name) in enumerate(names.items())
    ]  # fmt: skip


def _faults(judged: Judged) -> list[str]:
    message, item = judged.message, judged.item
    faults = []
    if not judged.right:
        said = item.category_names[item.prediction.category]
        wanted = item.category_names.get(message.category, message.category)
        faults.append(f"类别应为{wanted}，得到{said}")
    if message.department and not judged.desk_within(1):
        faults.append(f"部门应为 {message.department}，得到 {judged.desks[0]}")
    if message.urgency == "emergency" and item.routing.urgency != "emergency":
        faults.append("应为紧急，没有看出")
    return faults


def _matrix(confusion: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> FloatArray:
    if set(confusion) != set(names):
        raise ValueError(f"the categories differ: {sorted(confusion)}, {sorted(names)}")
    return np.array([[confusion[gold][said] for said in names] for gold in names], dtype=float)


def _redraw(table: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw as many messages again, with the table's shares; shape (resamples, k, k)."""
    n = int(table.sum())
    drawn = rng.multinomial(n, table.ravel() / n, size=RESAMPLES)
    return drawn.reshape(RESAMPLES, *table.shape).astype(np.float64)


def _category_f1(tables: FloatArray) -> FloatArray:
    """Return the F1 of each category from tables of shape (draws, gold, predicted)."""
    hits = np.diagonal(tables, axis1=1, axis2=2)
    return f1_of(np.stack([hits, tables.sum(axis=2), tables.sum(axis=1)], axis=-1))

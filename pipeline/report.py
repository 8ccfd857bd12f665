"""The evaluation as one page that opens anywhere: no script, no font, no network.

Personal data in the texts shown is masked; the charts are drawn by the template.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.evaluation import Judged, figures_of
from pipeline.files import finished_file
from pipeline.masking import find_sensitive
from pipeline.near_duplicates import group_near_duplicates
from pipeline.resampling import Resampler
from pipeline.review import REASONS
from pipeline.templating import render
from pipeline.triage import Triage

WORST = 40
_LONGEST_EXCERPT = 400
_LENGTHS = ((0, 40), (40, 200), (200, 450), (450, None))
_CURVE_POINTS = 200


@dataclass(frozen=True)
class Bin:
    """Messages of about the same confidence: what was said, what was true (0–1)."""

    low: float
    count: int
    confidence: float
    accuracy: float


def write_report(path: Path, judged: Sequence[Judged], triage: Triage) -> None:
    """Write the page for judged messages (`pipeline.evaluation.judge`).

    Raises:
        OutputError: there is no such folder. Nothing half-written is left behind.
    """
    page = render("evaluation.html.j2", **build_report(judged, triage))
    with finished_file(path) as draft:
        draft.write_text(page, "utf-8")


def build_report(judged: Sequence[Judged], triage: Triage) -> dict[str, Any]:
    """Return everything the page shows, as plain data."""
    groups = group_near_duplicates(
        [j.message.text for j in judged], [j.message.group for j in judged]
    )
    taxonomy = triage.model.taxonomy
    first = [judged[i] for i, group in enumerate(groups) if groups.index(group) == i]
    thresholds = triage.model.thresholds
    return {
        "model": triage.model.version,
        "names": dict(taxonomy.categories),
        "figures": figures_of(judged, triage),
        "without_duplicates": figures_of(first, triage),
        "intervals": _intervals(judged, groups, triage),
        "bins": reliability(judged),
        "curve": coverage_curve(judged),
        "slices": {
            "体裁": _slices(judged, lambda j: j.message.register or "（未注明）"),
            "长度": _slices(judged, lambda j: _length_of(len(j.item.document.text))),
        },
        "threshold": thresholds.confidence,
        "worst": [_show(j, taxonomy.categories) for j in _worst(judged)],
    }


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """Return the bins of the reliability diagram that hold any message."""
    confidence = np.array([j.item.prediction.confidence for j in judged])
    right = np.array([j.right for j in judged], dtype=float)
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        Bin(b / bins, int(n), float(confidence[which == b].mean()), float(right[which == b].mean()))
        for b, n in enumerate(np.bincount(which, minlength=bins))
        if n
    ]


def coverage_curve(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """Return `(share passed, error among them)` as the threshold falls, at most 200 points."""
    confidence = np.array([j.item.prediction.confidence for j in judged])
    wrong = np.array([not j.right for j in judged], dtype=float)
    order = np.argsort(-confidence, kind="stable")
    passed = np.arange(1, len(judged) + 1)
    error = np.cumsum(wrong[order]) / passed
    step = max(1, len(judged) // _CURVE_POINTS)
    return [(float(passed[i] / len(judged)), float(error[i])) for i in range(0, len(judged), step)]


def _intervals(
    judged: Sequence[Judged], groups: Sequence[int], triage: Triage
) -> dict[str, tuple[float, float]]:
    taxonomy, draws = triage.model.taxonomy, Resampler(groups)
    gold = [j.message.category for j in judged]
    proper = [c for c in taxonomy.categories if c != taxonomy.fallback and c in gold]
    found = {
        "accuracy": draws.interval_of_mean(np.array([j.right for j in judged], dtype=float)),
        "macro_f1": draws.interval_of_macro_f1(gold, [j.counted_as for j in judged], proper),
    }
    labelled = [i for i, j in enumerate(judged) if j.message.department]
    if labelled:
        desks = Resampler([groups[i] for i in labelled])
        for top in (1, 3):
            hits = np.array([judged[i].desk_within(top) for i in labelled], dtype=float)
            found[f"department_top{top}"] = desks.interval_of_mean(hits)
    return found


def _slices(judged: Sequence[Judged], key: Callable[[Judged], str]) -> list[dict[str, Any]]:
    parts: dict[str, list[Judged]] = {}
    for j in judged:
        parts.setdefault(key(j), []).append(j)
    return [
        {
            "name": name,
            "n": len(part),
            "accuracy": float(np.mean([j.right for j in part])),
            "review": float(np.mean([j.item.needs_review for j in part])),
        }
        for name, part in sorted(parts.items())
    ]


def _length_of(characters: int) -> str:
    for low, high in _LENGTHS:
        if high is None or characters < high:
            return f"{low:>3} 字以上" if high is None else f"{low:>3}–{high} 字"
    raise AssertionError("the last length has no upper end")


def _worst(judged: Sequence[Judged]) -> list[Judged]:
    """The errors the model was surest of: those are what needs mending."""
    wrong = [j for j in judged if not j.right]
    return sorted(wrong, key=lambda j: -j.item.prediction.confidence)[:WORST]


def _show(judged: Judged, names: Mapping[str, str]) -> dict[str, Any]:
    item, message = judged.item, judged.message
    return {
        "id": message.id,
        "excerpt": list(_excerpt(judged)),
        "gold": names.get(message.category, message.category),
        "predicted": names[item.prediction.category],
        "confidence": item.prediction.confidence,
        "reasons": [REASONS[r] for r in item.review_reasons],
    }


def _excerpt(judged: Judged) -> Iterator[tuple[str, float]]:
    """Yield pieces of the text with the weight of the evidence on them (0 where none)."""
    text, position = _hidden(judged.item.document.text), 0
    for found in sorted(judged.item.prediction.evidence, key=lambda e: e.start):
        if found.start >= _LONGEST_EXCERPT:
            break
        yield text[position : found.start], 0.0
        yield text[found.start : found.end], found.weight
        position = found.end
    yield text[position:_LONGEST_EXCERPT], 0.0
    if len(text) > _LONGEST_EXCERPT:
        yield "……", 0.0


def _hidden(text: str) -> str:
    """Black out personal data, character by character, so that offsets stay what they are."""
    characters = list(text)
    for span in find_sensitive(text):
        characters[span.start : span.end] = "＊" * (span.end - span.start)
    return "".join(characters)

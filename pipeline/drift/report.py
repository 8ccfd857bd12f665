"""What has changed, as one page that opens anywhere: no script, no font, no network."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.drift.comparing import ALPHA, TENTHS, Drift, Finding, tenths
from pipeline.drift.profiles import Profile
from pipeline.files import finished_file
from pipeline.templating import render

# What each finding is called, what its measure is, and what it means for the reader.
FINDINGS = {
    "categories": ("类别构成", "PSI", "各类留言所占的比例变了"),
    "confidence": ("模型把握", "PSI", "模型的把握变了：自动通过的比例和差错可能不再是评测时的样子"),
    "words": ("用词", "JS 散度（比特）", "说的事情变了，或换了说法、长短"),
    "unseen": ("生词", "生词比例之差", "新留言里模型没有学过的词多了，宜补充标注再训练"),
}


def write_report(path: Path, drift: Drift) -> None:
    """Write the page.

    Raises:
        OutputError: there is no such folder.
    """
    page = render("drift.html.j2", **build_report(drift))
    with finished_file(path) as draft:
        draft.write_text(page, "utf-8")


def build_report(drift: Drift) -> dict[str, Any]:
    """Return everything the page shows, as plain data."""
    old, new = drift.old, drift.new
    return {
        "old": _side(old),
        "new": _side(new),
        "model": old.model,
        "found": drift.found,
        "findings": [finding_row(f) for f in drift.findings],
        "categories": [
            {"name": name, "before": before, "after": after}
            for name, before, after in zip(
                old.names.values(), category_shares(old), category_shares(new), strict=True
            )
        ],
        "tenths": list(zip(_tenth_shares(old), _tenth_shares(new), strict=True)),
        "risen": drift.risen,
        "fallen": drift.fallen,
        "alpha": ALPHA,
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a finding with its names in Chinese."""
    name, measure, meaning = FINDINGS[finding.code]
    return {
        "name": name,
        "measure": measure,
        "meaning": meaning,
        "value": _plain(finding.value),
        "by_chance": _plain(finding.by_chance),
        "excess": _plain(finding.excess),
        "threshold": finding.threshold,
        "p": finding.p,
        "alarm": finding.alarm,
    }


def _plain(value: float) -> float:
    """Round to what is shown, so that no -0.0000 is.

    >>> f"{_plain(-0.00001):.4f}"
    '0.0000'
    """
    return round(value, 4) + 0.0


def category_shares(profile: Profile) -> list[float]:
    """Return the share of each category (0–1), in the taxonomy's order."""
    counts = np.bincount(profile.category, minlength=len(profile.names))
    return [float(share) for share in counts / len(profile)]


def _tenth_shares(profile: Profile) -> list[float]:
    counts = np.bincount(tenths(profile.confidence), minlength=TENTHS)
    return [float(share) for share in counts / len(profile)]


def _side(profile: Profile) -> dict[str, Any]:
    return {
        "source": profile.source,
        "rows": profile.rows,
        "n": len(profile),
        "confidence": float(profile.confidence.mean()),
        "unseen": float(profile.unseen.mean()),
    }

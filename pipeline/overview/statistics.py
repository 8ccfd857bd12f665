"""What a run has counted: mergeable, small, and the same in whatever order it is put together.

Chunks of a file are counted in worker processes and their counts lie in a resume journal, so
everything is a sum of whole numbers, a union, or the smallest of something. Memory grows with
distinct keys (places, months, files), never with rows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pipeline.errors import InputError
from pipeline.overview.damage import Damage
from pipeline.overview.dates import read_date
from pipeline.overview.samples import RowReference, add_row, smallest
from pipeline.records import TaggedItem

FORMAT = 1
BINS = 10
UNKNOWN_PLACE = "（地点不明）"
UNKNOWN_MONTH = "（日期不明）"


class Cell(NamedTuple):
    """What rows are counted by. Codes, a county's name, and `YYYY-MM`.

    `topic` is empty where the model knows no topics.
    """

    category: str
    topic: str
    county: str
    month: str


@dataclass
class Statistics:
    """Counts of tagged and rejected rows.

    Attributes:
        keep_text: keep the (masked) text of the few sample rows, too.
        cells: rows by category, topic, county and month.
        departments: rows by the lead's code and name; both empty where nothing is asked.
        confidence: rows by category and tenth of confidence (0–9).
        review: rows by category that a person should look at.
        reasons: rows by reason for that; one row may have several.
        urgency: rows by category and urgency.
        models: rows by model version.
        files: what was damaged, by file.
        rejections: rejected rows by file and reason.
        samples: a few rows by category.
        category_names, topic_names: code → name. Where two models disagree, the first wins.
    """

    keep_text: bool = False
    cells: Counter[Cell] = field(default_factory=Counter)
    departments: Counter[tuple[str, str]] = field(default_factory=Counter)
    confidence: Counter[tuple[str, int]] = field(default_factory=Counter)
    review: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    urgency: Counter[tuple[str, str]] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    files: dict[str, Damage] = field(default_factory=dict)
    rejections: Counter[tuple[str, str]] = field(default_factory=Counter)
    samples: dict[str, list[RowReference]] = field(default_factory=dict)
    category_names: dict[str, str] = field(default_factory=dict)
    topic_names: dict[str, str] = field(default_factory=dict)

    def count(self, item: TaggedItem, *, source: str, date: str | None) -> None:
        """Add one tagged row.

        Args:
            source: the file (and sheet) it stands in.
            date: its date, in any way `read_date` reads; None or unreadable is unknown.
        """
        category, lead = item.prediction.category, item.routing.lead
        self._learn_names(item)
        self.cells[_cell(item, date)] += 1
        self.departments[(lead.code, lead.name) if lead else ("", "")] += 1
        self.confidence[category, confidence_bin(item.prediction.confidence)] += 1
        self.review[category] += item.needs_review
        self.reasons.update(item.review_reasons)
        self.urgency[category, item.routing.urgency] += 1
        self.models[item.model] += 1
        self.files.setdefault(source, Damage()).count(item.document)
        text = item.document.text if self.keep_text else None
        self.samples[category] = add_row(
            self.samples.get(category, []), source=source, id=item.document.id, text=text
        )

    def count_rejected(self, source: str, reason: str) -> None:
        """Add one row that could not be tagged; `reason` is a `Rejection`'s code."""
        self.rejections[source, reason] += 1

    def merge(self, other: "Statistics") -> None:
        """Add what another part of the run has counted."""
        self.keep_text |= other.keep_text
        self.cells.update(other.cells)
        self.departments.update(other.departments)
        self.confidence.update(other.confidence)
        self.review.update(other.review)
        self.reasons.update(other.reasons)
        self.urgency.update(other.urgency)
        self.models.update(other.models)
        self.rejections.update(other.rejections)
        self.category_names = other.category_names | self.category_names
        self.topic_names = other.topic_names | self.topic_names
        for source, damage in other.files.items():
            self.files.setdefault(source, Damage()).merge(damage)
        for category, rows in other.samples.items():
            self.samples[category] = smallest([*self.samples.get(category, []), *rows])

    @property
    def tagged(self) -> int:
        """Number of tagged rows."""
        return self.cells.total()

    @property
    def rejected(self) -> int:
        """Number of rejected rows."""
        return self.rejections.total()

    @property
    def needs_review(self) -> int:
        """Number of tagged rows that a person should look at."""
        return self.review.total()

    @property
    def per_category(self) -> Counter[str]:
        """Number of tagged rows by category code."""
        return count_by(self.cells, "category")

    def to_dict(self) -> dict[str, Any]:
        """Return everything for JSON, in an order that depends on nothing but the counts."""
        return {
            "format": FORMAT,
            "keep_text": self.keep_text,
            "cells": _rows(self.cells),
            "departments": _rows(self.departments),
            "confidence": _rows(self.confidence),
            "review": dict(sorted(self.review.items())),
            "reasons": dict(sorted(self.reasons.items())),
            "urgency": _rows(self.urgency),
            "models": dict(sorted(self.models.items())),
            "files": {source: d.to_dict() for source, d in sorted(self.files.items())},
            "rejections": _rows(self.rejections),
            "samples": {c: [list(row) for row in rows] for c, rows in sorted(self.samples.items())},
            "category_names": self.category_names,
            "topic_names": self.topic_names,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Statistics":
        """Read what `to_dict` gives.

        Raises:
            InputError: another version of the program has written it.
        """
        if data.get("format") != FORMAT:
            raise InputError(
                f"中间统计的格式是 {data.get('format')}，本程序只认 {FORMAT}。请从头再跑一次。",
                f"Statistics have format {data.get('format')}, this program reads {FORMAT}.",
            )
        return cls(
            keep_text=data["keep_text"],
            cells=Counter({Cell(*key): n for *key, n in data["cells"]}),
            departments=Counter({(code, name): n for code, name, n in data["departments"]}),
            confidence=Counter({(category, b): n for category, b, n in data["confidence"]}),
            review=Counter(data["review"]),
            reasons=Counter(data["reasons"]),
            urgency=Counter({(category, how): n for category, how, n in data["urgency"]}),
            models=Counter(data["models"]),
            files={source: Damage.from_dict(d) for source, d in data["files"].items()},
            rejections=Counter({(source, why): n for source, why, n in data["rejections"]}),
            samples={c: [RowReference(*r) for r in rows] for c, rows in data["samples"].items()},
            category_names=dict(data["category_names"]),
            topic_names=dict(data["topic_names"]),
        )

    def _learn_names(self, item: TaggedItem) -> None:
        if item.prediction.category not in self.category_names:
            self.category_names = dict(item.category_names) | self.category_names
        if (topic := item.topic) and topic not in self.topic_names:
            self.topic_names[topic] = item.topic_names[topic]


def confidence_bin(confidence: float) -> int:
    """Return the tenth a probability lies in.

    >>> [confidence_bin(p) for p in (0.0, 0.49, 0.5, 1.0)]
    [0, 4, 5, 9]
    """
    return min(int(confidence * BINS), BINS - 1)


def count_by(cells: Mapping[Cell, int], attribute: str) -> Counter[str]:
    """Add cells up by one of their attributes.

    >>> count_by({Cell("ecology", "noise", "宣恩县", "2026-03"): 2}, "county")
    Counter({'宣恩县': 2})
    """
    counts: Counter[str] = Counter()
    for cell, n in cells.items():
        counts[getattr(cell, attribute)] += n
    return counts


def _cell(item: TaggedItem, date: str | None) -> Cell:
    county = item.routing.place.partition("/")[0] or UNKNOWN_PLACE
    day = read_date(date or "")
    return Cell(
        item.prediction.category, item.topic or "", county, day[:7] if day else UNKNOWN_MONTH
    )


def _rows(counts: Mapping[Any, int]) -> Iterable[list[Any]]:
    return [[*key, n] for key, n in sorted(counts.items())]

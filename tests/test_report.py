"""The evaluation page: whole, self-contained, and without anybody's telephone number."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.corpus import LabelledMessage
from pipeline.errors import OutputError
from pipeline.evaluation import judge
from pipeline.report import build_report, coverage_curve, reliability, write_report
from pipeline.triage import Triage

PHONE = "13800138000"


@pytest.fixture(scope="module")
def messages(lessons: list[LabelledMessage]) -> list[LabelledMessage]:
    """The lessons, one with a wrong label and a telephone number, in two registers."""
    wrong = replace(
        lessons[0], id="wrong", category="ecology", topic=None, text=f"<b>{lessons[0].text}{PHONE}"
    )
    return [replace(m, register="web") for m in lessons[:50]] + [wrong, *lessons[50:]]


def test_the_page_is_self_contained_and_masked(
    triage: Triage, messages: list[LabelledMessage], tmp_path: Path
) -> None:
    write_report(tmp_path / "x.html", judge(triage, messages), triage)
    page = (tmp_path / "x.html").read_text("utf-8")
    assert not re.search(r"(?:src|href)=|@import|url\(|<script", page)
    assert PHONE not in page and "＊" * len(PHONE) in page
    assert "<b>" not in page
    assert "wrong" in page and page.rstrip().endswith("</html>")
    assert [p.name for p in tmp_path.iterdir()] == ["x.html"]


def test_a_missing_folder_is_named_before_anything_is_written(
    triage: Triage, messages: list[LabelledMessage], tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="文件夹不存在"):
        write_report(tmp_path / "no/x.html", judge(triage, messages), triage)


def test_figures_come_with_intervals_that_hold_them(
    triage: Triage, messages: list[LabelledMessage]
) -> None:
    report = build_report(judge(triage, messages), triage)
    for key, (low, high) in report["intervals"].items():
        assert low <= report["figures"][key] <= high, key
    assert {"accuracy", "macro_f1", "department_top1"} <= set(report["intervals"])


def test_duplicates_are_reported_with_and_without(
    triage: Triage, lessons: list[LabelledMessage]
) -> None:
    copies = [replace(m, id=f"{m.id}-again") for m in lessons]
    report = build_report(judge(triage, [*lessons, *copies]), triage)
    assert report["figures"]["n"] == 2 * len(lessons)
    assert report["without_duplicates"]["n"] <= len(lessons)


def test_slices_add_up(triage: Triage, messages: list[LabelledMessage]) -> None:
    report = build_report(judge(triage, messages), triage)
    for rows in report["slices"].values():
        assert sum(row["n"] for row in rows) == len(messages)
    assert {row["name"] for row in report["slices"]["体裁"]} == {"web", "（未注明）"}


def test_the_worst_error_comes_first(triage: Triage, messages: list[LabelledMessage]) -> None:
    worst = build_report(judge(triage, messages), triage)["worst"]
    assert worst[0]["id"] == "wrong"
    sure = [error["confidence"] for error in worst]
    assert sure == sorted(sure, reverse=True)


def test_the_diagrams_count_every_message(triage: Triage, messages: list[LabelledMessage]) -> None:
    judged = judge(triage, messages)
    bins, curve = reliability(judged), coverage_curve(judged)
    assert sum(b.count for b in bins) == len(messages)
    assert all(b.low - 1e-9 <= b.confidence <= b.low + 0.1 + 1e-9 for b in bins)
    assert np.all(np.diff([share for share, _ in curve]) > 0)

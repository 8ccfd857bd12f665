"""Real input, where it is at hand: it is not part of the repository."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.batch import ADDED, tag_files
from pipeline.corpus import read_labelled
from pipeline.evaluation import evaluate
from pipeline.gazetteer import Gazetteer
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage

ROWS = 200


@pytest.fixture(scope="module")
def copies(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The first rows of the real messages as UTF-8 csv, GB18030 csv and xlsx."""
    folder = tmp_path_factory.mktemp("real")
    frame = pd.read_csv(shared / "real/teddy_raw.csv", dtype=str, nrows=ROWS)
    paths = {name: folder / name for name in ("utf8.csv", "gb18030.csv", "book.xlsx")}
    frame.to_csv(paths["utf8.csv"], index=False, encoding="utf-8-sig")
    frame.to_csv(paths["gb18030.csv"], index=False, encoding="gb18030")
    frame.to_excel(paths["book.xlsx"], index=False, engine="xlsxwriter")
    return paths


def test_every_format_gives_every_row_in_order_and_the_same_categories(
    triage: Triage, copies: dict[str, Path], tmp_path: Path
) -> None:
    results = []
    for name, path in copies.items():
        summary = tag_files([path], tmp_path / f"{name}.csv", triage)
        assert (summary.tagged, summary.rejected) == (ROWS, 0)
        results.append(pd.read_csv(tmp_path / f"{name}.csv", dtype=str))
    first = results[0]
    assert list(first.columns) == ["id", "留言详情", "一级标签", *ADDED]
    assert first["id"].tolist() == pd.read_csv(copies["utf8.csv"], dtype=str)["id"].tolist()
    for other in results[1:]:
        assert other["category"].tolist() == first["category"].tolist()


def test_the_article_that_started_it_is_read_line_by_line(
    triage: Triage, shared: Path, tmp_path: Path
) -> None:
    source = shared / "real/enshi-2024-article.txt"
    summary = tag_files([source], tmp_path / "out.jsonl", triage)
    lines = [line for line in source.read_text("utf-8").splitlines() if line.strip()]
    assert summary.tagged + summary.rejected == len(lines)


@pytest.fixture(scope="module")
def messages(shared: Path) -> list[str]:
    """Real messages from another province, whose places are anonymised."""
    frame = pd.read_csv(shared / "real/teddy_raw.csv", dtype=str, nrows=500)
    return [str(text) for text in frame["留言详情"]]


def test_without_its_evidence_the_winner_is_less_likely(
    messages: list[str], shipped: Triage
) -> None:
    """In at least 95 % of 200 real messages."""
    lower = 0
    for message in messages[:200]:
        item = shipped.triage(message)
        winner, text = item.prediction.categories[0], item.document.text
        for found in sorted(item.prediction.evidence, key=lambda e: -e.start):
            if found.weight > 0:
                text = text[: found.start] + text[found.end :]
        if not text.strip():
            lower += 1
            continue
        rest = {c.code: c.probability for c in shipped.triage(text).prediction.categories}
        lower += rest[winner.code] < winner.probability
    print(f"less likely without its evidence: {lower} of 200")
    assert lower >= 190


def test_no_place_is_found_in_messages_from_elsewhere(
    gazetteer: Gazetteer, messages: list[str]
) -> None:
    found = [m.text for text in messages for m in gazetteer.find(text) if m.path]
    assert found == []


def test_the_gold_sample_is_evaluated_in_full(
    triage: Triage, shared: Path, taxonomy: Taxonomy
) -> None:
    messages = read_labelled([shared / "gold/dev.jsonl"], taxonomy)
    assert evaluate(triage, messages)["n"] == len(messages)

"""Drift: halves of the same messages raise no alarm, changed ones do, and it says of what."""

import os
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline import registry
from pipeline.cli.drift import DRIFT_FOUND, drift
from pipeline.corpus import LabelledMessage
from pipeline.drift import Drift, Profile, Sample, compare, profile, read_sample, write_report
from pipeline.drift.comparing import jensen_shannon, population_stability
from pipeline.drift.report import build_report
from pipeline.drift.sampling import reservoir
from pipeline.errors import InputError
from pipeline.home import models_dir
from pipeline.model import Model
from pipeline.tables import open_writer
from pipeline.triage import Triage

WORDS = tuple(f"词{i}" for i in range(60))
counts = st.lists(st.integers(1, 500), min_size=2, max_size=8)


def draw(
    n: int,
    *,
    seed: int,
    mix: Sequence[float] = (0.6, 0.3, 0.1),
    words: Sequence[str] = WORDS,
    confidence: float = 6.0,
    unseen: float = 2.0,
) -> Profile:
    """A profile of made-up messages, some of them posted many times."""
    rng = np.random.default_rng(seed)
    rows = np.arange(n)
    rows[: n // 5] = rng.integers(0, 10, n // 5)  # a fifth are copies of ten messages
    picked = rng.integers(0, len(words), (n, 8))[rows]
    return Profile(
        source=f"{seed}.csv",
        rows=n,
        model="m@1",
        names={"a": "甲类", "b": "乙类", "c": "丙类"},
        category=rng.choice(3, n, p=mix)[rows],
        confidence=rng.beta(confidence, 2, n)[rows],
        words=tuple(frozenset(words[i] for i in row) for row in picked),
        unseen=rng.beta(unseen, 30, n)[rows],
    )


def part(whole: Profile, rows: Sequence[int]) -> Profile:
    return replace(
        whole, category=whole.category[rows], confidence=whole.confidence[rows],
        words=tuple(whole.words[i] for i in rows), unseen=whole.unseen[rows],
    )  # fmt: skip


def alarms(found: Drift) -> set[str]:
    return {finding.code for finding in found.findings if finding.alarm}


@pytest.mark.parametrize("sizes", [(60, 60), (400, 400), (900, 60)])
def test_two_random_parts_of_the_same_messages_raise_no_alarm(sizes: tuple[int, int]) -> None:
    """At most 1 of 100 may; of 40 splits two would be a sign that the test is wrong."""
    whole, false_alarms = draw(sum(sizes), seed=1), 0
    for seed in range(40):
        order = np.random.default_rng(1000 + seed).permutation(sum(sizes)).tolist()
        old, new = part(whole, order[: sizes[0]]), part(whole, order[sizes[0] :])
        false_alarms += compare(old, new, deals=499, seed=seed).found
    assert false_alarms <= 1


def test_p_is_spread_evenly_where_nothing_has_changed() -> None:
    """The law behind the alarms: of many random splits one in ten has a p of a tenth."""
    whole, p = draw(200, seed=1), []
    for seed in range(100):
        order = np.random.default_rng(1000 + seed).permutation(200).tolist()
        found = compare(part(whole, order[:100]), part(whole, order[100:]), deals=99, seed=seed)
        p.append([finding.p for finding in found.findings])
    assert (np.mean(np.array(p) <= 0.1, axis=0) < 0.2).all()
    assert (abs(np.mean(p, axis=0) - 0.5) < 0.12).all()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"mix": (0.3, 0.3, 0.4)}, "categories"),
        ({"confidence": 2.0}, "confidence"),
        ({"words": (*WORDS[:40], *(f"新词{i}" for i in range(20)))}, "words"),
        ({"unseen": 4.0}, "unseen"),
    ],
)
def test_what_has_changed_raises_the_alarm_and_nothing_else(
    changed: dict[str, object], expected: str
) -> None:
    found = compare(draw(1000, seed=1), draw(1000, seed=2, **changed))  # type: ignore[arg-type]
    assert alarms(found) == {expected}


def test_fewer_unseen_words_are_no_alarm() -> None:
    assert not compare(draw(1000, seed=1, unseen=4.0), draw(1000, seed=2)).found


def test_words_that_came_and_went_are_named() -> None:
    found = compare(
        draw(800, seed=1, words=(*WORDS, *["老桥"] * 9)),
        draw(800, seed=2, words=(*WORDS, *["新站"] * 9)),
    )
    assert (found.risen[0].word, found.fallen[0].word) == ("新站", "老桥")
    assert found.risen[0].before == 0 < found.risen[0].after


def test_profiles_of_two_models_are_not_compared() -> None:
    with pytest.raises(ValueError, match="two models: m@1 and m@2"):
        compare(draw(60, seed=1), replace(draw(60, seed=2), model="m@2"))


@given(counts, st.randoms())
def test_a_divergence_is_nothing_of_the_same_and_symmetric(
    first: list[int], order: random.Random
) -> None:
    p = np.array(first, dtype=float)
    q = np.array(order.sample(first, len(first)), dtype=float)
    for measure in (population_stability, jensen_shannon):
        assert measure(p, p) == pytest.approx(0, abs=1e-9)
        assert measure(p, q) == pytest.approx(float(measure(q, p)))
        assert measure(p, q) >= -1e-12
    assert jensen_shannon(p, q) <= 1


def test_a_reservoir_takes_every_row_equally_often() -> None:
    taken = np.zeros(40)
    for seed in range(2000):
        taken[reservoir(range(40), 10, seed=seed)] += 1
    assert taken.sum() == 2000 * 10
    assert abs(taken / 2000 - 0.25).max() < 0.05


def test_a_reservoir_holds_no_more_than_its_size() -> None:
    """The rows are never all there at once: a million pass through, ten stay."""
    alive, most = 0, 0

    class Row:
        def __init__(self) -> None:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    kept = reservoir((Row() for _ in range(20_000)), 10)
    assert len(kept) == 10 and most <= 13


def write(path: Path, texts: Sequence[str]) -> Path:
    with open_writer(path, ("编号", "内容")) as writer:
        for i, text in enumerate(texts):
            writer.write((str(i), text), {})
    return path


def test_a_sample_counts_rows_and_what_it_skips(tmp_path: Path) -> None:
    path = write(tmp_path / "去年.csv", [*(f"第{i}条，路烂了" for i in range(100)), "", " "])
    sample = read_sample(path, size=60)
    assert (sample.rows, sample.skipped, len(set(sample.texts))) == (102, 2, 60)


def test_too_few_messages_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "去年.csv", ["路烂了"] * 49)
    with pytest.raises(InputError, match=r"去年\.csv 只有 49 条可读的留言，至少要 50 条"):
        read_sample(path)


def test_a_profile_shows_no_personal_data_and_tells_known_words_from_new(triage: Triage) -> None:
    texts = ("污水直接排进河里，电话13800138000", "无人机飞来飞去")
    known, new = profile(Sample("a.csv", texts, 2, 0), triage).unseen
    words = profile(Sample("a.csv", texts, 2, 0), triage).words
    assert known < 0.5 < new
    assert "污水" in words[0] and not any(re.search(r"\d", word) for word in words[0])


def test_the_report_shows_what_was_found_and_fetches_nothing(tmp_path: Path) -> None:
    found = compare(
        draw(400, seed=1), draw(400, seed=2, mix=(0.2, 0.2, 0.6), words=("<b>坏</b>", *WORDS[:30]))
    )
    write_report(tmp_path / "变化.html", found)
    page = (tmp_path / "变化.html").read_text("utf-8")
    assert "类别构成" in page and "变了" in page
    assert "<b>坏</b>" not in page and "&lt;b&gt;坏" in page
    assert not re.search(r"<script|https?://|@import|url\(", page)
    shown = build_report(found)
    assert sum(c["after"] for c in shown["categories"]) == pytest.approx(1)
    assert sum(after for _, after in shown["tenths"]) == pytest.approx(1)


@pytest.fixture(scope="module")
def home(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    before = os.environ["WUWEI_HOME"]
    os.environ["WUWEI_HOME"] = str(tmp_path_factory.mktemp("drift"))
    registry.save(replace(model, name="default"), models_dir())
    yield models_dir()
    os.environ["WUWEI_HOME"] = before


@pytest.mark.usefixtures("home")
def test_the_exit_code_tells_drift_from_none(
    tmp_path: Path, lessons: list[LabelledMessage]
) -> None:
    rng = random.Random(0)
    texts = [m.text for m in lessons]
    old, same = (write(tmp_path / f"{n}.csv", rng.choices(texts, k=300)) for n in "甲乙")
    other = write(tmp_path / "丙.csv", [t for t in texts if "污水" in t or "废水" in t] * 6)
    quiet = CliRunner().invoke(drift, [str(old), str(same)], catch_exceptions=False)
    assert quiet.exit_code == 0, quiet.output
    report = tmp_path / "变化.html"
    loud = CliRunner().invoke(
        drift, [str(old), str(other), "--report", str(report)], catch_exceptions=False
    )
    assert loud.exit_code == DRIFT_FOUND == 4
    assert "类别构成" in loud.stdout and "变了" in loud.stdout
    assert report.is_file()

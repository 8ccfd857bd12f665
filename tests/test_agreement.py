"""Agreement beyond chance: against published examples, scikit-learn, and laws."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pipeline.agreement import (
    compare_ratings,
    krippendorff_alpha,
    measure_agreement,
    read_ratings,
)
from pipeline.cli.agreement import agreement
from pipeline.errors import InputError
from pipeline.tables import open_writer

# Source: Krippendorff, Computing Krippendorff's alpha-reliability (2011), sections A, B and C:
# one string a rater, one place a unit, a dot where there is no label.
WORKED = {
    "A, binary, two raters": (["0100000010", "1110010000"], 0.095),
    "B, nominal, two raters": (["aabbdcccedda", "babbbccceddd"], 0.692),
    "C, nominal, four raters, missing labels": (
        ["123321412...", "1233224125.3", ".3332342251.", "12332441251."],
        0.743,
    ),
}

labels = st.lists(st.tuples(*[st.sampled_from("abcd")] * 2), min_size=1, max_size=60)


@pytest.mark.parametrize("name", WORKED)
def test_alpha_is_that_of_the_published_examples(name: str) -> None:
    raters, published = WORKED[name]
    units = [[None if c == "." else c for c in unit] for unit in zip(*raters, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(published, abs=0.0005)


def test_two_raters_get_the_published_alpha_too() -> None:
    (first, second), published = WORKED["B, nominal, two raters"]
    assert measure_agreement(list(first), list(second)).overall.alpha.value == pytest.approx(
        published, abs=0.0005
    )


@given(labels)
def test_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    ours = measure_agreement(first, second).overall.kappa.value
    if ours is None:
        assert len({*first, *second}) == 1
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second))


@given(labels)
def test_alpha_does_not_care_who_comes_first(pairs: list[tuple[str, str]]) -> None:
    assert krippendorff_alpha(pairs) == krippendorff_alpha([(b, a) for a, b in pairs])


@given(labels)
def test_two_raters_have_one_alpha(pairs: list[tuple[str, str]]) -> None:
    """The short way for tables of counts and the long way by units agree."""
    short = measure_agreement(*([pair[i] for pair in pairs] for i in (0, 1))).overall.alpha.value
    assert short == pytest.approx(krippendorff_alpha(pairs))


@given(labels)
def test_a_category_alone_is_scikit_learns_binary_kappa(pairs: list[tuple[str, str]]) -> None:
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    for category, figures in measure_agreement(first, second).per_category.items():
        if figures.kappa.value is not None:
            theirs = cohen_kappa_score(
                [c == category for c in first], [c == category for c in second]
            )
            assert figures.kappa.value == pytest.approx(theirs)


def test_perfect_agreement_is_one_and_guessing_about_nothing() -> None:
    random = np.random.default_rng(0)
    guesses = [random.choice(list("abc"), 3000).tolist() for _ in range(2)]
    same, guessed = measure_agreement(guesses[0], guesses[0]), measure_agreement(*guesses)
    assert same.overall.kappa.value == same.overall.alpha.value == same.overall.raw.value == 1
    for figure in (guessed.overall.kappa, guessed.overall.alpha):
        assert figure.low is not None and figure.high is not None
        assert figure.low < 0 < figure.high
    assert guessed.overall.raw.value == pytest.approx(1 / 3, abs=0.05)


def test_an_interval_holds_its_figure_and_narrows_with_rows() -> None:
    first, second = list("aabbabab"), list("aabbabba")
    few, many = (measure_agreement(first * n, second * n).overall.kappa for n in (2, 50))
    for figure in (few, many):
        assert figure.low <= figure.value <= figure.high  # type: ignore[operator]
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]


def test_repeats_of_one_message_do_not_narrow_the_interval() -> None:
    first, second = list("aabbabab") * 20, list("aabbabba") * 20
    alone = measure_agreement(first, second).overall.raw
    repeats = measure_agreement(first, second, list(range(8)) * 20).overall.raw
    assert repeats.high - repeats.low > 2 * (alone.high - alone.low)  # type: ignore[operator]


def test_one_category_only_has_no_kappa() -> None:
    overall = measure_agreement(["a", "a"], ["a", "a"]).overall
    assert overall.raw.value == 1
    assert overall.kappa.value is None and overall.alpha.value is None


def test_nothing_to_compare_is_a_slip_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no rows"):
        measure_agreement([], [])


def write(path: Path, *rows: tuple[str, str], columns: tuple[str, str] = ("编号", "类别")) -> Path:
    with open_writer(path, columns) as writer:
        for row in rows:
            writer.write(row, dict(zip(columns, row, strict=True)))
    return path


def test_files_meet_by_id_whatever_their_kind_and_order(tmp_path: Path) -> None:
    a = write(tmp_path / "甲.csv", ("1", "生态环境"), ("2", "industry"), ("3", ""), ("5", "other"))
    b = write(tmp_path / "乙.xlsx", ("4", "other"), ("2", "industry"), ("1", "ecology"))
    names = {"ecology": "生态环境", "industry": "产业发展", "other": "其他"}
    first, second = (read_ratings(path, names=names) for path in (a, b))
    assert first.blank == 1
    measured = compare_ratings(first, second)
    assert measured.categories == ("ecology", "industry")
    assert measured.confusion.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        (("编号", "备注"), [("1", "a")], r"甲\.csv 没有找到类别列.*编号、备注.*--label-column"),
        (("号", "类别"), [("1", "a")], r"甲\.csv 没有找到编号列.*--id-column"),
        (("编号", "类别"), [("1", "a"), ("1", "b")], r"甲\.csv 第 3 行的编号 1 重复了"),
        (("编号", "类别"), [("", "a")], r"甲\.csv 第 2 行的编号是空的"),
    ],
)
def test_a_file_that_cannot_be_matched_says_why(
    tmp_path: Path, columns: tuple[str, str], rows: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_ratings(write(tmp_path / "甲.csv", *rows, columns=columns))


def test_files_without_a_common_id_are_refused(tmp_path: Path) -> None:
    a, b = (read_ratings(write(tmp_path / f"{n}.csv", (n, "other"))) for n in "12")
    with pytest.raises(InputError, match=r"1\.csv 和 2\.csv 没有一个共同的编号"):
        compare_ratings(a, b)


def test_the_command_prints_figures_and_says_what_did_not_match(tmp_path: Path) -> None:
    a = write(tmp_path / "甲.csv", ("1", "ecology"), ("2", "other"), ("3", "other"))
    b = write(tmp_path / "乙.csv", ("1", "生态环境"), ("2", "其他"), ("4", "other"))
    shown = CliRunner().invoke(agreement, [str(a), str(b)])
    assert shown.exit_code == 0, shown.output
    for word in ("共同 2 条", "Cohen κ", "Krippendorff α", "生态环境", "1.000"):
        assert word in shown.stdout
    assert "甲.csv：1 条只有它标了" in shown.stderr
    as_json = CliRunner().invoke(agreement, [str(a), str(b), "--json"])
    assert json.loads(as_json.stdout)["overall"]["raw"]["value"] == 1

"""Two models side by side: paired figures, honest intervals, and the messages that change."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.comparison import compare, mcnemar
from pipeline.comparison_files import COLUMNS, check_categories, read_dates, write_changes
from pipeline.corpus import LabelledMessage
from pipeline.errors import InputError, OutputError
from pipeline.evaluation import Judged, figures_of, judge
from pipeline.model import Model
from pipeline.records import DepartmentChoice, Routing, TaggedItem
from pipeline.segmenter import Segmenter
from pipeline.tables import open_tables
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage, assemble
from tests.records_by_hand import document, prediction

PHONE = "13800138000"
_CYCLE = ("ecology", "industry", "civility", "public_services")


def judged(
    message: LabelledMessage, said: str, taxonomy: Taxonomy, *, desk: str = "water", model: str
) -> Judged:
    """What a model said of a message, by hand."""
    rest = {c: 0.05 for c in taxonomy.categories if c != said}
    lead = DepartmentChoice(desk, desk, 1.0, "lead", "")
    item = TaggedItem(
        document=document(message.text),
        prediction=prediction(categories={said: 0.8, **rest}),
        routing=Routing((lead,), "county", "", (), "normal"),
        category_names=taxonomy.categories,
        topic_names={},
        review_reasons=(),
        model=model,
    )
    return Judged(message, item)


def side(
    messages: Sequence[LabelledMessage], said: Sequence[str], taxonomy: Taxonomy, model: str = "a@1"
) -> list[Judged]:
    pairs = zip(messages, said, strict=True)
    return [judged(message, category, taxonomy, model=model) for message, category in pairs]


def numbered(count: int, *, group: str = "") -> list[LabelledMessage]:
    """Messages of four categories in turn, too short to be near-duplicates."""
    return [
        LabelledMessage(
            f"m{i}", f"{i:03d}", _CYCLE[i % 4], department="water", group=group and f"{group}{i}"
        )
        for i in range(count)
    ]


def wrong(category: str) -> str:
    return _CYCLE[(_CYCLE.index(category) + 1) % 4]


def test_a_model_compared_with_itself_differs_in_nothing(
    triage: Triage, lessons: list[LabelledMessage], taxonomy: Taxonomy
) -> None:
    both = judge(triage, lessons)
    result = compare(both, both, taxonomy)
    assert result.changed == () and result.p_value == 1
    for figure in (*result.overall, *result.categories, *result.departments):
        assert (figure.low, figure.high) == (0, 0) and not figure.is_worse


def test_the_figures_are_those_of_evaluate(
    model: Model, triage: Triage, segmenter: Segmenter, lessons: list[LabelledMessage],
    taxonomy: Taxonomy,
) -> None:  # fmt: skip
    noise = np.random.default_rng(1).normal(0, 0.2, model.leaves.coef.shape).astype(np.float32)
    noisy = replace(model, leaves=replace(model.leaves, coef=model.leaves.coef + noise))
    other = assemble(noisy, segmenter)
    sides = judge(triage, lessons), judge(other, lessons)
    result = compare(*sides, taxonomy)
    for at, by in ((0, triage), (1, other)):
        expected = figures_of(sides[at], by)
        found = [(f.before, f.after)[at] for f in result.overall]
        names = ("accuracy", "macro_f1", "department_top1")
        assert found == pytest.approx([expected[name] for name in names])
        for figure in result.categories:
            row = expected["per_category"][figure.code]
            assert (figure.before, figure.after)[at] == pytest.approx(row["f1"])
            assert figure.n == row["support"]


def test_a_category_that_gets_worse_is_noticed_and_the_others_are_not(taxonomy: Taxonomy) -> None:
    messages = numbered(400)
    gold = [m.category for m in messages]
    # Every fifth message of ecology is lost to none of the three others.
    said = ["other" if c == "ecology" and i % 5 == 0 else c for i, c in enumerate(gold)]
    result = compare(side(messages, gold, taxonomy), side(messages, said, taxonomy), taxonomy)
    worse = {figure.code for figure in result.categories if figure.is_worse}
    assert worse == {"ecology"}
    assert next(f for f in result.overall if f.code == "accuracy").is_worse
    assert (result.only_before, result.only_after) == (20, 0)
    assert result.p_value < 0.001


def test_one_message_more_or_less_is_chance(taxonomy: Taxonomy) -> None:
    messages = numbered(400)
    gold = [m.category for m in messages]
    said = ["other", *gold[1:]]
    result = compare(side(messages, gold, taxonomy), side(messages, said, taxonomy), taxonomy)
    assert not any(f.is_worse for f in (*result.overall, *result.categories))


def test_what_is_hard_for_both_does_not_widen_the_interval(taxonomy: Taxonomy) -> None:
    """Both miss the same half: unpaired, the difference of 3 points would drown in it."""
    messages = numbered(400)
    gold = [m.category for m in messages]
    before = [c if i % 2 else wrong(c) for i, c in enumerate(gold)]
    after = [
        wrong(c) if i % 33 == 1 else said
        for i, (c, said) in enumerate(zip(gold, before, strict=True))
    ]
    result = compare(side(messages, before, taxonomy), side(messages, after, taxonomy), taxonomy)
    assert result.overall[0].is_worse


def test_repetitions_of_one_complaint_count_once(taxonomy: Taxonomy) -> None:
    """Ten messages got worse; but they are one complaint, posted ten times."""

    def lost(messages: list[LabelledMessage]) -> bool:
        gold = [m.category for m in messages]
        said = ["other" if i < 40 and c == "ecology" else c for i, c in enumerate(gold)]
        sides = side(messages, gold, taxonomy), side(messages, said, taxonomy)
        return compare(*sides, taxonomy).overall[0].is_worse

    alone = numbered(400)
    together = [replace(m, group="同一件事") if i < 40 else m for i, m in enumerate(alone)]
    assert lost(alone) and not lost(together)


def test_an_accepted_alternative_is_no_error(taxonomy: Taxonomy) -> None:
    messages = [replace(m, also=("other",)) for m in numbered(8)]
    gold = [m.category for m in messages]
    result = compare(
        side(messages, gold, taxonomy), side(messages, ["other"] * 8, taxonomy), taxonomy
    )
    assert {c.outcome for c in result.changed} == {"都对"}
    assert result.overall[0].after == 1


def test_departments_are_compared_one_by_one(taxonomy: Taxonomy) -> None:
    messages = [
        replace(m, department=("water", "police")[i % 2]) for i, m in enumerate(numbered(40))
    ]
    before = [judged(m, m.category, taxonomy, desk="water", model="a@1") for m in messages]
    after = [judged(m, m.category, taxonomy, desk="police", model="b@1") for m in messages]
    result = compare(before, after, taxonomy)
    found = {f.code: (f.n, f.before, f.after, f.is_worse, f.is_better) for f in result.departments}
    assert found == {"police": (20, 0, 1, False, True), "water": (20, 1, 0, True, False)}


def test_changed_messages_are_masked_and_the_spoilt_ones_come_first(taxonomy: Taxonomy) -> None:
    messages = [replace(m, text=f"{m.text}请打{PHONE}找我") for m in numbered(4)]
    gold = [m.category for m in messages]
    before = [wrong(gold[0]), gold[1], wrong(gold[2]), gold[3]]
    after = [gold[0], wrong(gold[1]), "other", gold[3]]
    result = compare(
        side(messages, before, taxonomy), side(messages, after, taxonomy, "b@2"), taxonomy
    )
    assert [(c.id, c.outcome) for c in result.changed] == [
        ("m1", "改错"),
        ("m0", "改对"),
        ("m2", "都错"),
    ]
    assert all(PHONE not in c.text and "［手机号］" in c.text for c in result.changed)
    assert result.changed[0].before == "产业发展" and result.changed[0].after == "乡风文明"
    assert (result.before, result.after) == ("a@1", "b@2")


def test_judgements_of_other_messages_cannot_be_compared(taxonomy: Taxonomy) -> None:
    messages = numbered(4)
    one = side(messages, [m.category for m in messages], taxonomy)
    with pytest.raises(ValueError, match="same messages"):
        compare(one, one[:3], taxonomy)
    with pytest.raises(ValueError, match="at least one"):
        compare([], [], taxonomy)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_twice_the_smaller_tail(one: int, other: int) -> None:
    """Source: the exact form, P(X ≤ k) of a fair coin, doubled, and 1 at most."""
    expected = min(1.0, 2 * binom.cdf(min(one, other), one + other, 0.5))
    assert mcnemar(one, other) == pytest.approx(expected)
    assert mcnemar(one, other) == mcnemar(other, one)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl", ".html"])
def test_changes_are_written_whole_and_masked(
    taxonomy: Taxonomy, tmp_path: Path, suffix: str
) -> None:
    messages = [replace(m, text=f"<b>{m.text}</b>电话{PHONE}") for m in numbered(30)]
    gold = [m.category for m in messages]
    result = compare(
        side(messages, gold, taxonomy), side(messages, [wrong(c) for c in gold], taxonomy), taxonomy
    )
    path = tmp_path / f"变化{suffix}"
    write_changes(path, result)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    if suffix == ".html":
        page = path.read_text("utf-8")
        assert page.count("<tr") > 30 and "McNemar" in page and "<script" not in page
        assert PHONE not in page and "<b>" not in page and "&lt;b&gt;" in page
        return
    [table] = open_tables(path)
    rows = [row.values for row in table.rows()]
    assert table.columns == COLUMNS and len(rows) == 30
    assert all(row[1] == "改错" and PHONE not in row[7] for row in rows)


def test_a_kind_of_file_nobody_writes_is_refused(taxonomy: Taxonomy, tmp_path: Path) -> None:
    messages = numbered(1)
    one = side(messages, ["ecology"], taxonomy)
    with pytest.raises(OutputError, match=r"不能写成 x\.docx"):
        write_changes(tmp_path / "x.docx", compare(one, one, taxonomy))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "text,category,日期\n修路,x,2026年9月3日\n种茶,x,\n", ["2026-09-03", None]),
        ("a.jsonl", '{"text": "修路", "date": "2026-10-01T08:00:00"}\n', ["2026-10-01"]),
        ("a.csv", "text,category\n修路,x\n", [None]),
    ],
)
def test_dates_are_read_where_there_are_any(
    tmp_path: Path, name: str, content: str, expected: list[str | None]
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    assert read_dates(path, len(expected)) == expected


def test_a_table_with_other_rows_than_were_labelled_counts_as_undated(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,category,日期\n修路,x,2026-09-03\n", "utf-8")
    assert read_dates(path, 2) == [None, None]


def test_a_label_that_one_model_does_not_know_is_named(taxonomy: Taxonomy) -> None:
    own = Taxonomy.from_labels(["ecology", "industry"])
    with pytest.raises(InputError, match="标注留言 m2 的类别 'civility' 有一个模型不认识"):
        check_categories(numbered(4), taxonomy, own)

"""Decisions become a corpus: each judgement in one place, evaluation kept apart for good."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.corpus import corpus
from pipeline.corpus import read_labelled
from pipeline.errors import DataFileError, InputError
from pipeline.harvest import ACCEPTED_WEIGHT, Judgement, pull, read_judgements, settle
from pipeline.harvest.settling import HELD_OUT_SHARE
from pipeline.tables import open_tables, open_writer
from pipeline.taxonomy import Taxonomy
from service.store import Decision, Store, Submission
from tests.store_databases import Clock, fresh_store, new

DAY = date(2026, 11, 25)
DESKS = {"housing": "州住建局", "environment": "州生态环境局"}
# Texts that share next to nothing; of each, several wordings that are nearly the same.
MATTERS = (
    "村口的路灯坏了半个月晚上老人出门看不见路请派人来修",
    "养猪场的污水直接排到下面的小河里夏天臭得开不了窗户",
    "茶叶今年收成好可是收购的老板不来了帮忙找一下销路吧",
    "隔壁麻将馆天天打到后半夜吵得孩子没有办法写作业睡觉",
    "自来水从上个星期开始就是浑的烧开了还有一层白色沉淀",
    "学校门口放学的时候车子乱停接送的家长都堵在马路中间",
)


def judged(text: str = MATTERS[0], category: str = "public_services", **changes: Any) -> Judgement:
    origin = changes.pop("origin", f"submission:{text}{category}")
    given = {"kind": "corrected", "at": "2026-11-25T01:00:00+00:00"} | changes
    return Judgement(origin=origin, id=origin[-8:], text=text, category=category, **given)


def texts(judgements: tuple[Judgement, ...]) -> set[str]:
    return {j.text for j in judgements}


judgements = st.lists(
    st.builds(
        judged,
        text=st.builds(str.__add__, st.sampled_from(MATTERS), st.sampled_from(["", "。", "谢谢"])),
        category=st.sampled_from(["public_services", "ecology"]),
        kind=st.sampled_from(
            ["accepted", "corrected", "independent", "labelled", "settled", "evaluation"]
        ),
        picked=st.sampled_from(["", "", "random", "doubt"]),
        group=st.sampled_from(["", "", "g", "h"]),
        side=st.sampled_from(["", "", "training", "held_out"]),
        at=st.sampled_from(["2026-11-25T01:00:00+00:00", "2026-11-26T01:00:00+00:00"]),
    ),
    max_size=25,
)  # fmt: skip


@given(judgements)
def test_every_judgement_ends_in_exactly_one_place(given: list[Judgement]) -> None:
    done = settle(given)
    said = sum(j.kind != "evaluation" for j in given)
    placed = len(done.training) + len(done.held_out) + done.duplicates
    assert said == placed + done.in_conflict + done.left_out
    assert len(done.ledger) == len(given)


@given(judgements, st.randoms())
def test_the_order_of_judgements_does_not_matter(
    given: list[Judgement], order: random.Random
) -> None:
    given = [replace(j, origin=f"{j.origin}{i}") for i, j in enumerate(given)]
    shuffled = order.sample(given, len(given))
    assert settle(given) == settle(shuffled)


@given(judgements)
def test_settling_again_changes_nothing(given: list[Judgement]) -> None:
    once = settle(given)
    again = settle(once.ledger)
    assert again.ledger == once.ledger
    assert texts(again.held_out).isdisjoint(texts(again.training))
    assert len(again.training) == len(once.training)
    assert len(again.held_out) == len(once.held_out)


@given(judgements, judgements)
def test_what_was_held_out_never_becomes_training(
    before: list[Judgement], after: list[Judgement]
) -> None:
    first = settle(before)
    second = settle([*first.ledger, *after])
    assert texts(first.held_out).isdisjoint(texts(second.training))
    shields = texts(tuple(j for j in [*before, *after] if j.kind == "evaluation"))
    assert shields.isdisjoint(texts((*second.training, *second.held_out)))


def test_about_a_tenth_is_held_out_by_what_the_text_is() -> None:
    many = [judged("".join(random.Random(i).choices("甲乙丙丁戊己庚辛壬癸", k=30)), origin=str(i))
            for i in range(2000)]  # fmt: skip
    held = len(settle(many).held_out)
    assert held == pytest.approx(2000 * HELD_OUT_SHARE, rel=0.2)
    assert texts(settle(many[:1000]).held_out) <= texts(settle(many).held_out)


def test_what_was_picked_at_random_is_held_out_and_what_was_picked_for_doubt_is_not() -> None:
    for i in range(50):
        text = "".join(random.Random(i).choices("甲乙丙丁戊己庚辛壬癸", k=30))
        assert settle([judged(text, picked="random")]).held_out
        assert settle([judged(text, picked="uncertain")]).training


def test_a_near_duplicate_of_what_is_held_out_is_no_training() -> None:
    done = settle([judged(picked="random"), judged(f"{MATTERS[0]}谢谢", origin="b")])
    assert not done.training and len(done.held_out) == 1 and done.duplicates == 1


def test_a_text_trained_on_once_does_not_stand_for_one_held_out() -> None:
    trained = judged(f"{MATTERS[0]}谢谢", side="training", kind="independent", origin="a")
    [held] = settle([trained, judged(side="held_out", origin="b")]).held_out
    assert held.text == MATTERS[0]


def test_a_group_named_by_people_stays_on_one_side_with_all_its_messages() -> None:
    done = settle([judged(text, group="note", origin=text) for text in MATTERS])
    assert {len(done.training), len(done.held_out)} == {0, len(MATTERS)}


def test_an_accepted_suggestion_counts_less_than_a_chosen_one() -> None:
    worth = {kind: judged(kind=kind).worth for kind in ("accepted", "corrected", "independent")}
    assert worth == {"accepted": ACCEPTED_WEIGHT, "corrected": 1, "independent": 1}


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {"category": "ecology"}, "the same text"),
        ({}, {"text": f"{MATTERS[0]}谢谢", "category": "ecology"}, "nearly the same text"),
        ({"kind": "accepted"}, {"category": "ecology", "kind": "independent"}, "whatever the kind"),
    ],
)
def test_who_differ_go_on_the_list(
    one: Mapping[str, Any], other: Mapping[str, Any], why: str
) -> None:
    done = settle([judged(**one, origin="a"), judged(**{"origin": "b"} | dict(other))])
    assert not done.training and not done.held_out, why
    assert done.in_conflict == 2, why


def test_a_category_accepted_as_well_is_no_conflict() -> None:
    [row] = settle([
        judged(also=("ecology",), picked="doubt", origin="a"),
        judged(category="ecology", origin="b"),
    ]).training  # fmt: skip
    assert row.category == "ecology"


def test_an_arbiters_latest_word_settles_a_conflict() -> None:
    conflict = [judged(origin="a", picked="doubt"), judged(category="ecology", origin="b")]
    verdict = judged(category="ecology", kind="settled", origin="c", at="2026-12-01")
    [row] = settle([*conflict, verdict]).training
    assert (row.category, row.kind) == ("ecology", "settled")
    later = judged(category="civility", kind="settled", origin="d", at="2026-12-02")
    assert settle([*conflict, verdict, later]).training[0].category == "civility"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file()}  # fmt: skip


def test_pulling_twice_changes_nothing_not_even_on_another_day(tmp_path: Path) -> None:
    fresh = [judged(text, origin=text) for text in MATTERS]
    fresh.append(judged(MATTERS[1], "ecology", origin="other"))
    first = pull(tmp_path, fresh, today=DAY)
    before = snapshot(tmp_path)
    second = pull(tmp_path, fresh, today=date(2026, 12, 1))
    assert snapshot(tmp_path) == before
    assert (first.new, second.new, second.changed) == (7, 0, 0)
    assert (second.training, second.conflicts) == (first.training, first.conflicts)


def test_a_later_pull_is_complete_without_giving_a_file_again(tmp_path: Path) -> None:
    first = pull(tmp_path, [judged(picked="doubt")], today=DAY)
    done = pull(tmp_path, [judged(MATTERS[1], picked="doubt")], today=date(2026, 11, 26))
    assert done.training and {m.text for m in read_labelled([done.training])} == set(MATTERS[:2])
    assert first.training is not None
    assert [p.name for p in (tmp_path / "earlier").iterdir()] == [first.training.name]
    assert len(read_labelled([tmp_path])) == 2, "the folder itself can be trained on"


def test_a_changed_decision_changes_its_row_and_keeps_its_side(tmp_path: Path) -> None:
    one = judged(origin="submission:1", picked="random")
    pull(tmp_path, [one], today=DAY)
    changed = replace(one, category="ecology", picked="")
    done = pull(tmp_path, [changed], today=DAY)
    assert (done.new, done.changed, done.total) == (0, 1, 1)
    assert [j.category for j in done.settled.held_out] == ["ecology"]


def test_the_list_of_conflicts_is_not_written_over(tmp_path: Path) -> None:
    """Somebody may have filled it in and not handed it back yet."""
    conflict = [judged(origin="a"), judged(category="ecology", origin="b")]
    listed = pull(tmp_path, conflict, today=DAY).conflicts
    assert listed is not None
    listed.write_bytes(b"filled in")
    more = [judged(MATTERS[1], origin="c"), judged(MATTERS[1], "ecology", origin="d")]
    assert pull(tmp_path, conflict, today=DAY).conflicts == listed
    assert pull(tmp_path, more, today=DAY).conflicts != listed
    assert listed.read_bytes() == b"filled in"


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    pull(tmp_path, [judged()], today=DAY)
    (tmp_path / "state/ledger.jsonl").write_text("{}\n", "utf-8")
    with pytest.raises(DataFileError, match=r"ledger\.jsonl 第 1 行不是本程序写的"):
        pull(tmp_path, [], today=DAY)


def test_nothing_of_a_pull_can_enter_a_repository_or_be_read_by_others(tmp_path: Path) -> None:
    done = pull(tmp_path, [judged(picked="doubt")], today=DAY)
    assert (tmp_path / ".gitignore").read_text("utf-8") == "*\n"
    assert done.training and done.training.stat().st_mode & 0o077 == 0
    assert (tmp_path / "state/ledger.jsonl").stat().st_mode & 0o077 == 0


def write(path: Path, columns: str, *rows: tuple[str, ...]) -> Path:
    names = columns.split()
    with open_writer(path, names) as writer:
        for row in rows:
            writer.write(row, dict(zip(names, row, strict=True)))
    return path


def read(path: Path, taxonomy: Taxonomy, **options: Any) -> Any:
    return read_judgements(path, taxonomy, DESKS, at="2026-11-25", **options)


def test_names_mean_their_codes_and_personal_data_is_masked(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    path = write(
        tmp_path / "标注.xlsx", "编号 内容 类别 topic department weight urgency",
        ("7", "河里有污水，电话13800138000", "生态环境", "sewage", "州生态环境局", "0.5", "urgent"),
        ("8", "还没有人看过", "", "", "", "", ""),
    )  # fmt: skip
    found = read(path, taxonomy)
    [one] = found.judgements
    assert found.blank == 1
    assert (one.id, one.category, one.topic) == ("7", "ecology", "sewage")
    assert (one.department, one.worth, one.kind) == ("environment", 0.5, "labelled")
    assert one.urgency == "urgent"
    assert "13800138000" not in one.text and "［手机号］" in one.text


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("", "ecology", "", "", ""), "没有留言文字"),
        (("路烂了", "修路", "", "", ""), "没有“修路”这个类别；请改成：公共服务"),
        (("路烂了", "ecology", "roads", "", ""), "主题“roads”不属于类别“ecology”"),
        (("路烂了", "ecology", "", "财神庙", ""), "没有“财神庙”这个部门"),
        (("路烂了", "ecology", "", "", "一半"), "weight 应当大于 0"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(
    tmp_path: Path, taxonomy: Taxonomy, row: tuple[str, ...], reason: str
) -> None:
    path = write(tmp_path / "a.csv", "text category topic department weight", row)
    found = read(path, taxonomy)
    assert not found.judgements
    assert (found.unusable[0].row, reason in found.unusable[0].reason) == ("2", True)


TAGGED = "text category topic department confidence needs_review"


def test_a_machines_own_labels_are_not_taken_for_peoples(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    row = ("河里有污水", "ecology", "sewage", "environment", "0.9", "")
    path = write(tmp_path / "a.csv", TAGGED, row)
    with pytest.raises(InputError, match=r"a\.csv 是 wuwei tag 的结果.*人工类别"):
        read(path, taxonomy)
    [weak] = read(path, taxonomy, label_column="category").judgements
    assert weak.kind == "accepted"


def test_beside_a_machines_label_agreeing_is_accepting_and_differing_is_correcting(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    row = ("河里有污水", "ecology", "sewage", "environment", "0.9", "")
    path = write(
        tmp_path / "a.csv", f"{TAGGED} 人工类别",
        (*row, "生态环境"), (*row, "公共服务"), (*row, ""),
    )  # fmt: skip
    found = read(path, taxonomy)
    assert [(j.kind, j.topic) for j in found.judgements] == [
        ("accepted", "sewage"),
        ("corrected", None),
    ]
    assert found.blank == 1


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with fresh_store("sqlite", tmp_path, Clock()) as opened:
        yield opened


def run(store: Store, folder: Path, *arguments: str) -> Result:
    url = store._engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(
        corpus, ["pull", "--database", url, "-o", str(folder), *arguments], catch_exceptions=False
    )


def decide(
    store: Store, one: Submission, category: str, who: str, *, saw: bool = True
) -> Submission:
    decision = Decision(category=category, department="housing", decided_by=who, saw_suggestion=saw)
    return store.decide(one.id, decision, expected_version=one.version)


def test_decisions_are_pulled_by_kind_and_add_up(store: Store, tmp_path: Path) -> None:
    for i, text in enumerate(MATTERS):
        one, _ = store.add(new(text=text, topic=None, departments=[]))
        if i == 0:
            decide(store, one, "public_services", "王小芳")
        elif i == 1:
            decide(store, one, "ecology", "王小芳")
        elif i == 2:
            decide(store, one, "industry", "王小芳", saw=False)
        elif i == 3:  # two clerks of different minds
            decide(store, decide(store, one, "civility", "王小芳"), "ecology", "李大山")
        elif i == 4:  # one clerk who thought again
            decide(store, decide(store, one, "civility", "王小芳"), "public_services", "王小芳")
    store.add_key("王小芳", "intake")
    done = run(store, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "这次读到 6 条判断（照单接受 2、改过 3、独立判定 1）" in done.output
    assert "至今共 6 条" in done.output and "有分歧 2" in done.output
    rows = [
        json.loads(line)
        for path in (tmp_path / "out").glob("**/*-20*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    weights = {row["text"]: row["weight"] for row in rows}
    assert weights == {MATTERS[0]: 0.3, MATTERS[1]: 1, MATTERS[2]: 1, MATTERS[4]: 0.3}
    assert {row["role"] for row in rows} == {"intake"}
    assert all(row["source"] == f"submission:{row['id']}" and row["model"] for row in rows)
    everything = b"".join(snapshot(tmp_path / "out").values()).decode("utf-8", "ignore")
    assert "王小芳" not in everything and "李大山" not in everything


def test_a_conflict_is_settled_by_handing_the_list_back(store: Store, tmp_path: Path) -> None:
    one, _ = store.add(new(text=MATTERS[3]))
    decide(store, decide(store, one, "civility", "甲"), "ecology", "乙")
    run(store, tmp_path / "out")
    [listed] = (tmp_path / "out/review").glob("conflicts-*.xlsx")
    [table] = open_tables(listed)
    rows = [list(row.values) for row in table.rows()]
    assert len(rows) == 2
    rows[0][-1] = "乡风文明"
    filled = tmp_path / "定.xlsx"
    with open_writer(filled, table.columns) as writer:
        for row in rows:
            writer.write(row, {})
    done = run(store, tmp_path / "out", "--labelled", str(filled))
    assert "有分歧 0" in done.output and "重复 2" in done.output
    [path] = (tmp_path / "out").glob("**/*-20*.jsonl")
    [message] = read_labelled([path])
    assert (message.category, message.weight) == ("civility", 1)


def test_texts_for_evaluation_stay_out_without_being_named_again(
    store: Store, tmp_path: Path
) -> None:
    one, _ = store.add(new(text=MATTERS[0]))
    decide(store, one, "public_services", "甲")
    gold = write(tmp_path / "gold.csv", "text", (f"{MATTERS[0]}，谢谢",), (MATTERS[1],))
    assert "避开评测 1" in run(store, tmp_path / "out", "--held-out", str(gold)).output
    two, _ = store.add(new(text=f"{MATTERS[1]}。"))
    decide(store, two, "ecology", "甲")
    done = run(store, tmp_path / "out")
    assert "避开评测 2" in done.output and "训练 0 ＋ 留出 0" in done.output


def test_unusable_rows_are_listed_and_the_exit_code_says_so(store: Store, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", "text category", ("路烂了请来修", "修路"), (MATTERS[0], "其他")
    )
    done = run(store, tmp_path / "out", "--labelled", str(path))
    assert done.exit_code == 3
    [listed] = (tmp_path / "out/review").glob("rejected-*.csv")
    assert "a.csv,2,没有“修路”这个类别" in listed.read_text("utf-8-sig")
    assert "训练 1" in done.output or "留出 1" in done.output


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite3"
    with pytest.raises(InputError, match=r"还没有服务的数据库 .*none\.sqlite3"):
        CliRunner().invoke(
            corpus, ["pull", "--database", f"sqlite:///{missing}"], catch_exceptions=False
        )
    assert not missing.exists()

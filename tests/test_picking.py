"""What is picked to label: doubtful, unlike one another, and a tenth by chance."""

import csv
import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from pipeline import registry
from pipeline.cli import cli
from pipeline.documents import read_document
from pipeline.errors import InputError, OutputError
from pipeline.home import models_dir
from pipeline.model import Model
from pipeline.near_duplicates import group_near_duplicates
from pipeline.picking import RANDOM, UNCERTAIN, doubts, pick, spread_out
from pipeline.records import Document
from pipeline.segmenter import Segmenter

# Who, what and where are about as long: two texts that share two of them are no copies.
_WHO = ("张家坝三组的老住户们", "集市上卖菜的几个小贩", "每天放学的几个小娃儿",
        "常年跑货车的几位师傅", "山上守林子的两个老汉", "街口开面馆的那对夫妻")  # fmt: skip
_WHAT = ("盼着路灯早点亮起来", "嫌河里的水又黑又臭", "愁今年茶青没有人收", "怨隔壁天天打麻将",
         "想问医保到底怎么缴", "说自来水管冻裂两根")  # fmt: skip
_WHERE = ("就在老粮站后头那一截路上", "从大桥头到学堂门口这一段", "整个冬天几乎都是这个样子")


@pytest.fixture(scope="module")
def documents(segmenter: Segmenter) -> list[Document]:
    texts = [f"{who}{what}，{where}" for who, what, where in product(_WHO, _WHAT, _WHERE)]
    read = [read_document(text, segmenter, id=str(i)) for i, text in enumerate(texts)]
    return [d for d in read if isinstance(d, Document)]


def test_a_tenth_is_random_and_comes_first(model: Model, documents: list[Document]) -> None:
    picked = pick(model, documents, 20)
    assert [one.how for one in picked] == [RANDOM] * 2 + [UNCERTAIN] * 18
    assert all(documents[one.position] is one.document for one in picked)


def test_the_same_seed_picks_the_same(model: Model, documents: list[Document]) -> None:
    assert pick(model, iter(documents), 20, seed=3) == pick(model, documents, 20, seed=3)


def test_the_random_tenth_is_drawn_evenly_from_everything(
    model: Model, documents: list[Document]
) -> None:
    """Over 60 seeds every third of the messages, by doubt, gets about a third of the draws."""
    doubt = doubts(model.category_probabilities(documents).astype(float))
    third = np.argsort(np.argsort(doubt)) * 3 // len(doubt)
    drawn = Counter(
        int(third[one.position])
        for seed in range(60)
        for one in pick(model, documents, 20, seed=seed)
        if one.how == RANDOM
    )
    assert sum(drawn.values()) == 120
    assert all(25 <= drawn[part] <= 55 for part in range(3))


def test_doubtful_messages_are_preferred(model: Model, documents: list[Document]) -> None:
    doubt = doubts(model.category_probabilities(documents).astype(float))
    picked = [one for one in pick(model, documents, 20) if one.how == UNCERTAIN]
    assert np.mean([one.doubt for one in picked]) > doubt.mean()
    assert [one.doubt for one in picked] == pytest.approx([doubt[one.position] for one in picked])


def test_of_copies_one_is_picked(model: Model, documents: list[Document]) -> None:
    copies = [replace(documents[i % 8], id=f"copy-{i}") for i in range(40)]
    picked = pick(model, copies, 20)
    groups = group_near_duplicates([one.document.text for one in picked])
    assert len(picked) == len(set(groups)) <= 8


def test_a_message_posted_very_often_pushes_no_other_out(
    model: Model, documents: list[Document]
) -> None:
    doubt = doubts(model.category_probabilities(documents).astype(float))
    most = documents[int(doubt.argmax())]
    picked = pick(model, [*[most] * 300, *documents], 10)
    assert len(picked) == 10
    assert sum(one.document.text == most.text for one in picked) == 1


@pytest.mark.parametrize("offered", [0, 1, 5])
def test_fewer_are_picked_where_there_are_not_so_many(
    offered: int, model: Model, documents: list[Document]
) -> None:
    apart = [documents[i] for i in (0, 40, 80, 20, 60)][:offered]
    assert sorted(one.document.id for one in pick(model, apart, 50)) == sorted(d.id for d in apart)


def test_one_message_is_picked_for_its_doubt(model: Model, documents: list[Document]) -> None:
    assert [one.how for one in pick(model, documents, 1)] == [UNCERTAIN]


def test_none_is_no_number_of_messages(model: Model) -> None:
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        pick(model, [], 0)


@st.composite
def doubtful_rows(draw: st.DrawFn) -> tuple[np.ndarray, csr_matrix]:
    rows = draw(st.integers(1, 12))
    raw = draw(arrays(float, (rows, 4), elements=st.floats(0.125, 1)))
    doubt = draw(arrays(float, rows, elements=st.floats(0, 1)))
    return doubt, csr_matrix(raw / np.sqrt((raw**2).sum(axis=1, keepdims=True)))


@settings(deadline=None)
@given(doubtful_rows(), st.integers(1, 15))
def test_spreading_out_picks_each_row_once_and_the_most_doubtful_first(
    case: tuple[np.ndarray, csr_matrix], count: int
) -> None:
    doubt, features = case
    picked = spread_out(doubt, features, count)
    assert len(picked) == len(set(picked)) == min(count, len(doubt))
    assert picked[0] == int(doubt.argmax())
    assert spread_out(doubt, features, count + 1)[: len(picked)] == picked


# The command.


@pytest.fixture
def messages(tmp_path: Path, model: Model, documents: list[Document]) -> Path:
    registry.save(replace(model, name="default"), models_dir())
    path = tmp_path / "留言.csv"
    rows = [[d.id, f"13800138000{d.text}", "ecology" if d.id == "7" else ""]
            for d in documents]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([["编号", "内容", "category"], *rows, ["x", "", ""]])
    return path


def wuwei(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pick", *arguments], catch_exceptions=False)


def test_the_command_writes_masked_rows_to_fill_in(messages: Path) -> None:
    output = messages.with_name("picked.csv")
    done = wuwei(str(messages), "-n", "20", "-o", str(output))
    with output.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert done.exit_code == 0 and done.stdout == ""
    assert "107 条里挑出 20 条，其中随机 2 条（留作评测）" in done.stderr
    assert "已有 category 的 1 行，读不出的 1 行" in done.stderr
    assert list(rows[0]) == ["id", "text", "category", "picked", "source", "row"]
    assert all(row["text"].startswith("［手机号］") and row["category"] == "" for row in rows)
    assert all(int(row["row"]) == int(row["id"]) + 2 for row in rows)
    assert "7" not in {row["id"] for row in rows}


def test_without_an_output_lines_of_json_are_printed(messages: Path) -> None:
    rows = [json.loads(line) for line in wuwei(str(messages), "-n", "10").stdout.splitlines()]
    assert Counter(row["picked"] for row in rows) == {"random": 1, "uncertain": 9}
    assert {row["source"] for row in rows} == {"留言.csv"}


def test_a_file_with_nothing_to_label_is_refused(messages: Path) -> None:
    messages.write_text("内容,category\n路烂了,public_services\n", "utf-8")
    with pytest.raises(InputError, match=r"留言\.csv 里没有可挑的留言"):
        wuwei(str(messages))


def test_the_input_is_not_overwritten(messages: Path) -> None:
    with pytest.raises(OutputError, match=r"留言\.csv 就是输入文件"):
        wuwei(str(messages), "-o", str(messages))


def test_none_cannot_be_asked_for(messages: Path) -> None:
    assert wuwei(str(messages), "-n", "0").exit_code == 2

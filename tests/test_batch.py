"""Whole files: every row comes out once and in order, or is reported."""

import csv
import json
from pathlib import Path

import pytest

from pipeline.batch import ADDED, rejected_path, tag_files
from pipeline.errors import InputError, OutputError
from pipeline.tables import open_tables
from pipeline.triage import Triage

LINES = [
    ["编号", "标题", "内容", "日期"],
    ["01", "污水", "污水直接排进河里，电话13800138000", "2026-03-01"],
    ["02", "", "", "2026-03-02"],
    ["03", "麻将", "麻将馆通宵打牌赌钱", "2026-03-03"],
    ["04", "长", "长" * 1_000_000, ""],
    ["05", "多", "路烂了", "", "多余"],
]


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(LINES)
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_row_comes_out_in_order_or_is_reported(
    triage: Triage, messages: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    summary = tag_files([messages], output, triage)
    rows, rejected = table(output), table(rejected_path(output))
    assert list(rows[0]) == [*LINES[0], *ADDED]
    assert [row["编号"] for row in rows] == ["01", "03"]
    assert [row["category"] for row in rows] == ["ecology", "civility"]
    assert rows[0]["日期"] == "2026-03-01"
    assert [(r["row"], r["id"], r["reason"]) for r in rejected] == [
        ("3", "02", "empty_text"),
        ("5", "04", "text_too_long"),
        ("6", "", "unreadable_row"),
    ]
    assert (summary.tagged, summary.rejected) == (2, 3)


def test_without_rejected_rows_there_is_no_list_of_them(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "a.txt", tmp_path / "out.csv"
    source.write_text("污水直排\n", "utf-8")
    tag_files([source], output, triage)
    assert not rejected_path(output).exists()


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_the_format_does_not_change_the_result(
    triage: Triage, messages: Path, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"out{suffix}"
    tag_files([messages], output, triage)
    [read] = open_tables(output)
    at = read.columns.index("category")
    assert [row.values[at] for row in read.rows()] == ["ecology", "civility"]


def test_json_lines_carry_the_item_and_the_other_columns(
    triage: Triage, messages: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    tag_files([messages], output, triage)
    first = json.loads(output.read_text("utf-8").splitlines()[0])
    assert (first["id"], first["category"]) == ("01", "ecology")
    assert first["input"] == {"日期": "2026-03-01"}


def test_masking_reaches_every_cell(triage: Triage, messages: Path, tmp_path: Path) -> None:
    for name in ("out.csv", "out.jsonl"):
        tag_files([messages], tmp_path / name, triage, masked=True)
        written = (tmp_path / name).read_text("utf-8-sig")
        assert "13800138000" not in written and "手机号" in written


def test_several_files_make_one_table_with_all_columns(triage: Triage, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("内容,甲\n污水直排,1\n", "utf-8")
    (tmp_path / "b.csv").write_text("乙,内容\n2,麻将赌博\n", "utf-8")
    tag_files([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "out.csv", triage)
    rows = table(tmp_path / "out.csv")
    assert [(r["内容"], r["甲"], r["乙"]) for r in rows] == [
        ("污水直排", "1", ""),
        ("麻将赌博", "", "2"),
    ]


def test_an_input_column_keeps_its_name(triage: Triage, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("内容,category\n污水直排,旧\n", "utf-8")
    tag_files([tmp_path / "a.csv"], tmp_path / "out.csv", triage)
    [row] = table(tmp_path / "out.csv")
    assert (row["category"], row["category_tagged"]) == ("旧", "ecology")


def test_an_input_is_never_overwritten(triage: Triage, messages: Path) -> None:
    before = messages.read_bytes()
    with pytest.raises(OutputError, match="就是输入文件"):
        tag_files([messages], messages, triage)
    assert messages.read_bytes() == before


def test_nothing_is_left_behind_when_an_input_is_bad(triage: Triage, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("甲,乙\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="没有找到留言正文列"):
        tag_files([tmp_path / "a.csv"], tmp_path / "out.csv", triage)
    (tmp_path / "b.csv").write_text("内容\n", "utf-8")
    with pytest.raises(InputError, match="输入里没有数据行"):
        tag_files([tmp_path / "b.csv"], tmp_path / "out.csv", triage)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_a_row_that_excel_cannot_hold_is_reported(triage: Triage, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"内容,备注\n污水直排,{'长' * 40_000}\n污水,\n", "utf-8")
    summary = tag_files([tmp_path / "a.csv"], tmp_path / "out.xlsx", triage)
    assert (summary.tagged, summary.rejected) == (1, 1)
    assert "Excel" in table(tmp_path / "out.xlsx.rejected.csv")[0]["detail"]


def test_a_damaged_file_is_told_from_one_with_a_damaged_row(triage: Triage, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    lines = ["村口的路灯坏了三盏，晚上看不见路"] * 40
    good.write_text("\n".join([*lines, "路灯锟斤拷锟斤拷坏了"]), "utf-8")
    bad.write_text("\n".join(line.encode().decode("gb18030", "replace") for line in lines), "utf-8")
    summary = tag_files([good, bad], tmp_path / "out.jsonl", triage)
    damage = {Path(name).name: d for name, d in summary.statistics.files.items()}
    assert not damage["good.txt"].looks_damaged
    assert damage["good.txt"].garbled == 1
    assert damage["bad.txt"].looks_damaged
    assert damage["bad.txt"].corruption > 0.5


@pytest.mark.parametrize("masked", [False, True])
def test_a_garbled_row_is_flagged_masked_or_not(
    triage: Triage, tmp_path: Path, masked: bool
) -> None:
    source, output = tmp_path / "in.txt", tmp_path / "out.jsonl"
    source.write_text("电话13800138000，路灯锟斤拷锟斤拷坏了\n", "utf-8")
    tag_files([source], output, triage, masked=masked)
    item = json.loads(output.read_text("utf-8"))
    assert "garbled" in item["review_reasons"]
    [garbled] = item["garbled"]
    assert item["text"][garbled["start"] : garbled["end"]] == garbled["text"] == "…"
    assert ("13800138000" in item["text"]) is not masked

"""Folders as they are found: every file is tagged or reported, and nothing hangs."""

import csv
import os
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner

from pipeline.batch import Reading, rejected_path, tag_files
from pipeline.batch.inputs import find_inputs
from pipeline.batch.loading import LoadModel
from pipeline.cli import cli
from pipeline.errors import InputError
from pipeline.registry import save
from pipeline.tables import open_tables
from pipeline.triage import Triage

LINE = "污水直接排进河里没人管"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_folder_is_read_in_order_without_what_the_run_writes(tmp_path: Path) -> None:
    folder = tmp_path / "年"
    (folder / "2019").mkdir(parents=True)
    for name in ("b.csv", "a.txt", "2019/c.csv", "Thumbs.db", "~$b.xlsx", "out.csv"):
        (folder / name).write_text("内容\n水\n", "utf-8")
    found = find_inputs([folder], output=folder / "out.csv")
    assert [str(path.relative_to(folder)) for path in found] == ["2019/c.csv", "a.txt", "b.csv"]


def test_a_pattern_names_files(tmp_path: Path) -> None:
    for name in ("2019a.csv", "2019b.csv", "2020.csv"):
        (tmp_path / name).write_text("内容\n水\n", "utf-8")
    found = find_inputs([tmp_path / "2019*.csv"], output=tmp_path / "out.csv")
    assert [path.name for path in found] == ["2019a.csv", "2019b.csv"]
    with pytest.raises(InputError, match=r"2021\*\.csv 里没有文件"):
        find_inputs([tmp_path / "2021*.csv"], output=tmp_path / "out.csv")


def test_titles_merged_cells_and_numbers_in_a_workbook(triage: Triage, tmp_path: Path) -> None:
    source = tmp_path / "台账.xlsx"
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet("三月")
        sheet.merge_range(0, 0, 0, 3, "二〇二四年三月留言台账")
        sheet.write_row(1, 0, ["编号", "乡镇", "留言内容", "电话"])
        sheet.merge_range(2, 1, 3, 1, "珠山镇")
        for i in range(2):
            sheet.write(2 + i, 0, 20240301001.0 + i)
            sheet.write(2 + i, 2, LINE)
            sheet.write(2 + i, 3, 13800138000.0)
        book.add_worksheet("封面").write(0, 0, "仅供内部使用")
    output = tmp_path / "out.jsonl"
    summary = tag_files([source], output, triage)
    [read] = [t for t in open_tables(output) if t.source == "out.jsonl"]
    at = [read.columns.index(name) for name in ("id", "input")]
    rows = [[row.values[i] for i in at] for row in read.rows()]
    assert rows == [
        ["20240301001", '{"乡镇": "珠山镇", "电话": "13800138000"}'],
        ["20240301002", '{"乡镇": "珠山镇", "电话": "13800138000"}'],
    ]
    assert [(one.source, one.reason) for one in summary.unreadable] == [
        ("台账.xlsx[封面]", "unreadable_table")
    ]


def test_the_text_column_is_guessed_and_the_guess_stated(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "a.csv", tmp_path / "out.csv"
    source.write_text(f"工单,说法,区\n1,{LINE},甲\n2,{LINE},乙\n", "utf-8")
    told: list[str] = []
    tag_files([source], output, triage, tell=told.append)
    assert told == ["a.csv：2 行；正文：说法（按内容猜的，可用 --text-column 指定）"]
    tag_files([source], output, triage, reading=Reading(id_column="工单"), tell=told.append)
    assert told[1].endswith("；编号：工单")
    with pytest.raises(InputError, match=r"没有名为 号 的列.*--id-column"):
        tag_files([source], output, triage, reading=Reading(id_column="号"))


def test_an_encoding_can_be_forced(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "a.csv", tmp_path / "out.jsonl"
    source.write_bytes(f"內容\n{'路燈壞了'}\n".encode("big5"))
    tag_files([source], output, triage, reading=Reading(("內容",), None, "big5"))
    assert "路灯坏了" in output.read_text("utf-8")
    for wrong, message in (("utf-8", "不是 utf-8 编码"), ("klingon", "没有 klingon 这种编码")):
        with pytest.raises(InputError, match=message):
            tag_files([source], output, triage, reading=Reading(("內容",), None, wrong))


def test_stray_quotes_and_line_breaks_lose_no_row(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "a.csv", tmp_path / "out.csv"
    source.write_text(
        f'编号,内容\n1,"{LINE}\n第二行"\n2,"{LINE}\n3,{LINE}\n4,"他说"{LINE}"就走了"\n5,{LINE}\n',
        "utf-8",
    )
    tag_files([source], output, triage)
    rows = table(output)
    assert [row["编号"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert rows[0]["内容"] == f"{LINE}\n第二行"
    assert all(LINE in row["内容"] for row in rows)


def test_formulas_are_not_run_and_numbers_stay_numbers(triage: Triage, tmp_path: Path) -> None:
    source, output = tmp_path / "a.csv", tmp_path / "out.csv"
    source.write_text(f"内容,备注\n{LINE},=HYPERLINK(1)\n@{LINE},-3.5\n", "utf-8")
    tag_files([source], output, triage)
    assert [(row["内容"], row["备注"]) for row in table(output)] == [
        (LINE, "'=HYPERLINK(1)"),
        (f"'@{LINE}", "-3.5"),
    ]


def make_hostile(folder: Path) -> None:
    """Twenty kinds of file that something is wrong with, and two that are fine."""
    write = {
        "01空.csv": b"",
        "02只有表头.csv": "内容\n".encode(),
        "03其实是图片.csv": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "04其实是压缩包.csv": b"PK\x03\x04" + bytes(500),
        "05二进制.txt": bytes(range(256)) * 40,
        "06断了的编码.csv": "内容\n路".encode() + b"\xff\xff\xfe",
        "07不是工作簿.xlsx": b"not a workbook at all",
        "08截断的工作簿.xlsx": b"PK\x03\x04" + b"\x14\x00" * 40,
        "09旧格式.xls": b"\xd0\xcf\x11\xe0" + bytes(2000),
        "10改了名的旧格式.xlsx": b"\xd0\xcf\x11\xe0" + bytes(2000),
        "11坏的.jsonl": b'{"text": \n[1, 2]\nnull\n',
        "12坏的.parquet": b"PAR1" + bytes(100) + b"PAR1",
        "13不是文档.docx": b"hello",
        "14没有正文列.csv": "甲,乙\n1,2\n".encode(),
        "15零字节.txt": bytes(300),
        "16没有后缀": b"text",
        "17其他.pdf": b"%PDF-1.7",
        "18未闭合引号.csv": f'内容\n"{LINE}\n{LINE}\n'.encode(),
        "19参差.csv": f"编号,内容\n1\n2,{LINE},多,余\n".encode(),
        "好的.csv": f"内容\n{LINE}\n".encode("gb18030"),
        "好的.txt": f"{LINE}\n".encode("utf-16"),
    }
    for name, content in write.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "20炸弹.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", bytes(100_000_000))
    os.mkfifo(folder / "21管道.csv")
    (folder / "22死链接.csv").symlink_to(folder / "gone.csv")


def test_a_hostile_folder_is_tagged_or_reported_file_by_file(
    triage: Triage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "杂"
    folder.mkdir()
    make_hostile(folder)
    save(triage.model, tmp_path / "home" / "models")
    monkeypatch.setenv("WUWEI_HOME", str(tmp_path / "home"))
    output = tmp_path / "out.csv"
    arguments = ["tag", str(folder), "-o", str(output), "--model", triage.model.name]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 3, result.output
    rejected = table(rejected_path(output))
    reported = {row["file"] for row in rejected}
    tagged = {line.partition("：")[0] for line in result.output.splitlines() if " 行；" in line}
    assert reported | tagged == {path.name for path in folder.iterdir()}
    assert len(table(output)) == 4  # both good files, and both lines of the unclosed quote
    assert {row["reason"] for row in rejected} == {
        "unreadable_file", "unreadable_table", "empty_text", "unreadable_row",
    }  # fmt: skip
    assert all(row["detail"] for row in rejected)


def test_a_file_alone_that_cannot_be_read_is_a_sentence(
    triage: Triage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="不是有效的 Excel 工作簿"):
        tag_files([path], tmp_path / "out.csv", triage)
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_model_is_named_by_where_it_lies(tmp_path: Path) -> None:
    one, same = (LoadModel(tmp_path, "default", "default@1") for _ in range(2))
    assert one == same and hash(one) == hash(same)

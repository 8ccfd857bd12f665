"""Tables in and out, whatever Excel and old systems made of them."""

import csv
import json
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from pipeline.errors import InputError, OutputError
from pipeline.tables import choose_columns, open_tables, open_writer

HEADER, ROW = ["编号", "留言内容"], ["007", "路烂了，\n没人修"]


def rows_of(path: Path) -> list[tuple[str, ...]]:
    return [row.values for table in open_tables(path) for row in table.rows()]


def write_csv(path: Path, rows: list[list[str]], *, encoding: str, delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def write_xlsx(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.tsv", "\t"), ("b.csv", ";")])
def test_every_usual_encoding_and_delimiter_reads_the_same(
    tmp_path: Path, name: str, delimiter: str, encoding: str
) -> None:
    path = write_csv(tmp_path / name, [HEADER, ROW], encoding=encoding, delimiter=delimiter)
    [table] = open_tables(path)
    assert table.columns == tuple(HEADER)
    assert rows_of(path) == [tuple(ROW)]


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "a.xlsx", {"一": [HEADER, ROW], "空": [], "二": [HEADER, [8, "水"]]}
    )
    assert [table.source for table in open_tables(path)] == ["a.xlsx[一]", "a.xlsx[二]"]
    assert rows_of(path) == [tuple(ROW), ("8", "水")]


def test_json_lines_keep_nested_values_as_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"id": 7, "text": "水"}, {"text": "路", "tags": ["急"]}]
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    assert rows_of(path) == [("7", "水", ""), ("", "路", '["急"]')]


def test_a_text_file_has_a_message_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("路烂了\r\n\n停水了\n", "utf-8")
    [table] = open_tables(path)
    assert [(row.number, row.values) for row in table.rows()] == [
        (1, ("路烂了",)),
        (3, ("停水了",)),
    ]


def test_short_rows_are_filled_and_long_ones_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("编号,内容\n1\n\n2,水\n3,路,多,余\n4,电,,\n", "utf-8")
    [table] = open_tables(path)
    rows = list(table.rows())
    assert [row.number for row in rows] == [2, 4, 5, 6]
    assert [row.values for row in rows] == [("1", ""), ("2", "水"), (), ("4", "电")]
    assert rows[2].problem == "这一行有 4 个单元格，表头只有 2 个"


def test_nul_bytes_in_a_cell_do_not_end_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        "编号,内容\n1,路\x00烂了\n2,水\n".encode() + "3,很长很长的一行正常文字\n".encode() * 40
    )
    assert rows_of(path)[:2] == [("1", "路\x00烂了"), ("2", "水")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, r"找不到文件 .*none\.csv。请检查路径"),
        ("empty.csv", b"", r"empty\.csv 是空文件"),
        ("bom.csv", b"\xef\xbb\xbf\r\n", "是空文件"),
        ("book.csv", b"PK\x03\x04" + bytes(99), "内容是 xlsx/docx/zip，不是 .csv 文字表格"),
        ("image.csv", b"\x89PNG\r\n" + bytes(99), "内容是 png"),
        ("random.csv", bytes(range(256)) * 20, "是二进制文件"),
        ("broken.csv", "内容\n路烂了".encode() + b"\xff\xfe\xff", "既不是 UTF-8 也不是 GB18030"),
        ("book.xlsx", b"not a workbook", "不是有效的 Excel 工作簿"),
        ("a.jsonl", b"1\n[]\n", "没有一行是 JSON 对象"),
        ("a.pdf", b"%PDF", r"不支持 a\.pdf 这种文件。支持：\.csv"),
    ],
)
def test_bad_input_is_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        open_tables(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="是一个文件夹"):
        open_tables(tmp_path)


@pytest.mark.parametrize(
    ("columns", "text", "title", "id_"),
    [
        (["id", "留言详情", "一级标签"], (1,), None, 0),
        (["留言主题", "留言详情", "工单编号"], (1,), 0, 2),
        (["Text", " CONTENT "], (1,), None, None),
        (["正文", "内容"], (1,), None, None),
    ],
)
def test_columns_are_found_by_their_usual_names(
    columns: list[str], text: tuple[int, ...], title: int | None, id_: int | None
) -> None:
    found = choose_columns(columns, source="a.csv")
    assert (found.text, found.title, found.id) == (text, title, id_)


def test_named_columns_are_joined_in_that_order() -> None:
    found = choose_columns(["甲", "乙", "标题"], source="a.csv", text_columns=["乙", "甲"])
    assert found.message(["先", "后", "题"]) == "后\n先"


@pytest.mark.parametrize(
    ("text_columns", "message"),
    [
        ((), r"a\.csv 没有找到留言正文列。现有的列：甲、乙。请用 --text-column"),
        (("丙",), "没有名为 丙 的列。现有的列：甲、乙"),
    ],
)
def test_no_text_column_lists_the_columns_and_the_option(
    text_columns: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        choose_columns(["甲", "乙"], source="a.csv", text_columns=text_columns)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with open_writer(path, HEADER) as writer:
        writer.write(ROW, {})
        writer.write(["=1+1", "@x"], {})
    assert rows_of(path)[0] == tuple(ROW)


def test_excel_is_told_the_encoding_and_the_type(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.csv", HEADER):
        pass
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with open_writer(tmp_path / "a.xlsx", HEADER) as writer:
        writer.write(["007", "=1+1"], {})
    [sheet] = CalamineWorkbook.from_path(tmp_path / "a.xlsx").sheet_names
    cells = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_name(sheet).to_python()
    assert cells[1] == ["007", "=1+1"]


def test_nothing_is_left_of_a_write_that_failed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="power"), open_writer(tmp_path / "a.csv", HEADER):
        raise RuntimeError("power")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.doc", r"不能写成 a\.doc。支持：\.csv"), ("gone/a.csv", "文件夹不存在"), (".", "不能写")],
)
def test_a_target_that_cannot_be_written_is_refused(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(OutputError, match=message), open_writer(tmp_path / name, HEADER):
        raise AssertionError("the writer should not have opened")

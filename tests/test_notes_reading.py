"""Meeting notes come in as a person sees them, whatever they were written with."""

import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.errors import InputError
from pipeline.notes import from_text, read_notes
from pipeline.notes.docx import MOST_UNPACKED
from tests.word_files import levels, p, table, write_docx

CHINESE = levels(("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))


def texts(path: Path) -> list[str]:
    [note] = read_notes(path)
    return [paragraph.text for paragraph in note.paragraphs]


def test_automatic_numbers_are_written_out(tmp_path: Path) -> None:
    body = (
        p("会议情况", list_id=1) + p("群众反映", list_id=1) + p("修路", list_id=1, depth=1)
        + p("涵洞小了", list_id=1, depth=2) + p("边沟堵了", list_id=1, depth=2)
        + p("通水", list_id=1, depth=1) + p("另有一事") + p("办理", list_id=1)
        + p("限期", list_id=1, depth=1)
    )  # fmt: skip
    assert texts(write_docx(tmp_path / "a.docx", body, numbering=CHINESE)) == [
        "一、会议情况", "二、群众反映", "（一）修路", "1.涵洞小了", "2.边沟堵了", "（二）通水",
        "另有一事", "三、办理", "（一）限期",
    ]  # fmt: skip


def test_a_style_can_number_and_zero_takes_it_out(tmp_path: Path) -> None:
    styles = (
        '<w:style w:styleId="item"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    )
    body = p("修路", style="item") + p("旁白", style="item", list_id=0) + p("通水", style="item")
    path = write_docx(tmp_path / "a.docx", body, numbering=CHINESE, styles=styles)
    assert texts(path) == ["一、修路", "旁白", "二、通水"]


def test_tracked_deletions_are_left_out_and_insertions_kept(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>请修</w:t></w:r><w:del><w:r><w:delText>水管</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>村道</w:t></w:r></w:ins>"
        "<w:moveFrom><w:r><w:t>，急</w:t></w:r></w:moveFrom></w:p>"
    )
    assert texts(write_docx(tmp_path / "a.docx", body)) == ["请修村道"]


def test_rows_of_a_table_carry_their_headings_and_nested_tables_follow(tmp_path: Path) -> None:
    inner = f"<w:p><w:r><w:t>见下</w:t></w:r></w:p>{table(('户主', '亩数'), ('老杨', '3'))}"
    body = p("台账") + table(("序号", "诉求"), ("1", "修路"), ("2", inner))
    [note] = read_notes(write_docx(tmp_path / "a.docx", body))
    assert [q.text for q in note.paragraphs] == [
        "台账", "序号\t诉求", "1\t修路", "2\t见下", "户主\t亩数", "老杨\t3",
    ]  # fmt: skip
    assert note.paragraphs[2].fields == (("序号", "1"), ("诉求", "修路"))
    assert note.paragraphs[5].fields == (("户主", "老杨"), ("亩数", "3"))


def test_headers_and_text_boxes_are_read_once(tmp_path: Path) -> None:
    box = (
        "<w:p><w:r><w:t>正文</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>"
        f"{p('框里的话')}</w:txbxContent></mc:Choice><mc:Fallback><w:pict><v:textbox>"
        f"<w:txbxContent>{p('框里的话')}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    path = write_docx(tmp_path / "a.docx", box, header1=p("某镇院坝会"), header2=p("某镇院坝会"))
    [note] = read_notes(path)
    assert [(q.part, q.text) for q in note.paragraphs] == [
        ("header", "某镇院坝会"), ("body", "正文"), ("box", "框里的话"),
    ]  # fmt: skip


def test_paragraphs_lead_back_to_the_text(tmp_path: Path) -> None:
    [note] = read_notes(write_docx(tmp_path / "a.docx", p("修路") + p("") + p("通水")))
    assert [note.text[q.start : q.end] for q in note.paragraphs] == ["修路", "通水"]
    assert [q.number for q in note.paragraphs] == [1, 2]


def test_markdown_loses_its_marks_and_keeps_its_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "# 院坝会\n\n- **老杨**：修路\n\n| 人 | 事 |\n|---|:--|\n| 老李 | 通水 |\n\n单 | 线\n",
        "utf-8",
    )
    [note] = read_notes(path)
    assert [q.text for q in note.paragraphs] == [
        "院坝会", "老杨：修路", "人\t事", "老李\t通水", "单 | 线",
    ]  # fmt: skip
    assert note.paragraphs[3].fields == (("人", "老李"), ("事", "通水"))


def test_a_sheet_is_a_note(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "台账.xlsx") as book:
        for name in ("一月", "二月"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["序号", "诉求"])
            sheet.write_row(1, 0, ["1", f"{name}修路"])
    notes = read_notes(tmp_path / "台账.xlsx")
    assert [n.paragraphs[1].fields[1] for n in notes] == [
        ("诉求", "一月修路"),
        ("诉求", "二月修路"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("时间：三月五日\n老杨：路烂了\n".encode(encoding))
    assert texts(path) == ["时间：三月五日", "老杨：路烂了"]


def test_pasted_text_is_a_note() -> None:
    assert [q.text for q in from_text("一、修路\r\n  \n二、通水").paragraphs] == [
        "一、修路",
        "二、通水",
    ]


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b" " * (MOST_UNPACKED + 1))


def entities(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "word/document.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><w:document>&a;</w:document>'
        )


def cut(path: Path) -> None:
    write_docx(path, p("修路"))
    path.write_bytes(path.read_bytes()[:200])


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("a.docx", lambda f: f.write_bytes(b"PK\x03\x04nonsense"), "不是有效的 Word 文件"),
        ("a.docx", cut, "不是有效的 Word 文件"),
        ("a.docx", lambda f: f.write_bytes(b"\xd0\xcf\x11\xe0" * 9), "有密码保护，或其实是旧的"),
        ("a.docx", bomb, "不像一份会议记录，没有打开"),
        ("a.docx", entities, "不安全的 XML 声明"),
        ("a.docx", lambda f: write_docx(f, p(" ")), "里没有文字"),
        ("a.doc", lambda f: f.write_bytes(b"x"), r"不支持 a\.doc.*\.docx \.txt \.md \.xlsx"),
        ("a.txt", lambda f: f.write_bytes(b""), "是空文件"),
        ("none.txt", lambda f: None, "找不到文件"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(
    tmp_path: Path, name: str, make: object, message: str
) -> None:
    assert callable(make)
    make(tmp_path / name)
    with pytest.raises(InputError, match=message):
        read_notes(tmp_path / name)

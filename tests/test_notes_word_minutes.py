"""Minutes as Word writes them, cut to the character: numbers, nested table, tracked changes."""

from pathlib import Path

from pipeline.notes import read_notes
from pipeline.notes.splitting import split
from tests.word_files import levels, p, table, write_docx


def tracked(before: str, deleted: str, inserted: str, after: str) -> str:
    """A paragraph somebody has changed: a deletion and an insertion not yet accepted."""
    return (
        f"<w:p><w:r><w:t>{before}</w:t></w:r>"
        f'<w:del w:id="1" w:author="甲"><w:r><w:delText>{deleted}</w:delText></w:r></w:del>'
        f'<w:ins w:id="2" w:author="甲"><w:r><w:t>{inserted}</w:t></w:r></w:ins>'
        f"<w:r><w:t>{after}</w:t></w:r></w:p>"
    )


def test_minutes_with_numbering_a_nested_table_and_tracked_changes(tmp_path: Path) -> None:
    inner = table(("材料", "数量"), ("涵管", "12根"))
    body = (
        p("龙洞村屋场会记录")
        + p("时间：三月八日  地点：覃家老屋场")
        + p("群众反映的问题", list_id=1)
        + p("道路", list_id=1, depth=1)
        + p("覃大爷：水沟堵了三年，一下雨路上全是水。请挖开清一清。", list_id=1, depth=2)
        + tracked("老周：桥头的灯", "昨天", "去年", "就瞎了，晚上看不见。")
        + p("办理台账", list_id=1)
        + table(
            ("序号", "诉求", "办理情况"),
            ("1", "水渠漏水，想换涵管", p("已报镇水利站") + inner),
            ("2", "学校门口没有斑马线", "已画好"),
        )
        + p("散会。")
    )
    path = write_docx(
        tmp_path / "屋场会.docx",
        body,
        numbering=levels(
            ("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")
        ),
    )
    [note] = read_notes(path)
    register = "二、办理台账"
    road = "一、群众反映的问题 / （一）道路"
    assert [(s.text, s.heading, s.speaker, s.column) for s in split(note)] == [
        ("龙洞村屋场会记录", "", "", ""),
        ("时间：三月八日  地点：覃家老屋场", "", "", ""),
        ("一、群众反映的问题", "", "", ""),
        ("（一）道路", "一、群众反映的问题", "", ""),
        ("1.覃大爷：水沟堵了三年，一下雨路上全是水。", road, "覃大爷", ""),
        ("请挖开清一清。", road, "覃大爷", ""),
        ("老周：桥头的灯去年就瞎了，晚上看不见。", road, "老周", ""),
        ("二、办理台账", "", "", ""),
        ("序号\t诉求\t办理情况", "", "", ""),
        ("1", register, "", "序号"),
        ("水渠漏水，想换涵管", register, "", "诉求"),
        ("已报镇水利站", register, "", "办理情况"),
        ("材料\t数量", "", "", ""),
        ("涵管", register, "", "材料"),
        ("12根", register, "", "数量"),
        ("2", register, "", "序号"),
        ("学校门口没有斑马线", register, "", "诉求"),
        ("已画好", register, "", "办理情况"),
        ("散会。", register, "", ""),
    ]

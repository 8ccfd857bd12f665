"""A note is cut into what one person says on one thing, and no character is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.notes import from_text
from pipeline.notes.note import Piece, join_pieces
from pipeline.notes.splitting import read_fields, split


def said(text: str) -> list[str]:
    return [segment.text for segment in split(from_text(text))]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("灯坏了。水管也漏，请来看！", ["灯坏了。", "水管也漏，请来看！"]),
        ("讲两点：一是灯坏了；二是水管漏", ["讲两点：", "一是灯坏了；", "二是水管漏"]),
        ("第一，修路。第二，通水。", ["第一，修路。", "第二，通水。"]),
        ("①修路②通水③装灯", ["①修路", "②通水", "③装灯"]),
        ("1.修路3.5公里；2.通水", ["1.修路3.5公里；", "2.通水"]),
        ("（1）修路（2）通水", ["（1）修路", "（2）通水"]),
        ("这件事一是一、二是二", ["这件事一是一、二是二"]),
        (
            "大家围绕共享停车场、飞线整治、旅游公厕等问题提了建议。",
            ["大家围绕", "共享停车场、", "飞线整治、", "旅游公厕", "等问题提了建议。"],
        ),
        ("买了米、油、面", ["买了米、油、面"]),
        (
            "桥头的护栏松了，几位家长提议加一道网，还有老人盼着装个座椅。",
            ["桥头的护栏松了，", "几位家长提议加一道网，", "还有老人盼着装个座椅。"],
        ),
        ("任职三年，她先后提出建议17件。", ["任职三年，她先后提出建议17件。"]),
        ("这件事，镇上会以代表建议的形式往上报。", ["这件事，镇上会以代表建议的形式往上报。"]),
        ("会前，联络站收集意见建议，逐条登记。", ["会前，联络站收集意见建议，逐条登记。"]),
        ("第一次来，第二个孩子上学", ["第一次来，第二个孩子上学"]),
        ("他说：“灯坏了。”就走了。", ["他说：“灯坏了。”", "就走了。"]),
    ],
)
def test_items_sentences_and_lists_are_cut(text: str, segments: list[str]) -> None:
    assert said(text) == segments


@pytest.mark.parametrize(
    ("line", "speaker"),
    [
        ("老杨：路烂了", "老杨"),
        ("【村民】路烂了", "村民"),
        ("发言人1：路烂了", "发言人1"),
        ("王主任（镇人大）：路烂了", "王主任（镇人大）"),
        ("问题：路烂了", ""),
        ("群众诉求：路烂了", ""),
        ("路烂了，老杨说：快修", ""),
        ("一、老杨：路烂了", ""),
    ],
)
def test_speakers_are_told_from_other_words_with_a_colon(line: str, speaker: str) -> None:
    [segment] = split(from_text(line))
    assert segment.speaker == speaker


def test_a_turn_lasts_until_another_speaks_or_a_heading_comes() -> None:
    note = from_text("老杨：路烂了\n水也没有\n老李：灯坏了\n二、领导讲话\n今天很好")
    assert [(s.speaker, s.text) for s in split(note)] == [
        ("老杨", "老杨：路烂了"), ("老杨", "水也没有"), ("老李", "老李：灯坏了"),
        ("", "二、领导讲话"), ("", "今天很好"),
    ]  # fmt: skip


def test_a_chat_export_names_the_speaker_on_a_line_of_its_own() -> None:
    segments = split(from_text("张三 2024/5/1 10:32\n路灯坏了\n李四 10:35\n收到"))
    assert [(s.speaker, s.is_field) for s in segments] == [
        ("", True), ("张三", False), ("", True), ("李四", False),
    ]  # fmt: skip


def test_segments_know_the_headings_they_stand_under() -> None:
    note = from_text(
        "一、群众反映\n（一）道路\n1.桥窄，要加宽。\n（二）饮水\n水浑。\n二、下步工作\n完。"
    )
    headings = {s.text: s.heading for s in split(note)}
    assert headings["1.桥窄，要加宽。"] == "一、群众反映 / （一）道路"
    assert headings["水浑。"] == "一、群众反映 / （二）饮水"
    assert headings["完。"] == "二、下步工作"


def test_cells_carry_the_heading_of_their_column() -> None:
    row = Piece(
        "1\t路烂了。灯也坏了\t已派人",
        (("序号", "1"), ("诉求", "路烂了。灯也坏了"), ("进展", "已派人")),
    )
    note = join_pieces("a", [Piece("序号\t诉求\t进展"), row])
    assert [(s.column, s.text) for s in split(note)][1:] == [
        ("序号", "1"), ("诉求", "路烂了。"), ("诉求", "灯也坏了"), ("进展", "已派人"),
    ]  # fmt: skip


def test_the_head_of_a_note_becomes_fields() -> None:
    note = from_text(
        "会议时间：三月五日\n地点：老杨家院坝  参会人员：李明、王芳\n记录：小陈\n时间：四月"
    )
    assert read_fields(note) == {
        "时间": "三月五日", "地点": "老杨家院坝", "参会人员": "李明、王芳", "记录": "小陈",
    }  # fmt: skip


BITS = [
    "老杨：", "路烂了", "。", "\n", "一、", "（二）", "①", "②", "一是", "二是", "、", "等问题",
    "围绕", "时间：", " ", "\t", "！", "1.", "2.", "张三 10:32",
]  # fmt: skip


@given(st.lists(st.sampled_from(BITS), max_size=40))
def test_every_character_is_in_exactly_one_segment(bits: list[str]) -> None:
    note = from_text("".join(bits))
    segments = split(note)
    assert "".join(note.text[s.start : s.end] for s in segments) == note.text
    assert all(s.text == note.text[s.start : s.end].strip() for s in segments)
    assert all(s.text for s in segments)

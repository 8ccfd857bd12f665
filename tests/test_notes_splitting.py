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
        (
            "会上，村民反映较多的断头路、水浑两个问题，请尽快办。",
            ["会上，", "村民反映较多的", "断头路、", "水浑", "两个问题，", "请尽快办。"],
        ),
        (
            "没销号的还有桥窄、灯不亮等12件。",
            ["没销号的还有", "桥窄、", "灯不亮", "等12件。"],
        ),
        ("去年反映的桥窄、灯不亮等问题均已解决。", ["去年反映的桥窄、灯不亮等问题均已解决。"]),
        ("他们围绕搭建平台、征集微心愿开展活动", ["他们围绕搭建平台、征集微心愿开展活动"]),
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
        ("10:32 老杨：路烂了", "老杨"),
        ("3.老杨：路烂了", "老杨"),
        ("药材合作社 谭经理：路烂了", "药材合作社 谭经理"),
        ("问题：路烂了", ""),
        ("群众诉求：路烂了", ""),
        ("路烂了，老杨说：快修", ""),
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


@pytest.mark.parametrize(
    "line",
    [
        "[00:03:48] 发言人2",
        "2024/9/2 18:05 班主任余老师",
        "发言人2 00:03:48",
        "8 返乡青年 刘洋",
        "李会计：",
    ],
)
def test_a_line_that_only_names_the_speaker_says_nothing_itself(line: str) -> None:
    first, second = split(from_text(f"{line}\n灯坏了"))
    assert first.is_field
    assert (second.text, bool(second.speaker)) == ("灯坏了", True)


def test_a_name_that_comes_back_on_its_own_line_is_a_speaker() -> None:
    note = from_text("老杨\n路烂了\n李会计\n记下了\n老杨\n灯坏了\n李会计\n好的")
    assert [(s.speaker, s.text) for s in split(note) if not s.is_field] == [
        ("老杨", "路烂了"), ("李会计", "记下了"), ("老杨", "灯坏了"), ("李会计", "好的"),
    ]  # fmt: skip


def test_what_stands_around_a_list_is_its_frame() -> None:
    segments = split(from_text("村民反映桥窄、灯不亮等问题。水也浑。"))
    assert [(s.text, s.is_item, s.is_frame) for s in segments] == [
        ("村民反映", False, True), ("桥窄、", True, False), ("灯不亮", True, False),
        ("等问题。", False, True), ("水也浑。", False, False),
    ]  # fmt: skip


def test_the_notes_own_name_is_no_item_of_it() -> None:
    first, second = split(from_text("龙洞村院坝夜话记录\n路灯坏了"))
    assert (first.is_field, second.is_field) == (True, False)


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

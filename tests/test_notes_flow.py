"""A note in, tagged asks out; every segment has a kind."""

from pathlib import Path

import pytest

from pipeline.corpus import LabelledMessage
from pipeline.errors import DataFileError
from pipeline.home import data_path
from pipeline.notes import NoteReader, from_text
from pipeline.notes.hints import KINDS, Hints
from pipeline.notes.kinds import train_kinds
from pipeline.records import TaggedItem
from pipeline.segmenter import Segmenter
from pipeline.triage import Triage

# A few segments of each kind, far apart; for plumbing, not for quality.
_SEGMENTS = {
    "ask": (
        "污水直接排进河里没人管",
        "请把村口的路修一修",
        "麻将馆通宵打牌吵人",
        "茶叶卖不出去求销路",
    ),
    "promise": (
        "由水利站牵头月底前完成",
        "镇里承诺下周派人",
        "责成住建局限期整改",
        "下一步将安排资金",
    ),
    "done": ("已经修复并恢复通行", "问题现场解决完毕", "去年已新建并投用", "目前已全部通水"),
    "praise": ("感谢代表热心帮忙", "乡亲们都夸干得好", "送来锦旗表示感谢", "给工作队点赞"),
    "procedure": ("主持人宣布会议开始", "到会群众三十二人", "会议进行第二项议程", "散会"),
    "narrative": (
        "全村共有三百二十户",
        "近年来产业不断壮大",
        "我们坚持人民至上",
        "这里海拔一千二百米",
    ),
}
NOTE = """院坝夜话记录
地点：宣恩县珠山镇老杨家院坝
一、群众反映的问题
老杨：厂里的污水直接排进河里没人管。感谢代表热心帮忙。
二、下一步安排
由水利站牵头，月底前完成。散会。"""


@pytest.fixture(scope="module")
def reader(triage: Triage, segmenter: Segmenter) -> NoteReader:
    segments = [
        LabelledMessage(f"{kind}-{i}-{j}", f"{text}{'。！；'[j]}", kind)
        for kind, texts in _SEGMENTS.items()
        for i, text in enumerate(texts)
        for j in range(3)
    ]
    hints = Hints.from_file(data_path("notes.toml"))
    return NoteReader(triage, train_kinds(segments, segmenter), hints)


def test_only_asks_become_rows_and_they_are_tagged_where_they_belong(reader: NoteReader) -> None:
    note = from_text(NOTE, source="记录.txt")
    [row] = reader.asks(note)
    assert row.ask.text == "厂里的污水直接排进河里没人管。"
    assert isinstance(row.outcome, TaggedItem)
    assert row.outcome.prediction.category == "ecology"
    assert row.outcome.routing.place == "宣恩县/珠山镇"
    record = row.to_dict()
    assert (record["source"], record["speaker"], record["paragraph"]) == ("记录.txt", "老杨", 4)
    assert note.text[record["start"] : record["end"]].strip().endswith(record["ask"])
    assert record["item"]["category"] == "ecology"


def test_every_segment_has_a_kind_and_together_they_are_the_note(reader: NoteReader) -> None:
    note = from_text(NOTE)
    segments = reader.segments(note)
    assert "".join(note.text[s.segment.start : s.segment.end] for s in segments) == note.text
    assert {s.kind for s in segments} <= set(KINDS)
    kinds = {s.segment.text: s.kind for s in segments}
    assert kinds["由水利站牵头，月底前完成。"] == "promise"
    assert kinds["感谢代表热心帮忙。"] == "praise"
    assert kinds["一、群众反映的问题"] == "procedure"


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("二、群众反映的问题", "ask"),
        ("一、办理情况", "done"),
        ("一、群众诉求 / （二）办理情况", "done"),
        ("三、下一步工作安排", "promise"),
        ("（一）道路", None),
    ],
)
def test_headings_hint_at_what_stands_below(heading: str, kind: str | None) -> None:
    assert Hints.from_file(data_path("notes.toml")).kind_of(heading) == kind


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.toml"
    path.write_text('[headings]\nwish = ["心愿"]\n', "utf-8")
    with pytest.raises(DataFileError, match=r"\[headings\] 里的 'wish' 不认识"):
        Hints.from_file(path)

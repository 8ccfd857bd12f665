"""Cutting a note into segments: who speaks, under which heading, one item or sentence each.

Nothing is lost: the segments cover the note's text in order, every character in exactly one.
What a segment is (an ask, a promise, procedure …) is not decided here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from pipeline.notes.lists import find_lists, item_starts
from pipeline.notes.note import COLUMN_NAMES, Note, Paragraph
from pipeline.notes.plain import plain_note
from pipeline.notes.speakers import speaker_lines, speaker_of

_FIELD_NAMES = (
    "时间|地点|地址|主持人?|参加人员?|参会人员?|参与人员?|出席人员?|列席人员?|到场代表|到场人员?|"
    "缺席人员?|请假人员?|记录人员?|记录|整理人?|主题|议题|名称|召集人|审核人?|抄送|签到|参加单位"
)
_FIELD = re.compile(rf"(?:^|(?<=[\s　；;，,]))(?:会议|活动|本次)?({_FIELD_NAMES})\s*[:：]\s*")
_MARKERS = (
    re.compile(r"[一二三四五六七八九十]{1,3}[、.．]"),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]"),
    re.compile(r"\d{1,2}(?:[、.．](?!\d)|\s*[)）])"),
    re.compile(r"[（(]\d{1,2}[）)]"),
    re.compile(r"[①-⑳]"),
)
_SENTENCE_END = re.compile(
    r"[。！？!?；;…]+[”’」』\"）)]*|(?<=[一-鿿])\.(?=[一-鿿]|$)|\n|<br\s*/?>"
)
_PEOPLE = (
    "人|群众|村民|居民|代表|选民|委员|老人|家长|商户|网友|业主|党员|农户|师傅|父母|职工|学生|司机|"
    "种植户|养殖户"
)
# Somebody else comes in in the middle of a sentence: …，还有人盼着…，几位家长提议…
# A person must be named: in 提出建议31件 and 以代表建议的形式 nobody speaks.
_NEW_VOICE = re.compile(
    rf"，(?=(?:还|也|又|另)?有(?:的|些|位|个|名|户|不少|几|{_PEOPLE})"
    r"[^，。；、]{0,16}(?:说|讲|提议|提出|反映|建议|希望|盼|想|要求|请求|担心|抱怨|呼吁|问)"
    rf"|[^，。；、]{{0,10}}(?:{_PEOPLE})们?(?:[都也还又则])?(?<!代表)(?:提议|反映|建议|请求|呼吁|盼望|希望|抱怨|投诉)"
    r"(?!的|书|意见|被|者|量|率|件|\d)"
    r"|[^，。；、]{0,10}代表们?(?:[都也还又则])?(?:提议|反映|请求|呼吁|盼望|希望)(?!的|书|意见|件|\d))"
)
# Something else comes in in the middle of a sentence: …，另冬季饲草缺口大
_NEXT_MATTER = re.compile(r"，(?=(?:另外?|还有|此外|再就是|再一个|再有|顺便)[^，。；！？]{4,})")
_LONGEST_HEADING = 28
# The note's own name: 龙洞村院坝夜话记录, in one of the first lines.
_TOP = 3
_NOTE_NAME = re.compile(
    r"[^，。；！？]{0,40}(?:记录|纪要|简报|汇报|总结|报告|台账|清单|通报|座谈会|日志|摘要|汇总|简讯|实录|纪实)"
    r"(?:表|稿|单)?(?:[（(][^）)]{1,20}[）)])?"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a note that says one thing.

    Attributes:
        text: what it says, without line breaks around it.
        start, end: its characters in `Note.text`; they touch the next segment's.
        paragraph: number of the paragraph it begins in.
        speaker: who says it, '' where nobody is named.
        heading: the headings it stands under, outermost first, joined by ` / `.
        column: for a cell of a table, the column's heading.
        is_heading, is_field: a heading, or a line such as `地点：…`.
        is_item: an item of a list of matters inside a sentence (`反映停车难、飞线等问题`).
        is_frame: what stands around such a list and says nothing without it.
    """

    text: str
    start: int
    end: int
    paragraph: int
    speaker: str = ""
    heading: str = ""
    column: str = ""
    is_heading: bool = False
    is_field: bool = False
    is_item: bool = False
    is_frame: bool = False


def read_fields(note: Note) -> dict[str, str]:
    """Return what the note's head says: 时间, 地点, 主持人 …, the first of each.

    >>> from pipeline.notes import from_text
    >>> read_fields(from_text("时间：三月五日  地点：老杨家院坝\\n主持：李明"))
    {'时间': '三月五日', '地点': '老杨家院坝', '主持': '李明'}
    """
    found: dict[str, str] = {}
    for paragraph in note.paragraphs:
        matches = list(_FIELD.finditer(paragraph.text))
        if not matches or matches[0].start() > 0:
            continue
        ends = [m.start() for m in matches[1:]] + [len(paragraph.text)]
        for match, end in zip(matches, ends, strict=True):
            found.setdefault(match.group(1), paragraph.text[match.end() : end].strip(" ；;，,\t　"))
    return found


def split(note: Note) -> list[Segment]:
    """Cut a note into segments that cover all of its text, in order."""
    found = list(_segments(plain_note(note)))
    if not found:
        return []
    starts = [0, *(segment.start for segment in found[1:]), len(note.text)]
    return [
        replace(segment, start=start, end=end, text=note.text[start:end].strip())
        for segment, (start, end) in zip(found, pairwise(starts), strict=True)
    ]


def _segments(note: Note) -> Iterator[Segment]:
    speaker, headings = "", [""] * len(_MARKERS)
    turns = speaker_lines(note)
    for paragraph, following in pairwise([*note.paragraphs, None]):
        assert paragraph is not None
        if paragraph.fields:
            yield from _cells(paragraph, " / ".join(h for h in headings if h))
            continue
        if paragraph.number in turns or _says_nothing(paragraph):
            speaker = turns.get(paragraph.number, "")
            yield Segment(
                paragraph.text, paragraph.start, paragraph.end, paragraph.number, is_field=True
            )
            continue
        depth = _heading_depth(paragraph.text)
        if depth is None and not speaker and _is_title(paragraph, following):
            depth = 0
        if depth is not None:
            headings[depth:] = [paragraph.text, *[""] * (len(_MARKERS) - depth - 1)]
            speaker = ""
        path = " / ".join(h for h in headings[: depth if depth is not None else None] if h)
        if depth is not None or _FIELD.match(paragraph.text):
            yield Segment(
                paragraph.text, paragraph.start, paragraph.end, paragraph.number,
                heading=path, is_heading=depth is not None, is_field=depth is None,
            )  # fmt: skip
            continue
        named, body = speaker_of(paragraph.text)
        speaker = named or speaker
        if named and body == len(paragraph.text):
            yield Segment(
                paragraph.text, paragraph.start, paragraph.end, paragraph.number, is_field=True
            )
            continue
        for piece in _cut(paragraph.text, body):
            yield Segment(
                paragraph.text[piece.start : piece.end],
                paragraph.start + piece.start,
                paragraph.start + piece.end,
                paragraph.number,
                speaker,
                path,
                is_item=piece.is_item,
                is_frame=piece.is_frame,
            )


def _cells(paragraph: Paragraph, heading: str) -> Iterator[Segment]:
    """A segment a cell; a long cell is cut like a paragraph."""
    start = 0
    for column, cell in paragraph.fields:
        for piece in _cut(cell, 0) if cell else []:
            yield Segment(
                cell[piece.start : piece.end],
                paragraph.start + start + piece.start,
                paragraph.start + start + piece.end,
                paragraph.number,
                heading=heading,
                column=column,
                is_item=piece.is_item,
                is_frame=piece.is_frame,
            )
        start += len(cell) + 1


def _says_nothing(paragraph: Paragraph) -> bool:
    """Whether it names the columns of a table, or at the top the note itself."""
    top = paragraph.number <= _TOP and _NOTE_NAME.fullmatch(paragraph.text) is not None
    return top or paragraph.part == COLUMN_NAMES


def _heading_depth(text: str) -> int | None:
    """Return the level of a heading, or None where the paragraph is none."""
    for depth, marker in enumerate(_MARKERS):
        match = marker.match(text)
        if match:
            rest = text[match.end() :].strip()
            short = len(rest) <= _LONGEST_HEADING and not re.search(r"[，。；！？、]", rest)
            return depth if short and depth < 2 else None
    return None


def _is_title(paragraph: Paragraph, following: Paragraph | None) -> bool:
    """Whether a short line without a stop stands above a paragraph of whole sentences."""
    text = paragraph.text
    if len(text) > _LONGEST_HEADING or not text[-1].isalnum() or following is None:
        return False
    below = following.text
    return not following.fields and len(below) > 2 * _LONGEST_HEADING and below[-1] in "。；！"


class _Piece(NamedTuple):
    """Where a piece of a paragraph stands, and what it is of a list."""

    start: int
    end: int
    is_item: bool
    is_frame: bool


def _cut(text: str, body: int) -> list[_Piece]:
    """Cut a paragraph at its numbered items, its sentences, and the lists inside them."""
    lists, items = find_lists(text, body), item_starts(text, body)
    edges = {0, len(text), *items, *lists.edges()}
    edges.update(match.end() for match in _SENTENCE_END.finditer(text, body))
    edges.update(match.end() for match in _NEW_VOICE.finditer(text, body))
    edges.update(match.end() for match in _NEXT_MATTER.finditer(text, body))
    return [
        _Piece(a, b, (a, b) in lists.items, (a, b) in lists.frames or b <= body or b in items[:1])
        for a, b in pairwise(sorted(edges))
        if text[a:b].strip()
    ]

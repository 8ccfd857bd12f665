"""Cutting a note into segments: who speaks, under which heading, one item or sentence each.

Nothing is lost: the segments cover the note's text in order, every character in exactly one.
What a segment is (an ask, a promise, procedure …) is not decided here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.notes.note import Note, Paragraph

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
# Items that run on inside a paragraph: 一是…二是…, 第一…第二…, ①…②…, 1.…2.…
_INLINE = (
    re.compile(r"(?<![十百])([一二三四五六七八九十])(?:是|要|则)(?!\1)"),
    re.compile(r"第([一二三四五六七八九十])(?:[，、,：:]|(?=[^\d次个届条章年组村轮批阶季节期]))"),
    re.compile(r"([①-⑳])"),
    re.compile(r"[（(]([\d一二三四五六七八九十]{1,2})[）)]"),
    re.compile(r"(?<![\d.])(\d{1,2})[、.．](?!\d)"),
    re.compile(r"(其[一二三四五六七八九])[，、,：:]?"),
)
_SPEAKER = re.compile(
    r"(?:【(?P<bracketed>[^】]{1,16})】[:：]?|\[(?P<square>[^\]]{1,16})\][:：]"
    r"|(?P<plain>[^\s，。！？；：:、“”\"]{1,10}(?:[（(][^）)]{1,16}[）)])?)\s*[:：])\s*"
)
_CHAT = re.compile(
    r"(?P<name>\S.{0,20}?)\s+(?:\d{2,4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?\s*)?"
    r"(?:[上下]午|凌晨|晚上)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
)
_NO_SPEAKER = re.compile(
    r".*(?:问题|建议|诉求|答复|回复|备注|注意|例如|比如|如下|内容|情况|意见|原因|办法|措施|要求|目标|"
    r"任务|结果|进展|工作|单位|部门|责任|时限|电话|日期|编号|类别|心愿|事项|需求|议程|决定|附|注|是|说明)$"
)
_SENTENCE_END = re.compile(r"[。！？!?；;…]+[”’」』\"）)]*|\n")
_LIST = re.compile(
    r"(?:围绕|反映|提出|聚焦|针对|收集到?|梳理出?|涉及|主要有|包括|关于|就)(?:了|的)?"
    r"(?P<items>[^，。；！？：:、“”]{2,24}(?:、[^，。；！？：:、]{2,24})+"
    r"(?:[和及以与][^，。；！？：:、]{2,24})?)"
    r"(?=等?(?:方面)?(?:的)?(?:\d+[个件条项]|[一二三四五六七八九十几多]+[个件条项])?(?:\w{0,4})?"
    r"(?:问题|诉求|意见|建议|心愿|事项|需求|难题))"
)
_LONGEST_HEADING = 28


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
    found = list(_segments(note))
    if not found:
        return []
    starts = [0, *(segment.start for segment in found[1:]), len(note.text)]
    return [
        replace(segment, start=start, end=end, text=note.text[start:end].strip())
        for segment, (start, end) in zip(found, pairwise(starts), strict=True)
    ]


def _segments(note: Note) -> Iterator[Segment]:
    speaker, headings = "", [""] * len(_MARKERS)
    for paragraph in note.paragraphs:
        if paragraph.fields:
            yield from _cells(paragraph)
            continue
        depth = _heading_depth(paragraph.text)
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
        chat = _CHAT.fullmatch(paragraph.text)
        if chat:
            speaker = chat["name"].strip()
            yield Segment(
                paragraph.text, paragraph.start, paragraph.end, paragraph.number, is_field=True
            )
            continue
        named, body = _speaker_of(paragraph.text)
        speaker = named or speaker
        for start, end in _cut(paragraph.text, body):
            yield Segment(
                paragraph.text[start:end], paragraph.start + start, paragraph.start + end,
                paragraph.number, speaker, path,
            )  # fmt: skip


def _cells(paragraph: Paragraph) -> Iterator[Segment]:
    """A segment a cell; a long cell is cut like a paragraph."""
    start = 0
    for heading, cell in paragraph.fields:
        for low, high in _cut(cell, 0) if cell else []:
            yield Segment(
                cell[low:high], paragraph.start + start + low, paragraph.start + start + high,
                paragraph.number, column=heading,
            )  # fmt: skip
        start += len(cell) + 1


def _heading_depth(text: str) -> int | None:
    """Return the level of a heading, or None where the paragraph is none."""
    for depth, marker in enumerate(_MARKERS):
        match = marker.match(text)
        if match:
            rest = text[match.end() :].strip()
            short = len(rest) <= _LONGEST_HEADING and not re.search(r"[，。；！？、]", rest)
            return depth if short and depth < 2 else None
    return None


def _speaker_of(text: str) -> tuple[str, int]:
    """Return who speaks at the beginning of a paragraph, and where the speech starts."""
    match = _SPEAKER.match(text)
    if match is None:
        return "", 0
    name = next(n for n in match.groupdict().values() if n)
    if _NO_SPEAKER.match(name) or any(marker.match(name) for marker in _MARKERS):
        return "", 0
    return name, match.end()


def _cut(text: str, body: int) -> list[tuple[int, int]]:
    """Cut a paragraph at its items, its sentences, and the lists inside them."""
    edges = {0, len(text)}
    items = _item_starts(text, body)
    edges.update(items)
    for match in _SENTENCE_END.finditer(text, body):
        edges.add(match.end())
    for match in _LIST.finditer(text, body):
        edges.update(_list_edges(text, match))
    ordered = sorted(edges)
    return [(a, b) for a, b in pairwise(ordered) if text[a:b].strip()]


def _item_starts(text: str, body: int) -> list[int]:
    """Return where items begin that count on from each other (一是…二是…)."""
    for pattern in _INLINE:
        found = list(pattern.finditer(text, body))
        run = _counting(found)
        if len(run) > 1:
            return [match.start() for match in run]
    return []


def _counting(found: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    run: list[re.Match[str]] = []
    for match in found:
        if _ordinal(match.group(1)) == len(run) + 1:
            run.append(match)
    return run


_ORDINALS: Mapping[str, int] = {
    **{sign: i for i, sign in enumerate("一二三四五六七八九十", 1)},
    **{chr(ord("①") + i): i + 1 for i in range(20)},
}


def _ordinal(sign: str) -> int:
    sign = sign.removeprefix("其")
    return int(sign) if sign.isascii() and sign.isdigit() else _ORDINALS.get(sign, 0)


def _list_edges(text: str, match: re.Match[str]) -> Iterator[int]:
    """Yield where the items of a list inside a sentence begin (after each 、 and 和)."""
    start, end = match.span("items")
    for sign in re.finditer(r"、|(?<=[^\s])[和及](?=[^\s、]{2,24}$)", text[start:end]):
        yield start + sign.end()

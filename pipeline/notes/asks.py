"""From segments to asks: what one person wants on one matter, ready to tag and route."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.normalise import normalise
from pipeline.notes.hints import ASK, MATTER
from pipeline.notes.kinds import KindedSegment
from pipeline.notes.note import Note
from pipeline.notes.splitting import Segment, read_fields

_BACKGROUND = "narrative"
# What goes on about the same matter rather than opening another.
_FOLLOWS = re.compile(
    r"(?:希望|请|恳请|盼|望|建议|要求|能不能|可不可以|最好|尽快|早点|赶紧|不然|否则|这样|这个|这件|那|它|他们|所以|因此|"
    r"而且|特别是|尤其|再这样|搞得|害得|弄得|导致|造成|已经|到现在|至今|打过|找过|反映过|问过|每次|一到)"
)
_OPENS = re.compile(r"(?:还有|另外|再|第二|其次|另|顺便|再一个|再就是|此外|同时|也想)")
_NUMBER = re.compile(
    r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．]\s*|[①-⑳]\s*|[一二三四五六七八九十]是|第[一二三四五六七八九十][，、：]?)"
)
_SPEAKER = re.compile(
    r"^(?:【[^】]{1,16}】[:：]?|\[[^\]]{1,16}\][:：]|[^\s，。！？；：:]{1,22}[:：])\s*"
)
# What is shorter hardly opens a matter of its own in the middle of a turn.
_SHORT = 9
# Two segments with this share of the shorter one's character pairs are about one matter.
_SAME_MATTER = 0.3


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, as said, and where it stands.

    Attributes:
        text: as said, without the number or the speaker's name in front.
        context: the headings it stands under and the note's place, for the reader.
        place: the note's 地点, '' where it names none.
        segments: the segments it was made of, in order.
    """

    text: str
    context: str
    place: str
    segments: tuple[KindedSegment, ...]

    @property
    def start(self) -> int:
        """Its first character in `Note.text`."""
        return self.segments[0].segment.start

    @property
    def end(self) -> int:
        """The end of its last character in `Note.text`."""
        return self.segments[-1].segment.end

    @property
    def speaker(self) -> str:
        """Who asks, '' where nobody is named."""
        return self.segments[0].segment.speaker

    @property
    def heading(self) -> str:
        """The innermost heading it stands under, without its number."""
        return _NUMBER.sub("", self.segments[0].segment.heading.rpartition(" / ")[2])

    @property
    def in_register(self) -> bool:
        """Whether it is the cell of a table."""
        return bool(self.segments[0].segment.column)

    @property
    def paragraph(self) -> int:
        """The number of the paragraph it begins in."""
        return self.segments[0].segment.paragraph


def find_asks(note: Note, kinded: Sequence[KindedSegment]) -> list[Ask]:
    """Join the segments of a note to asks, in order.

    A follow-up by the same speaker on the same matter joins the ask before it; so does the
    background told right before it in the same paragraph. Two matters in one turn are two.
    """
    place = read_fields(note).get("地点", "")
    return [_make(group, place) for group in _groups(kinded)]


def _groups(kinded: Sequence[KindedSegment]) -> Iterator[list[KindedSegment]]:
    background: list[KindedSegment] = []
    group: list[KindedSegment] = []
    listed = 0  # the paragraph of the last item of a list
    for one in kinded:
        if one.segment.is_field and group:
            continue  # whether the turn goes on shows in what is said next
        if group and not _same_turn(group[-1], one):
            yield group
            group = []
        if background and not _same_paragraph(background[-1].segment, one.segment):
            background = []
        if one.segment.is_item:
            background, listed = [], one.segment.paragraph
        if one.kind == ASK:
            if group and _goes_on(group, one):
                group.append(one)
            elif listed == one.segment.paragraph and _only_urges(one.segment):
                pass  # 反映停车难、飞线等问题，请尽快解决: said of the items, which stand already
            else:
                if group:
                    yield group
                group = [*background, one]
            background = []
        elif one.kind == _BACKGROUND and _is_told(one.segment):
            background.append(one)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _same_turn(before: KindedSegment, after: KindedSegment) -> bool:
    """Whether the same person goes on under the same heading, in the same cell.

    Two columns of a register that both say what is wanted (问题, 建议) speak of one matter.
    """
    one, other = before.segment, after.segment
    if one.column or other.column:
        cells = one.column == other.column or before.role == after.role == MATTER
        return one.paragraph == other.paragraph and cells
    # In a chat the speaker's name has a line of its own between.
    near = other.paragraph - one.paragraph <= 2 if one.speaker else True
    same = one.speaker == other.speaker and one.heading == other.heading
    return near and same and (bool(one.speaker) or one.paragraph == other.paragraph)


def _is_told(segment: Segment) -> bool:
    """Whether somebody says it, so that it can be the background of what they ask."""
    return bool(segment.speaker) and not segment.is_frame


def _only_urges(segment: Segment) -> bool:
    return bool(_FOLLOWS.match(segment.text)) and len(segment.text) < 2 * _SHORT


def _same_paragraph(one: Segment, other: Segment) -> bool:
    return one.paragraph == other.paragraph and one.column == other.column


def _goes_on(group: Sequence[KindedSegment], one: KindedSegment) -> bool:
    if group[-1].segment.column != one.segment.column:
        return True
    text = _SPEAKER.sub("", one.segment.text)
    if _NUMBER.match(text) or _OPENS.match(text):
        return False
    if one.segment.is_item or group[-1].segment.is_item:
        return False  # items of one list are asks of their own
    if _FOLLOWS.match(text) or len(text) < _SHORT:
        return True
    return _overlap("".join(g.segment.text for g in group), text) >= _SAME_MATTER


def _overlap(one: str, other: str) -> float:
    """Return the share of the shorter text's character pairs that both have."""
    a, b = ({t[i : i + 2] for i in range(len(t) - 1)} for t in (one, other))
    return len(a & b) / max(1, min(len(a), len(b)))


def _make(group: Sequence[KindedSegment], place: str) -> Ask:
    first = group[0].segment
    text = "".join(one.segment.text for one in group)
    text = _NUMBER.sub("", _SPEAKER.sub("", text) if first.speaker else text)
    named = (normalise(part).text for part in first.heading.split(" / ") if part)
    headings = [_NUMBER.sub("", part) for part in named]
    context = " / ".join([*headings, *([place] if place else [])])
    return Ask(text.strip(" 、；;\t"), context, place, tuple(group))

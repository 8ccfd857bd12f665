"""From kinded segments to asks: joined where it is one matter, parted where it is two."""

import pytest

from pipeline.notes import from_text
from pipeline.notes.asks import find_asks
from pipeline.notes.kinds import KindedSegment
from pipeline.notes.note import Note, Piece, join_pieces
from pipeline.notes.splitting import split


def asks_of(note: Note, kinds: str) -> list[str]:
    """Cut a note, give the segments these kinds (a ask, n narrative, p procedure …), join."""
    names = {"a": "ask", "n": "narrative", "p": "procedure", "d": "done", "m": "promise"}
    segments = split(note)
    assert len(segments) == len(kinds), [s.text for s in segments]
    kinded = [KindedSegment(s, names[k], 1.0) for s, k in zip(segments, kinds, strict=True)]
    found = find_asks(note, kinded)
    for ask in found:
        assert ask.text[:4] in note.text[ask.start : ask.end]
    return [ask.text for ask in found]


@pytest.mark.parametrize(
    ("text", "kinds", "asks", "why"),
    [
        (
            "老杨：村口的灯坏了半年。希望快点修好。",
            "aa",
            ["村口的灯坏了半年。希望快点修好。"],
            "a follow-up on the same matter joins",
        ),
        (
            "老杨：村口的灯坏了。还有水管漏水。",
            "aa",
            ["村口的灯坏了。", "还有水管漏水。"],
            "two matters in one turn are two",
        ),
        (
            "老杨：灯坏了。\n老李：灯坏了。",
            "aa",
            ["灯坏了。", "灯坏了。"],
            "another speaker opens an ask of his own",
        ),
        (
            "老杨：这条路是前年修的。坑太多了，请补一下。",
            "na",
            ["这条路是前年修的。坑太多了，请补一下。"],
            "the background before it belongs to it",
        ),
        (
            "一是灯坏了；二是水管漏水。",
            "aa",
            ["灯坏了；"[:-1], "水管漏水。"],
            "items are asks of their own",
        ),
        (
            "围绕共享停车场、飞线整治、旅游公厕等问题提了建议。",
            "naaan",
            ["共享停车场", "飞线整治", "旅游公厕"],
            "so are items of a list in a sentence",
        ),
        (
            "灯坏了。镇里说月底修。还是灯的事。",
            "ama",
            ["灯坏了。", "还是灯的事。"],
            "a promise parts them",
        ),
        ("会议开始。", "p", [], "no ask, no row"),
    ],
)
def test_asks_are_joined_and_parted(text: str, kinds: str, asks: list[str], why: str) -> None:
    assert asks_of(from_text(text), kinds) == asks, why


def test_a_turn_goes_on_over_lines() -> None:
    note = from_text("老杨：村口的灯坏了。\n所以请快点修。")
    assert asks_of(note, "aa") == ["村口的灯坏了。所以请快点修。"]


def test_an_ask_carries_its_headings_and_its_place() -> None:
    note = from_text("地点：老杨家院坝\n一、群众反映\n（一）道路\n1.桥窄。")
    kinded = [KindedSegment(s, "ask" if "桥" in s.text else "procedure", 1.0) for s in split(note)]
    [ask] = find_asks(note, kinded)
    assert (ask.text, ask.place) == ("桥窄。", "老杨家院坝")
    assert ask.context == "群众反映 / 道路 / 老杨家院坝"
    assert ask.paragraph == 4


def test_cells_of_one_row_are_not_joined() -> None:
    row = Piece("灯坏了\t请修", (("诉求", "灯坏了"), ("建议", "请修")))
    note = join_pieces("a", [Piece("诉求\t建议"), row])
    assert asks_of(note, "paa") == ["灯坏了", "请修"]

"""Where a segment stands says what it is: its column, its neighbours."""

import numpy as np
import pytest

from pipeline.home import data_path
from pipeline.notes.context import context_features, fit_context, read_in_context
from pipeline.notes.hints import ASIDE, MATTER, REPLY, Hints, read_roles
from pipeline.notes.note import COLUMN_NAMES, Note, Piece, join_pieces
from pipeline.notes.splitting import split

KINDS = ("ask", "done")


@pytest.fixture(scope="module")
def hints() -> Hints:
    return Hints.from_file(data_path("notes.toml"))


def register(columns: tuple[str, ...], *rows: tuple[str, ...]) -> Note:
    names = Piece("\t".join(columns), part=COLUMN_NAMES)
    cells = [Piece("\t".join(row), tuple(zip(columns, row, strict=True))) for row in rows]
    return join_pieces("台账", [names, *cells])


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        (("编号", "诉求内容", "办理情况"), [ASIDE, MATTER, REPLY]),
        (("哪个讲的", "讲了点啥", "回音"), [ASIDE, MATTER, REPLY]),
        (("日期", "甲", "乙"), [ASIDE, MATTER, None]),
    ],
)
def test_columns_of_a_register_have_a_role(
    columns: tuple[str, ...], roles: list[str | None], hints: Hints
) -> None:
    row = ("老杨", "桥上的护栏松了，细娃儿过路怕得很", "好")
    segments = split(register(columns, row))
    found = dict(zip((s.column for s in segments), read_roles(segments, hints), strict=True))
    assert [found[column] for column in columns] == roles


def test_two_registers_in_one_note_are_read_apart(hints: Hints) -> None:
    one = register(("心愿", "甲"), ("修路", "一句很长很长很长很长的旁白"))
    pieces = [Piece(p.text, p.fields, p.part) for p in one.paragraphs]
    other = [Piece(p.text, p.fields, p.part) for p in register(("甲",), ("通水",)).paragraphs]
    segments = split(join_pieces("", [*pieces, Piece("散会。"), *other]))
    roles = {s.text: role for s, role in zip(segments, read_roles(segments, hints), strict=True)}
    assert roles["修路"] == MATTER
    assert roles["一句很长很长很长很长的旁白"] is None
    assert roles["通水"] == MATTER


def test_a_sentence_is_read_with_its_neighbours() -> None:
    rng = np.random.default_rng(0)
    notes, kinds = [], []
    for _ in range(60):  # what follows an ask is done, whatever it looks like by itself
        first = rng.random(8) < 0.5
        chance = np.where(first, 0.9, 0.1)
        rows = np.stack([chance, 1 - chance], axis=1).astype(np.float32)
        rows[1::2] = 0.5  # alone it says nothing
        notes.append((rows, ["话。"] * 8))
        kinds.append([KINDS[int(not first[i if i % 2 == 0 else i - 1])] for i in range(8)])
    head = fit_context(notes, kinds)
    rows = np.array([[0.9, 0.1], [0.5, 0.5]], np.float32)
    after_ask = read_in_context(head, rows, ["话。", "话。"])[1]
    done_first = np.array([[0.1, 0.9], [0.5, 0.5]], np.float32)
    after_done = read_in_context(head, done_first, ["话。", "话。"])[1]
    column = head.codes.index("ask")
    assert after_ask[column] > after_done[column] + 0.5


def test_nothing_tells_that_a_sentence_is_the_first() -> None:
    rows = np.array([[0.9, 0.1], [0.5, 0.5]], np.float32)
    first, second = context_features(rows, ["老杨：灯坏了？", "好"])
    assert first[2:4].tolist() == pytest.approx([0.7, 0.3])  # two before: the note's mean
    assert first[6:8].tolist() == [0.5, 0.5]
    assert second[4:6].tolist() == pytest.approx([0.9, 0.1])
    assert first[-7:].tolist() == pytest.approx([1, 0, 0.5, 0.07, 1, 0, 0])

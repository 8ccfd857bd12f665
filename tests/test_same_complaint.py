"""The same complaint is found by what it says and where, and by nothing else."""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.errors import DataFileError
from pipeline.same_complaint import (
    BANDS,
    PERMUTATIONS,
    SIMILAR,
    GroupSummary,
    are_compatible,
    bands,
    describe_groups,
    group,
    read_signature,
    signature_version,
    similarity,
    strip_boilerplate,
)
from pipeline.same_complaint.boilerplate import Boilerplate
from pipeline.same_complaint.places import intervals

LIGHT = "我们湾里那盏太阳能灯从端午节黑到现在，放学的娃娃打着手电走田埂，前天又有人掉进水沟。"
LIGHT_EDITED = "湾里那盏太阳能路灯从端午黑到现在，放学的娃娃打着手电筒走田埂，前天又有人跌进水沟。"
WATER = "水厂说检修两天，今天第九天了，楼上楼下都去河边提水，请问到底哪天来水，有没有个准信？"
LANTERN = "广场上的彩灯挂得太低，跳舞的阿姨伸手就能摸到电线，能不能往上移一米，再套一层管子？"
HEADS = ["", "尊敬的各位领导你们好：", "来电人反映，", "领导您好！打扰了，", "［姓名］："]
TAILS = ["", "请相关部门核实处理！", "望尽快回复，谢谢。", "2024年3月5日", "电话：138 0013 8000。"]


def signed(*texts: str) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    found = [read_signature(text) for text in texts]
    empty = np.zeros(PERMUTATIONS, dtype=np.uint32)
    rows = [empty if signature is None else signature for signature in found]
    matrix = np.array(rows, dtype=np.uint32).reshape(len(rows), PERMUTATIONS)
    return matrix, np.array([signature is not None for signature in found], dtype=bool)


def grouped(*rows: tuple[str, str]) -> list[int]:
    signatures, present = signed(*(text for text, _ in rows))
    return group(signatures, present, [place for _, place in rows]).tolist()


# Boilerplate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "，。！？ \n",
        "尊敬的领导您好！",
        "领导好，望回复，谢谢！",
        "来电人反映，请相关部门核实处理并回复。",
        "敬爱的书记：您好！请有关部门尽快解决，万分感谢！此致敬礼",
        "［姓名］ ［手机号］",
        "二〇二四年五月六日",
        "2024-05-06 12:30，139-0000-0000",
        "谢，谢！",
    ],
)
def test_a_message_of_nothing_but_boilerplate_is_empty_and_has_no_signature(text: str) -> None:
    assert strip_boilerplate(text) == ""
    assert read_signature(text) is None


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("tail", TAILS[:-1])
def test_courtesies_around_a_message_change_nothing(head: str, tail: str) -> None:
    assert strip_boilerplate(head + WATER + tail) == strip_boilerplate(WATER)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("３栋２单元的ＬＥＤ灯", "3栋2单元的led灯"),
        ("欠我4500元", "欠我4500元"),
        ("2024年5月6日晚上7点半", "晚上7点半"),
        ("五月六日凌晨，三月没来水", "凌晨三月没来水"),
        ("座机0718-8221234打不通", "座机打不通"),
        ("138****8000打不通", "打不通"),
        ("谢家湾停电", "谢家湾停电"),
    ],
)
def test_dates_and_numbers_of_telephones_go_and_other_numbers_stay(text: str, own: str) -> None:
    assert strip_boilerplate(text) == own


@given(st.lists(st.sampled_from([*"谢您好请望20年月日1:［］a。", "尽快", "领导", "反映", "İ"])))
def test_stripping_twice_is_stripping_once(pieces: list[str]) -> None:
    once = strip_boilerplate("".join(pieces))
    assert strip_boilerplate(once) == once


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('openings = ["您好"]', "缺少列表 closings、hotline"),
        ('openings = ["[您|你好"]\nclosings = []\nhotline = []', "“\\[您|你好”的括号没有配好"),
        ('openings = ["{谁}好"]\nclosings = []\nhotline = []', "{谁} 没有定义。\\[parts\\] 里有"),
        (
            'openings = ["[您|][好|]"]\nclosings = []\nhotline = []',
            "有 4 种说法，或者可以什么",
        ),
        (f'openings = ["{"[甲|乙]" * 15}"]\nclosings = []\nhotline = []', "有 32768 种说法"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "boilerplate.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(DataFileError, match=message):
        Boilerplate.from_file(path)


# Signatures


def pairs(text: str) -> set[str]:
    own = strip_boilerplate(text)
    return {own[i : i + 2] for i in range(len(own) - 1)}


@pytest.mark.parametrize("texts", list(combinations([LIGHT, LIGHT_EDITED, WATER, LANTERN], 2)))
def test_similarity_estimates_the_share_of_common_pairs(texts: tuple[str, str]) -> None:
    a, b = pairs(texts[0]), pairs(texts[1])
    signatures, _ = signed(*texts)
    # Three standard errors of 96 draws at most.
    assert similarity(*signatures) == pytest.approx(len(a & b) / len(a | b), abs=0.15)


def test_a_message_is_wholly_like_itself_whatever_stands_around_it() -> None:
    signatures, _ = signed(LIGHT, f"领导您好！{LIGHT}请尽快解决，谢谢！")
    assert similarity(*signatures) == 1.0


def test_an_edited_message_shares_a_band_and_another_does_not() -> None:
    light, edited, water = bands(signed(LIGHT, LIGHT_EDITED, WATER)[0])
    assert set(light.tolist()) & set(edited.tolist())
    assert not set(light.tolist()) & set(water.tolist())


def test_bands_of_many_are_the_bands_of_each() -> None:
    signatures, _ = signed(LIGHT, WATER)
    assert bands(signatures).shape == (2, BANDS)
    assert bands(signatures).tolist() == [bands(row).tolist() for row in signatures]


def test_equal_numbers_in_two_bands_make_two_hashes() -> None:
    assert len(set(bands(np.full(PERMUTATIONS, 7, dtype=np.uint32)).tolist())) == BANDS


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


def test_bands_are_the_same_in_every_process() -> None:
    code = (
        "from pipeline.same_complaint import bands, read_signature\n"
        f"print(bands(read_signature({LIGHT!r})).tolist())"
    )
    here = str(bands(signed(LIGHT)[0][0]).tolist())
    assert [run_python(code, PYTHONHASHSEED=seed) for seed in ("1", "2")] == [here, here]


def test_bands_are_what_databases_hold() -> None:
    """Where this fails, stored bands are worthless: `signature_version` must change too."""
    assert signature_version().startswith("rensa2-96x24-5-")
    own = "小河边的护栏倒了三天没有人扶"
    assert strip_boilerplate(own) == own
    assert bands(signed(own)[0][0])[:3].tolist() == PINNED


PINNED = [1426026301031418316, 15959419734321427505, 8732871024189510113]


def test_a_forked_process_can_sign_after_its_parent_has() -> None:
    code = f"""
import os, signal
from pipeline.same_complaint import read_signature
text = {WATER!r} * 3000
read_signature(text)
child = os.fork()
if child == 0:
    signal.alarm(60)
    read_signature(text)
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    assert run_python(code) == "0"


# Groups


def test_an_edited_copy_joins_and_another_matter_does_not() -> None:
    rows = [(LIGHT, ""), (WATER, ""), (f"来电人反映：{LIGHT_EDITED}望回复", ""), (LANTERN, "")]
    assert grouped(*rows) == [1, -1, 1, -1]


def test_groups_are_numbered_in_order_of_their_first_messages() -> None:
    rows = [(LANTERN, ""), (WATER, ""), (LIGHT, ""), (LIGHT, ""), (WATER, "")]
    assert grouped(*rows) == [-1, 1, 2, 2, 1]


def test_messages_without_a_signature_never_match() -> None:
    assert grouped(("谢谢", ""), ("谢谢", ""), ("停水了", ""), ("停水了", "")) == [-1] * 4


@pytest.mark.parametrize("rows", [0, 1])
def test_a_small_run_has_no_groups(rows: int) -> None:
    assert grouped(*[(LIGHT, "")] * rows) == [-1] * rows


@pytest.mark.parametrize(
    ("places", "groups", "why"),
    [
        (["甲县/乙镇", "甲县/乙镇"], [1, 1], "the same place"),
        (["甲县/乙镇", "甲县/丙镇"], [-1, -1], "two towns"),
        (["甲县/乙镇", "甲县/乙镇坪"], [-1, -1], "a name that begins like another"),
        (["甲县/乙镇", "甲县"], [1, 1], "a town and its county"),
        (["甲县", "甲县/乙镇/丁村"], [1, 1], "a county and a village of it"),
        (["甲县/乙镇", "丙县"], [-1, -1], "another county"),
        (["", "甲县/乙镇"], [1, 1], "no place known"),
        (["", "甲县/乙镇", "甲县/丙镇"], [1, 1, -1], "who names a place settles it"),
        (["甲县", "", "甲县/乙镇", "甲县/丙镇", "丙县"], [1, 1, 1, -1, -1], "step by step"),
        (["甲县/乙镇", "甲县/丙镇", "甲县/丙镇"], [-1, 1, 1], "the other place's own group"),
    ],
)
def test_only_places_that_can_be_one_share_a_group(
    places: list[str], groups: list[int], why: str
) -> None:
    assert grouped(*[(LIGHT, place) for place in places]) == groups, why


def likes(*agreeing: int) -> NDArray[np.uint32]:
    """Signatures that share so many numbers with one that is all zeros."""
    rows = np.arange(len(agreeing) * PERMUTATIONS, dtype=np.uint32).reshape(len(agreeing), -1) + 1
    for row, count in zip(rows, agreeing, strict=True):
        row[:count] = 0
    return rows


def test_a_chain_of_small_changes_does_not_join_its_ends() -> None:
    chain = np.zeros((5, PERMUTATIONS), dtype=np.uint32)
    for i, row in enumerate(chain):
        row[: i * 24] = 1  # every link differs from the one before in a quarter
    flags = np.ones(5, dtype=bool)
    neighbours = [similarity(a, b) for a, b in pairwise(chain)]
    found = group(chain, flags, [""] * 5).tolist()
    firsts = {number: found.index(number) for number in found}
    assert min(neighbours) >= SIMILAR > similarity(chain[0], chain[4])
    assert found[0] != found[4]
    assert all(similarity(chain[i], chain[firsts[n]]) >= SIMILAR for i, n in enumerate(found))


@pytest.mark.parametrize(("agreeing", "groups"), [(48, [1, 1]), (47, [-1, -1])])
def test_the_threshold_itself_counts_as_alike(agreeing: int, groups: list[int]) -> None:
    rows = np.concatenate([np.zeros((1, PERMUTATIONS), dtype=np.uint32), likes(agreeing)])
    assert group(rows, np.ones(2, dtype=bool), ["", ""], threshold=0.5).tolist() == groups


def test_a_memory_map_gives_what_an_array_gives(tmp_path: Path) -> None:
    signatures, present = signed(LIGHT, WATER, LIGHT_EDITED, WATER)
    np.save(tmp_path / "signatures.npy", signatures)
    mapped = np.load(tmp_path / "signatures.npy", mmap_mode="r")
    places = ["甲县"] * 4
    assert group(mapped, present, places).tolist() == group(signatures, present, places).tolist()


def test_rows_that_do_not_fit_together_are_a_slip() -> None:
    signatures, present = signed(LIGHT, WATER)
    with pytest.raises(ValueError, match=r"3 places need signatures of shape \(3, 96\)"):
        group(signatures, present, ["", "", ""])


PLACES = ["", "甲县", "甲县/乙镇", "甲县/乙镇/丁村", "甲县/丙镇", "丙县"]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 2),  # which complaint
        st.integers(0, 70),  # how many numbers are changed
        st.integers(0, 3),  # how
        st.sampled_from(PLACES),
        st.booleans() | st.just(True),  # whether there is a signature
    ),
    max_size=25,
)


def compare_with_every_first(
    signatures: NDArray[np.uint32], present: Sequence[bool], places: Sequence[str]
) -> list[int]:
    """The rule, word by word and without an index: copies go where the first of them went."""
    shared = [set(row.tolist()) for row in bands(signatures)]
    place: dict[int, str] = {}
    leader = list(range(len(places)))
    copies: dict[tuple[bytes, str], int] = {}
    for i in range(len(places)):
        if not present[i]:
            continue
        first_copy = copies.setdefault((signatures[i].tobytes(), places[i]), i)
        if first_copy != i:
            leader[i] = leader[first_copy]
            continue
        likeness = {
            first: similarity(signatures[i], signatures[first])
            for first in place
            if shared[i] & shared[first] and are_compatible(places[i], place[first])
        }
        best = max(likeness, key=lambda first: (likeness[first], -first), default=None)
        if best is not None and likeness[best] >= SIMILAR:
            leader[i] = best
            place[best] = max(place[best], places[i], key=len)
        else:
            place[i] = places[i]
    firsts = [i for i in range(len(leader)) if leader.count(i) > 1]
    return [firsts.index(first) + 1 if first in firsts else -1 for first in leader]


@given(ROWS)
def test_the_index_finds_what_comparing_with_every_first_message_finds(
    rows: list[tuple[int, int, int, str, bool]],
) -> None:
    signatures = np.zeros((len(rows), PERMUTATIONS), dtype=np.uint32)
    for row, (complaint, changed, how, _, _) in zip(signatures, rows, strict=True):
        row[:] = complaint * 1000 + np.arange(PERMUTATIONS)
        row[how * 8 : how * 8 + changed] += 10_000 * (how + 1)
    present = [flag for *_, flag in rows]
    places = [place for _, _, _, place, _ in rows]
    found = group(signatures, np.array(present, dtype=bool), places).tolist()
    assert found == compare_with_every_first(signatures, present, places)


@given(st.lists(st.sampled_from([*PLACES, "丙县/乙镇", "甲县/乙镇/戊村"]), max_size=8))
def test_intervals_overlap_where_places_are_compatible(places: list[str]) -> None:
    bounds = intervals(places).tolist()
    for (one, (low, high)), (other, (start, end)) in combinations(
        zip(places, bounds, strict=True), 2
    ):
        assert (low < end and start < high) == are_compatible(one, other)


# Summaries


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        (["2024-05-02", "2024-01-31", "2024-03-01"], "2024-01-31", "2024-05-02"),
        (["", "2024-01-31", ""], "2024-01-31", "2024-01-31"),
        (["", "", ""], "", ""),
    ],
)
def test_a_group_lasts_from_its_first_date_to_its_last(
    dates: list[str], first: str, last: str
) -> None:
    found = describe_groups(np.array([4, 4, -1, 4]), [*dates[:2], "1999-01-01", dates[2]])
    assert found == {4: GroupSummary(4, 3, first, last)}


def test_a_date_for_every_row_is_wanted() -> None:
    with pytest.raises(ValueError, match="shorter"):
        describe_groups(np.array([1, 1]), ["2024-01-01"])

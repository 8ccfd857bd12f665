"""Personal data is found by kind; look-alikes stay; a masked text reveals nothing."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masking import _FINDERS, _TRIGGERS, NAME, find_sensitive, mask

CASES = tomllib.loads((Path(__file__).parent / "cases/personal_data.toml").read_text("utf-8"))
MARK = re.compile("⟦(?P<kind>[^:]+):(?P<value>[^⟧]+)⟧")
VALUES = [m["value"] for case in CASES["data"] for m in MARK.finditer(case)]
TEXTS = st.lists(
    st.one_of(st.sampled_from([*VALUES, *CASES["look_alikes"], "电话", "，", " "]), st.text()),
    max_size=6,
).map("".join)


@pytest.mark.parametrize("case", CASES["data"])
def test_personal_data_is_found_with_its_kind(case: str) -> None:
    text = MARK.sub(lambda m: m["value"], case)
    found = [(span.kind, text[span.start : span.end]) for span in find_sensitive(text)]
    assert found == [(m["kind"], m["value"]) for m in MARK.finditer(case)]


@pytest.mark.parametrize("text", CASES["look_alikes"])
def test_a_look_alike_stays(text: str) -> None:
    assert mask(text) == text


@given(TEXTS)
def test_spans_are_in_order_and_never_overlap(text: str) -> None:
    spans = find_sensitive(text)
    assert all(a.start < a.end <= b.start < b.end for a, b in pairwise(spans))


@given(TEXTS)
def test_masking_reveals_nothing_and_keeps_the_rest(text: str) -> None:
    masked = mask(text)
    assert find_sensitive(masked) == ()
    rest = text
    for span in reversed(find_sensitive(text)):
        rest = rest[: span.start] + f"［{span.kind}］" + rest[span.end :]
    assert masked == rest


PARTS = [
    *["138", "0013", "8000", "13800138000", "-", " ", "　", "·", "0718", "8223344", "(", "）"],
    *["420", "528", "19900101", "123X", "6222021234567890128", "1 3 8 0 0 1 3 8 0 0 0", "+86"],
    *[
        "电话",
        "座机",
        "热线",
        "号码",
        "：",
        "身份证",
        "银行卡",
        "账号",
        "账户",
        "帐户",
        "微信",
        "V信",
    ],
    *["wx", "abc123", "QQ", "qq", "扣扣", "12345678", "一三八零零一三八零零零", "幺", "鄂Q12345"],
    *["a@b.cn", "，", "。", "\n", "元", "年", "5", "路灯"],
]


@given(st.lists(st.sampled_from(PARTS), max_size=9).map("".join))
def test_a_quick_look_never_hides_what_a_pattern_finds(text: str) -> None:
    words = {trigger for trigger in _TRIGGERS if trigger in text}
    for finder in _FINDERS:
        if finder.kind != NAME and not finder.may_match(text, words):
            assert finder.pattern.search(text) is None

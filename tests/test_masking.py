"""Personal data is found by kind; look-alikes stay; a masked text reveals nothing."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masking import find_sensitive, mask

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

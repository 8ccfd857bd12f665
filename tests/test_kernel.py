"""The compiled cut gives jieba's own words, whatever the text, the dictionary and the HMM."""

import json
import os
import pickle
import random
import runpy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import jieba
import jieba.finalseg
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.gazetteer import Gazetteer
from pipeline.home import cache_dir, data_path
from pipeline.kernel import Cutter, Tables, available, build_tables
from pipeline.segmenter import make_tokenizer, read_lexicon
from tests.test_segmenter import real_texts

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    not available(), reason="the kernel is not compiled; run python hatch_build.py"
)

# How many random texts; WUWEI_FUZZ=100000 for a long run.
N_FUZZ = int(os.environ.get("WUWEI_FUZZ", "3000"))

# Pieces that the rules of jieba treat differently, and the borders between them.
PIECES = [
    *["www.example.com", "a.b-c_d", "3.14%", "1.2.3", "12.", ".5", "50%%", "--", "C++", "#1"],
    *["AT&T", "+86-718", "T恤", "B超", "x1.5y", "1.a", "a%b", "_", "&", "100.00%元", "\r\n", "\r"],
    *["\n", "\n\r", " ", "\t", "\u3000", "\x85", "\u2028", "\x1c", "\0", "ＡＢ１２％", "٣.٣", "½"],
    *[
        "，",
        "。",
        "“",
        "·",
        "😀",
        "👨‍👩‍👧",
        "🇨🇳",
        "㐀",
        "䶿",
        "𠀀𪚥",
        "\ud800",
        "䷿",
        "一",
        "鿕",
        "鿖",
    ],
    *["\u9fff", "é", "ß", "ı", "カナ", "한글", "的", "了", "是不是", "犇骉", "龘", "丂丄丅"],
    *["院坝夜话", "恩施土家族苗族自治州", "中华人民共和国", "乒乓球拍卖完了", "结婚的和尚未结婚的"],
]


@pytest.fixture(scope="module")
def tokenizer(gazetteer: Gazetteer) -> jieba.Tokenizer:
    """What the segmenter cuts with: jieba's dictionary, our lexicon, our place names."""
    words = [*read_lexicon(data_path("lexicon.txt")), *gazetteer.words]
    return make_tokenizer(words, cache_dir())


@pytest.fixture(scope="module")
def tables(tokenizer: jieba.Tokenizer) -> Tables:
    return build_tables(tokenizer, jieba.finalseg)


@pytest.fixture(scope="module")
def cutter(tables: Tables) -> Cutter:
    return Cutter(tables)


@pytest.fixture(scope="module")
def messages() -> list[str]:
    paths = sorted(data_path("messages").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text("utf-8").split("\n") if line]
    return [json.loads(line)["text"] for line in lines]


def differing(cutter: Cutter, tokenizer: jieba.Tokenizer, texts: list[str]) -> list[str]:
    return [text for text in texts if cutter.cut(text) != tokenizer.lcut(text, HMM=True)]


def random_texts(n: int, seed: int, messages: list[str]) -> Iterator[str]:
    """Pieces, snippets of messages and characters of all planes, thrown together."""
    dice = random.Random(seed)
    planes = [(0x4E00, 0x9FD5), (0x4E00, 0x5FFF), (0x20, 0x7E), (0, 0x2FFF), (0, 0x10FFFF)]

    def piece() -> str:
        kind = dice.random()
        if kind < 0.4:
            return dice.choice(PIECES)
        if kind < 0.7:
            text = dice.choice(messages)
            start = dice.randrange(len(text))
            return text[start : start + dice.randint(1, 12)]
        low, high = dice.choice(planes)
        return "".join(chr(dice.randint(low, high)) for _ in range(dice.randint(1, 6)))

    for _ in range(n):
        yield "".join(piece() for _ in range(dice.randint(1, 15)))


def test_all_messages_of_the_corpus_are_cut_as_by_jieba(
    cutter: Cutter, tokenizer: jieba.Tokenizer, messages: list[str]
) -> None:
    assert differing(cutter, tokenizer, messages) == []


def test_all_real_messages_are_cut_as_by_jieba(
    cutter: Cutter, tokenizer: jieba.Tokenizer, shared: Path
) -> None:
    different = differing(cutter, tokenizer, real_texts(shared))
    assert len(different) == 0  # the texts themselves belong in no log


def test_random_texts_are_cut_as_by_jieba(
    cutter: Cutter, tokenizer: jieba.Tokenizer, messages: list[str]
) -> None:
    texts = list(random_texts(N_FUZZ, 11, messages))
    assert differing(cutter, tokenizer, texts) == []


@given(st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join))
def test_any_text_is_cut_as_by_jieba(cutter: Cutter, tokenizer: jieba.Tokenizer, text: str) -> None:
    assert cutter.cut(text) == tokenizer.lcut(text, HMM=True)


@pytest.mark.parametrize("text", ["", *PIECES, "".join(PIECES), "x" * 5000, "犇" * 1500])
def test_every_rule_of_jieba_is_kept(cutter: Cutter, tokenizer: jieba.Tokenizer, text: str) -> None:
    assert cutter.cut(text) == tokenizer.lcut(text, HMM=True)


def test_a_megabyte_is_cut_as_by_jieba(
    cutter: Cutter, tokenizer: jieba.Tokenizer, messages: list[str]
) -> None:
    text = "\r\n".join(messages).encode()[:1_000_000].decode(errors="ignore")
    assert cutter.cut(text) == tokenizer.lcut(text, HMM=True)


# Few characters and few frequencies, so that ties are the rule.
SMALL = "甲乙1."
small_words = st.text(SMALL, min_size=1, max_size=3)


def small_tokenizer(counts: dict[str, int]) -> jieba.Tokenizer:
    """A tokenizer of these words only; jieba's dictionary would take a second to read."""
    small = jieba.Tokenizer()
    small.initialized = True
    for word, count in counts.items():
        small.add_word(word, count)
    return small


@settings(deadline=None)
@given(
    st.dictionaries(small_words, st.sampled_from([1, 2]), min_size=8),
    st.lists(st.text(SMALL, max_size=12), min_size=9),
)
def test_ties_fall_as_in_jieba_with_any_dictionary(
    counts: dict[str, int], texts: list[str]
) -> None:
    small = small_tokenizer(counts)
    assert differing(Cutter(build_tables(small, jieba.finalseg)), small, texts) == []


score = st.sampled_from([-1.0, -2.0, jieba.finalseg.MIN_FLOAT])
states = {state: st.dictionaries(st.sampled_from("甲乙丙"), score) for state in "BMES"}
steps = {
    state: st.fixed_dictionaries(dict.fromkeys(followers, score))
    for state, followers in {"B": "EM", "E": "BS", "M": "EM", "S": "BS"}.items()
}


@given(
    st.fixed_dictionaries(dict.fromkeys("BMES", score)),
    st.fixed_dictionaries(steps),
    st.fixed_dictionaries(states),
    st.frozensets(small_words),
    st.lists(st.text("甲乙丙丁1", max_size=12), min_size=1),
)
def test_ties_fall_as_in_jieba_with_any_hmm(
    start: dict[str, float],
    chain: dict[str, dict[str, float]],
    emission: dict[str, dict[str, float]],
    forbidden: frozenset[str],
    texts: list[str],
) -> None:
    hmm = jieba.finalseg
    with patch.multiple(
        hmm, start_P=start, trans_P=chain, emit_P=emission, Force_Split_Words=forbidden
    ):
        small = small_tokenizer({"乙丁": 1})
        assert differing(Cutter(build_tables(small, hmm)), small, texts) == []


def test_a_deleted_word_is_cut_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jieba.finalseg, "Force_Split_Words", set())
    small, text = small_tokenizer({"村里": 3}), "杭研大厦"
    whole = Cutter(build_tables(small, jieba.finalseg)).cut(text)
    small.del_word(whole[0])
    apart = Cutter(build_tables(small, jieba.finalseg)).cut(text)
    assert len(whole[0]) > 1
    assert apart == [*whole[0], *whole[1:]] == small.lcut(text)


def test_a_batch_equals_one_text_at_a_time(cutter: Cutter, messages: list[str]) -> None:
    texts = ["", *PIECES, *random_texts(300, 5, messages), ""]
    found = cutter.boundaries(texts)
    assert (found.ends.dtype, len(found.rows)) == (np.int32, len(texts) + 1)
    for i, text in enumerate(texts):
        ends = found.ends[found.rows[i] : found.rows[i + 1]].tolist()
        assert [text[a:b] for a, b in zip([0, *ends], ends, strict=False)] == cutter.cut(text)


def test_no_texts_have_no_boundaries(cutter: Cutter) -> None:
    found = cutter.boundaries([])
    assert (found.ends.tolist(), found.rows.tolist()) == ([], [0])


def test_what_is_no_text_is_refused(cutter: Cutter) -> None:
    with pytest.raises(TypeError, match="str"):
        cutter.boundaries(["村口", b"\xe6\x9d\x91"])  # type: ignore[list-item]


def test_threads_share_a_cutter(cutter: Cutter, messages: list[str]) -> None:
    parts = [messages[i::4] for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(cutter.boundaries, parts))
    for part, found in zip(parts, together, strict=True):
        assert found.ends.tolist() == cutter.boundaries(part).ends.tolist()


def test_a_cutter_can_be_sent_to_another_process(cutter: Cutter) -> None:
    text = "夜里停水，请修水管"
    assert pickle.loads(pickle.dumps(cutter)).cut(text) == cutter.cut(text)


def test_saved_tables_cut_the_same(
    cutter: Cutter, tables: Tables, tmp_path: Path, messages: list[str]
) -> None:
    tables.save(tmp_path / "cut")
    mapped = Tables.load(tmp_path / "cut")
    assert isinstance(mapped.nodes, np.memmap)
    texts = list(random_texts(300, 7, messages))
    assert list(map(Cutter(mapped).cut, texts)) == list(map(cutter.cut, texts))


@pytest.fixture
def small_tables() -> Tables:
    return build_tables(small_tokenizer({"甲乙": 1, "乙": 2}), jieba.finalseg)


def test_a_missing_file_is_reported(small_tables: Tables, tmp_path: Path) -> None:
    small_tables.save(tmp_path)
    (tmp_path / "nodes.npy").unlink()
    with pytest.raises(ModelError, match="分词表缺失、损坏或出自另一版本"):
        Tables.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("nodes", 0, (10**6, -1, 0.0)),
        ("nodes", 5, (-9, 0, 0.0)),
        ("letters", 0x4E00, 65535),
        ("chain", slice(None), None),
    ],
)
def test_tables_that_lead_outside_are_never_used(
    small_tables: Tables, tmp_path: Path, name: str, index: int, value: object
) -> None:
    array = getattr(small_tables, name).copy()
    if value is None:
        array = array[1:]
    else:
        array[index] = value
    small_tables.save(tmp_path)
    np.save(tmp_path / f"{name}.npy", array)
    with pytest.raises(ModelError, match="请重新编译模型"):
        Tables.load(tmp_path)


def test_a_word_without_its_prefix_is_refused() -> None:
    torn = small_tokenizer({"甲乙": 1})
    del torn.FREQ["甲"]
    with pytest.raises(ValueError, match="'甲乙' is in the dictionary, but not its prefix '甲'"):
        build_tables(torn, jieba.finalseg)


def test_without_the_compiled_part_there_is_no_cutter(
    small_tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.kernel.cutter.available", lambda: False)
    with pytest.raises(RuntimeError, match="the kernel was not compiled"):
        Cutter(small_tables)


class Hook:
    """The build hook as hatchling would call it, and the warnings it gave."""

    def __init__(self) -> None:
        pytest.importorskip("hatchling")
        pytest.importorskip("Cython")
        module = runpy.run_path(str(ROOT / "hatch_build.py"))
        self.warnings: list[str] = []
        app = SimpleNamespace(display_warning=self.warnings.append)
        self.hook = module["KernelHook"](str(ROOT), {}, None, None, "", "wheel", app=app)

    def build(self) -> dict[str, Any]:
        data: dict[str, Any] = {"force_include": {}, "pure_python": True, "infer_tag": False}
        self.hook.initialize("standard", data)
        self.hook.finalize("standard", data, "")
        return data


def test_a_wheel_takes_the_compiled_kernel_along() -> None:
    hook = Hook()
    data = hook.build()
    taken = [path.split(".")[0] for path in data["force_include"].values()]
    assert taken == ["pipeline/kernel/_cut", "pipeline/kernel/_score"]
    assert (data["pure_python"], data["infer_tag"], hook.warnings) == (False, True, [])


def test_without_a_compiler_the_wheel_is_built_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    hook = Hook()
    assert hook.build() == {"force_include": {}, "pure_python": True, "infer_tag": False}
    assert len(hook.warnings) == 1
    assert "没有编译快速内核" in hook.warnings[0]


def test_whoever_demands_the_kernel_is_told_why_it_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("WUWEI_REQUIRE_KERNEL", "1")
    with pytest.raises(Exception, match="no-such-compiler"):
        Hook().build()

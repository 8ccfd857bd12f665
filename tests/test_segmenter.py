"""The segmenter loses nothing, keeps our words whole, and keeps its hands to itself."""

import csv
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.kernel import available
from pipeline.segmenter import Segmenter, read_general_dictionary, read_lexicon
from pipeline.triage import load_segmenter


@pytest.fixture(scope="module")
def reference(gazetteer: Gazetteer) -> Segmenter:
    """The segmenter in use, with jieba itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUWEI_KERNEL", "off")
        return load_segmenter(gazetteer)


ODD = [
    "https://a.cn/b?c=1。",
    "www.a.cn",
    "a@b.cn",
    "犇" * 600,
    "说" * 500,
    "污水",
    "，",
    "\r\n",
    "5%",
]


@given(st.text() | st.lists(st.sampled_from(ODD) | st.text(max_size=3)).map("".join))
def test_the_kernel_changes_no_word(segmenter: Segmenter, reference: Segmenter, text: str) -> None:
    assert segmenter.cut(text) == reference.cut(text)


@given(st.lists(st.text(max_size=5) | st.sampled_from(ODD), max_size=5))
def test_boundaries_are_those_of_the_words(
    segmenter: Segmenter, reference: Segmenter, raw: list[str]
) -> None:
    if not available():
        pytest.skip("the kernel is not compiled; run python hatch_build.py")
    for each in (segmenter, reference):
        found = each.boundaries(raw)
        ends = [list(accumulate(map(len, each.cut(text)))) for text in raw]
        assert found.ends.tolist() == [end for text in ends for end in text]
        assert np.diff(found.rows).tolist() == [len(text) for text in ends]


def test_the_kernel_changes_no_word_of_real_messages(
    shared: Path, segmenter: Segmenter, reference: Segmenter
) -> None:
    differing = [t for t in real_texts(shared)[:2000] if segmenter.cut(t) != reference.cut(t)]
    assert len(differing) == 0  # the texts themselves belong in no log


@given(st.text())
def test_the_words_joined_are_the_text(segmenter: Segmenter, text: str) -> None:
    assert "".join(segmenter.cut(text)) == text


def test_place_names_of_the_gazetteer_stay_whole(
    segmenter: Segmenter, gazetteer: Gazetteer
) -> None:
    broken = [p.name for p in gazetteer.places if p.name not in segmenter.cut(f"我住{p.name}，")]
    assert broken == []


def test_another_segmenters_words_do_not_leak_in(tmp_path: Path) -> None:
    plain, ours = Segmenter(cache_folder=tmp_path), Segmenter(["坏透顶"], cache_folder=tmp_path)
    assert "坏透顶" in ours.cut("真是坏透顶了")
    assert "坏透顶" not in plain.cut("真是坏透顶了")


def test_the_dictionary_cache_lies_in_a_private_folder(tmp_path: Path) -> None:
    Segmenter(cache_folder=tmp_path)
    assert (tmp_path / "jieba.cache").is_file()


LEXICON = read_lexicon(data_path("lexicon.txt"))
# Frequent words that common sentences set beside a noun of ours.
NEIGHBOURS = [
    "我们",
    "可以",
    "问题",
    "没有",
    "建设",
    "大家",
    "现在",
    "情况",
    "希望",
    "需要",
    "昨天",
    "附近",
]


def test_the_lexicon_holds_what_the_general_dictionary_lacks() -> None:
    assert len(LEXICON) >= 300
    assert [word for word in LEXICON if word in read_general_dictionary()] == []


@pytest.mark.parametrize("frame", ["关于{}，", "这里的{}又坏了", "请问{}怎么办？", "有{}的人家"])
def test_every_lexicon_word_survives_in_a_sentence(segmenter: Segmenter, frame: str) -> None:
    assert [w for w in LEXICON if w not in segmenter.cut(frame.format(w))] == []


@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_lexicon_word_does_not_swallow_its_neighbours(
    segmenter: Segmenter, neighbour: str
) -> None:
    swallowed = [
        words
        for word in LEXICON
        for words in (segmenter.cut(neighbour + word), segmenter.cut(word + neighbour))
        if neighbour not in words or word not in words
    ]
    assert swallowed == []


def test_a_longer_word_of_the_general_dictionary_wins(segmenter: Segmenter) -> None:
    assert "产业路" in segmenter.cut("修条产业路吧")
    assert "环境保护" in segmenter.cut("人居环境保护")


def test_real_messages_gain_our_words_and_lose_none(
    shared: Path, segmenter: Segmenter, tmp_path: Path
) -> None:
    """With the lexicon, words of the general dictionary are joined to ours, hardly ever torn."""
    plain, dictionary = Segmenter(cache_folder=tmp_path), read_general_dictionary()
    ours = set(LEXICON)
    lexical = Segmenter(LEXICON, cache_folder=tmp_path)
    gained = torn = 0
    for text in real_texts(shared)[:1500]:
        before, after = spans(plain.cut(text)), spans(lexical.cut(text))
        new = [(start, end) for start, end in after - before if text[start:end] in ours]
        gained += len(new)
        torn += sum(
            any(a < start < b or a < end < b for start, end in new)
            for a, b in before - after
            if dictionary.get(text[a:b], 0) and b - a > 1
        )
    assert gained > 200
    assert torn / gained < 0.03


def real_texts(shared: Path) -> list[str]:
    with (shared / "real/teddy_raw.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["留言详情"] for row in csv.DictReader(file)]


def spans(words: list[str]) -> set[tuple[int, int]]:
    ends = list(accumulate(map(len, words)))
    return set(zip([0, *ends], ends, strict=False))


@given(st.lists(st.sampled_from(["https://a.cn/b", "a@b.cn", "村口", "，", " ", "犇" * 600])))
def test_addresses_stay_whole_and_nothing_is_lost(segmenter: Segmenter, parts: list[str]) -> None:
    text = "；".join(parts)
    words = segmenter.cut(text)
    assert "".join(words) == text
    assert all(part in words for part in parts if "a" in part)


def test_loading_gives_the_lexicons_words(gazetteer: Gazetteer) -> None:
    assert "院坝夜话" in load_segmenter(gazetteer).cut("今晚的院坝夜话说路")


@pytest.mark.parametrize("lines", ["微心愿\n微心愿", "微", "微 心愿"])
def test_a_useless_entry_is_refused(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_text(f"# 词\n{lines}\n", "utf-8")
    with pytest.raises(DataFileError, match=r"lexicon\.txt：第 [23] 行的词"):
        read_lexicon(path)

"""The segmenter loses nothing, keeps our words whole, and keeps its hands to itself."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer
from pipeline.segmenter import Segmenter, read_lexicon
from pipeline.triage import load_segmenter


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


def test_loading_gives_the_lexicons_words(gazetteer: Gazetteer) -> None:
    assert "院坝夜话" in load_segmenter(gazetteer).cut("今晚的院坝夜话说路")


@pytest.mark.parametrize("lines", ["微心愿\n微心愿", "微", "微 心愿"])
def test_a_useless_entry_is_refused(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_text(f"# 词\n{lines}\n", "utf-8")
    with pytest.raises(DataFileError, match=r"lexicon\.txt：第 [23] 行的词"):
        read_lexicon(path)

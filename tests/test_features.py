"""What the model sees of a document."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import read_document
from pipeline.features import Featuriser, character_features, word_features
from pipeline.records import Document
from pipeline.segmenter import Segmenter


def document(*tokens: str) -> Document:
    return Document(id="", raw="".join(tokens), text="".join(tokens), tokens=tokens)


def test_words_come_alone_and_in_pairs_across_punctuation() -> None:
    names = [f.name for f in word_features(document("污水", "，", "直排", "3", "年"))]
    assert names == ["污水", "直排", "污水 直排", "0", "直排 0", "年", "0 年"]


def test_numbers_differ_by_size_only() -> None:
    [short] = word_features(document("15"))
    [long] = word_features(document("13800001234"))
    assert (short.name, long.name) == ("0", "0000")


def test_characters_come_in_runs_of_one_to_three() -> None:
    assert [f.name for f in character_features(document("修，路A3"))] == [
        "修", "路", "a", "0", "修路", "路a", "a0", "修路a", "路a0",
    ]  # fmt: skip


@given(st.text(max_size=60).filter(str.isalnum))
def test_every_feature_covers_text(segmenter: Segmenter, raw: str) -> None:
    read = read_document(raw, segmenter)
    assert isinstance(read, Document)
    for view in (word_features, character_features):
        for feature in view(read):
            assert 0 <= feature.start < feature.end <= len(read.text)


def test_each_view_has_unit_length() -> None:
    documents = [document("污水", "直排"), document("污水", "直排", "河里"), document("修路")]
    features = Featuriser().fit(documents)
    matrix = features.transform(documents).toarray()
    ends = [first for _, _, first in features.blocks()][1]
    assert np.allclose(np.linalg.norm(matrix[0, :ends]), 1)
    assert np.allclose(np.linalg.norm(matrix[0, ends:]), 1)


def test_the_way_to_arrays_and_back_changes_nothing() -> None:
    documents = [document("污水", "直排"), document("污水", "直排", "河里"), document("修路")]
    features = Featuriser().fit(documents)
    again = Featuriser.from_arrays(*features.to_arrays())
    assert np.allclose(
        features.transform(documents).toarray(), again.transform(documents).toarray(), atol=1e-6
    )

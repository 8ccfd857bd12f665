"""What the model sees of a document."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import read_document
from pipeline.features import VIEWS, Featuriser, character_features, pair_features, word_features
from pipeline.records import Document
from pipeline.segmenter import Segmenter


def document(*tokens: str) -> Document:
    return Document(id="", raw="".join(tokens), text="".join(tokens), tokens=tokens)


def test_words_come_without_punctuation() -> None:
    names = [f.name for f in word_features(document("污水", "，", "直排", "3", "年"))]
    assert names == ["污水", "直排", "0", "年"]


def test_numbers_differ_by_size_only() -> None:
    [short] = word_features(document("15"))
    [long] = word_features(document("13800001234"))
    assert (short.name, long.name) == ("0", "0000")


def test_characters_come_alone_and_in_pairs_across_punctuation() -> None:
    read = document("修，路A3")
    assert [f.name for f in character_features(read)] == ["修", "路", "a", "0"]
    assert list(pair_features(read)) == [("修路", 0, 3), ("路a", 2, 4), ("a0", 3, 5)]


@given(st.text(max_size=60).filter(str.isalnum))
def test_every_feature_covers_text(segmenter: Segmenter, raw: str) -> None:
    read = read_document(raw, segmenter)
    assert isinstance(read, Document)
    for view in VIEWS.values():
        for feature in view(read):
            assert 0 <= feature.start < feature.end <= len(read.text)


DOCUMENTS = [
    document("污水", "直排"),
    document("污水", "直排", "河里"),
    document("污水", "直排", "修路"),
    document("修路"),
]


def test_each_view_has_unit_length() -> None:
    features = Featuriser().fit(DOCUMENTS)
    matrix = features.transform(DOCUMENTS).toarray()[0]
    starts = [first for _, _, first in features.blocks()]
    for block in np.split(matrix, starts[1:]):
        assert np.isclose(np.linalg.norm(block), 1)


def test_the_way_to_arrays_and_back_changes_nothing() -> None:
    features = Featuriser().fit(DOCUMENTS)
    again = Featuriser.from_arrays(*features.to_arrays())
    assert np.allclose(
        features.transform(DOCUMENTS).toarray(), again.transform(DOCUMENTS).toarray(), atol=1e-6
    )

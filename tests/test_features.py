"""What the model sees of a document."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from pipeline.documents import read_document
from pipeline.features import (
    HAS_HEAD,
    HEAD,
    HEAD_COUNTS,
    MANNER,
    MATTER,
    Featuriser,
    character_features,
    pair_features,
    view,
    word_features,
)
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
    pairs = list(pair_features(character_features(read)))
    assert pairs == [("修路", 0, 3), ("路a", 2, 4), ("a0", 3, 5)]


@given(st.text(max_size=60).filter(str.isalnum))
def test_every_feature_covers_text(segmenter: Segmenter, raw: str) -> None:
    read = read_document(raw, segmenter)
    assert isinstance(read, Document)
    for features in view(read, MATTER | MANNER).values():
        for feature in features:
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
    sizes = [len(vocabulary) for vocabulary in features.vocabulary_.values()]
    for block in np.split(matrix, np.cumsum(sizes)[:-1]):
        assert np.isclose(np.linalg.norm(block), 1)


@given(st.lists(st.lists(st.sampled_from(["污水", "修路", "的", "A3", "！"])), min_size=3))
def test_the_values_are_scikit_learns(bags: list[list[str]]) -> None:
    """Also for a message with a head, whose features then stand there more than once."""
    long = ["修路", "污水"] * 30
    documents = [document(*bag) for bag in [["污水", "修路"], ["污水", "修路"], long, *bags]]

    def names(d: Document) -> list[str]:
        head = HEAD if len(d.text) > HAS_HEAD else 0
        return [
            f.name
            for f in view(d, MATTER)["words"]
            for _ in range(HEAD_COUNTS if f.end <= head else 1)
        ]

    ours = Featuriser().fit(documents)
    vocabulary = ours.vocabulary_["words"]
    theirs = TfidfVectorizer(
        analyzer=names,
        min_df=MATTER["words"],
        sublinear_tf=True,
    ).fit(documents)
    assert theirs.vocabulary_ == vocabulary
    columns = list(vocabulary.values())
    expected = theirs.transform(documents).toarray()
    assert np.allclose(ours.transform(documents).toarray()[:, columns], expected, atol=1e-6)


def test_a_reading_knows_where_its_features_stand() -> None:
    features = Featuriser().fit(DOCUMENTS)
    reading = features.read(document("修路", "没见过", "污水", "修路"))
    words = {c: t for t, c in features.vocabulary_["words"].items()}
    found = [
        (words[column], int(start), int(end))
        for column, start, end in zip(
            reading.columns[reading.which].tolist(), reading.starts, reading.ends, strict=True
        )
        if column in words
    ]
    assert found == [("修路", 0, 2), ("污水", 5, 7), ("修路", 7, 9)]


def test_a_document_without_known_features_is_an_empty_row() -> None:
    features = Featuriser().fit(DOCUMENTS)
    assert features.transform([document("未曾"), document()]).nnz == 0
    assert features.transform([]).shape == (0, len(features.idf_))


def test_the_way_to_arrays_and_back_changes_nothing() -> None:
    features = Featuriser().fit(DOCUMENTS)
    again = Featuriser.from_arrays(*features.to_arrays())
    assert (features.transform(DOCUMENTS) != again.transform(DOCUMENTS)).nnz == 0

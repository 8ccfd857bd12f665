"""The compiled reader finds the reference's features, scores and evidence, whatever the text."""

import dataclasses
import json
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import read_document
from pipeline.evidence import MOST, explain
from pipeline.features import MANNER, Featuriser, Readings, character_features, view
from pipeline.home import data_path
from pipeline.kernel import BatchReading, Boundaries, FeatureReader, available, can_read, ranked
from pipeline.model import Model
from pipeline.records import Document, Scored, TaggedItem
from pipeline.segmenter import Segmenter
from pipeline.triage import Triage
from tests.test_segmenter import real_texts

pytestmark = pytest.mark.skipif(
    not available(), reason="the kernel is not compiled; run python hatch_build.py"
)

# What the views treat differently: numbers by length, runs, case, digits that are no decimals,
# names of several characters, what lies beyond the first plane, and what is no letter.
PIECES = [
    *["污水", "直排", "河里", "路", "的", "村里", "，", "。", "_", " ", "\n", "-", "😀", "®"],
    *["1", "12", "123", "1234", "13800138000", "3.1415", "①②③④", "x²", "٣٤٥", "１２", "½", "一"],
    *["A", "A3", "wifi", "WIFI", "a-bc", "ab-c", "é", "É", "ß", "ẞ", "ſ", "K", "ǅ", "Ω", "σ"],
    *["𠀀", "𪚥路", "㐀", "カナ", "한글", "\ud800", "\u0307", "i̇", "www.a.cn/b", "a@b.cn"],
]
# `str.lower` treats these two by what is beside them, or makes two of one.
CONTEXTUAL = ["İ", "Σ", "ΑΣ", "İstanbul"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)


@pytest.fixture(scope="module")
def messages(segmenter: Segmenter) -> list[Document]:
    """Every eighth message of the corpus, and the pieces."""
    paths = sorted(data_path("messages").glob("*.jsonl"))
    lines = [line for path in paths for line in path.read_text("utf-8").split("\n") if line]
    raw = [json.loads(line)["text"] for line in lines[::8]]
    return documents([*raw, *PIECES, "".join(PIECES), "；".join(PIECES) * 3], segmenter)


@pytest.fixture(scope="module")
def featuriser(messages: list[Document]) -> Featuriser:
    """Fitted on half of what it then reads, pieces among it."""
    return Featuriser().fit([*messages[::2], *messages[-80:]])


def documents(raw: Sequence[str], segmenter: Segmenter) -> list[Document]:
    read = [read_document(text, segmenter) for text in raw]
    return [document for document in read if isinstance(document, Document)]


def by_reference(work: Any, *arguments: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WUWEI_KERNEL", "off")
        return work(*arguments)


def same_readings(featuriser: Featuriser, document: Document) -> bool:
    ours = featuriser.read(document)
    theirs = by_reference(featuriser.read, document)
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_every_reading_of_the_corpus_is_the_references(
    featuriser: Featuriser, messages: list[Document]
) -> None:
    differing = [d.text for d in messages if not same_readings(featuriser, d)]
    assert differing == []


@given(texts)
def test_any_text_is_read_as_by_the_reference(
    featuriser: Featuriser, segmenter: Segmenter, text: str
) -> None:
    for document in documents([text], segmenter):
        assert same_readings(featuriser, document)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=12))
def test_words_may_be_cut_anyhow(featuriser: Featuriser, words: list[str]) -> None:
    text = "".join(words)
    assert same_readings(featuriser, Document("", text, text, tuple(words)))


def test_every_character_is_lowered_as_by_python() -> None:
    points = [
        c for c in map(chr, range(0x110000)) if c not in "İΣ" and not 0xD800 <= ord(c) < 0xE000
    ]
    text = " ".join(points)
    document = Document("", text, text, ())
    names = {"words": [], "characters": sorted({f.name for f in character_features(document)})}
    idf = {"words": np.empty(0), "characters": np.ones(len(names["characters"])), "pairs": []}
    learnt = Featuriser.from_arrays({**names, "pairs": []}, idf)
    assert same_readings(learnt, document)


@pytest.mark.parametrize("text", CONTEXTUAL)
def test_a_text_the_kernel_cannot_lower_is_left_to_the_reference(
    featuriser: Featuriser, messages: list[Document], text: str
) -> None:
    document = Document("", text, text, tuple(text))
    assert isinstance(featuriser.read_batch([document]), Readings)
    assert isinstance(featuriser.read_batch(messages[:2]), BatchReading)
    assert same_readings(featuriser, document)


def test_a_batch_equals_one_at_a_time(featuriser: Featuriser, messages: list[Document]) -> None:
    together = featuriser.transform(messages)
    alone = [featuriser.transform([document]) for document in messages]
    assert all((together[i] != row).nnz == 0 for i, row in enumerate(alone))
    assert (together != by_reference(featuriser.transform, messages)).nnz == 0


def test_the_views_of_manner_are_left_to_the_reference(messages: list[Document]) -> None:
    manner = Featuriser(MANNER).fit(messages[:50])
    assert not can_read(manner.vocabulary_)
    assert isinstance(manner.read_batch(messages[:2]), Readings)
    with pytest.raises(ValueError, match="the kernel cannot read these views: signs"):
        FeatureReader(manner.vocabulary_, manner.idf_, (80, 20, 3))


def test_fitting_again_forgets_the_tables_of_before(messages: list[Document]) -> None:
    fitted = Featuriser().fit(messages[:40])
    fitted.transform(messages[:5])
    fitted.fit(messages[40:])
    assert all(same_readings(fitted, document) for document in messages[:60])


def test_a_fitted_featuriser_can_be_sent_to_another_process(
    featuriser: Featuriser, messages: list[Document]
) -> None:
    again = pickle.loads(pickle.dumps(featuriser))
    assert (again.transform(messages[:30]) != featuriser.transform(messages[:30])).nnz == 0


@given(st.data())
@settings(deadline=None)
def test_evidence_is_the_references(
    featuriser: Featuriser, messages: list[Document], data: st.DataObject
) -> None:
    """For random weights and pulls, also where whole columns pull nowhere."""
    document = data.draw(st.sampled_from(messages))
    codes = data.draw(st.integers(1, 19))
    dice = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    weights = dice.normal(size=(len(featuriser.idf_), codes)).astype(np.float32)
    weights[dice.random(len(weights)) < data.draw(st.floats(0, 1))] = 0
    pulls = dice.normal(size=(1, codes)).astype(np.float32)
    batch = featuriser.read_batch([document])
    assert isinstance(batch, BatchReading)
    spans = batch.explain(np.zeros(1, np.int32), pulls, weights)
    reading = featuriser.read(document)
    expected = explain(document, reading, (weights[reading.columns] @ pulls[0]) * reading.values)
    assert spans.starts.tolist() == [e.start for e in expected]
    assert spans.ends.tolist() == [e.end for e in expected]
    assert spans.weights == pytest.approx([e.weight for e in expected], abs=1e-5)
    assert len(expected) <= MOST


def test_requests_may_come_in_any_order(featuriser: Featuriser, messages: list[Document]) -> None:
    batch = featuriser.read_batch(messages[:9])
    assert isinstance(batch, BatchReading)
    dice = np.random.default_rng(4)
    weights = dice.normal(size=(len(featuriser.idf_), 3)).astype(np.float32)
    asked = np.array([8, 0, 0, 5], np.int32)
    pulls = dice.normal(size=(4, 3)).astype(np.float32)
    together = batch.explain(asked, pulls, weights)
    for i in range(4):
        alone = batch.explain(asked[i : i + 1], pulls[i : i + 1], weights)
        mine = slice(together.rows[i], together.rows[i + 1])
        assert alone.starts.tolist() == together.starts[mine].tolist()
        assert alone.weights.tolist() == together.weights[mine].tolist()


def nearly(ours: Any, theirs: Any) -> bool:
    """Equal, except for figures: the order of a sum is free."""
    if isinstance(ours, float):
        return bool(ours == pytest.approx(theirs, abs=1e-4))
    if dataclasses.is_dataclass(ours) and not isinstance(ours, type):
        fields = [f.name for f in dataclasses.fields(ours)]
        return type(ours) is type(theirs) and all(
            nearly(getattr(ours, name), getattr(theirs, name)) for name in fields
        )
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(nearly(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, tuple | list):
        return len(ours) == len(theirs) and all(map(nearly, ours, theirs))
    return bool(ours == theirs)


def tag(triage: Triage, raw: list[str]) -> list[Any]:
    return list(triage.pipe([(str(i), text) for i, text in enumerate(raw)]))


def test_whole_items_are_the_references(
    triage: Triage, messages: list[Document], shared: Path
) -> None:
    raw = [*(d.raw for d in messages), *CONTEXTUAL, "", *real_texts(shared)[:400]]
    ours, theirs = tag(triage, raw), by_reference(tag, triage, raw)
    differing = [i for i, (a, b) in enumerate(zip(ours, theirs, strict=True)) if not alike(a, b)]
    assert differing == []


def alike(ours: Any, theirs: Any) -> bool:
    """Everything that leaves the program, and the winner exactly."""
    if not isinstance(ours, TaggedItem):
        return bool(ours == theirs)
    return ours.prediction.category == theirs.prediction.category and all(
        nearly(a, b)
        for a, b in (
            (ours.to_dict() | {"evidence": None}, theirs.to_dict() | {"evidence": None}),
            (ours.prediction.evidence, theirs.prediction.evidence),
            (ours.prediction.urgency, theirs.prediction.urgency),
            (ours.prediction.asks, theirs.prediction.asks),
        )
    )


@settings(deadline=None)
@given(texts)
def test_any_message_is_tagged_as_by_the_reference(triage: Triage, text: str) -> None:
    [ours], [theirs] = tag(triage, [text]), by_reference(tag, triage, [text])
    assert alike(ours, theirs)


def test_classifying_texts_gives_the_categories_of_documents(
    model: Model, segmenter: Segmenter, messages: list[Document]
) -> None:
    raw = [*(d.text for d in messages[:99]), *CONTEXTUAL, "见https://a.cn/b"]
    expected = model.category_probabilities(documents(raw, segmenter))
    assert np.allclose(model.classify(raw, segmenter), expected, atol=1e-6)


def test_threads_share_a_model(model: Model, messages: list[Document]) -> None:
    parts = [messages[i::4] for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.predict, parts))
    assert together == [model.predict(part) for part in parts]


@pytest.mark.parametrize(
    ("ends", "rows"),
    [([1, 9], [0, 2]), ([2, 1], [0, 2]), ([-1], [0, 1]), ([1, 2], [0, 1]), ([1], [0, 2])],
)
def test_ends_that_are_not_the_texts_are_refused(
    featuriser: Featuriser, ends: list[int], rows: list[int]
) -> None:
    reader = featuriser._reader
    assert reader is not None
    boundaries = Boundaries(np.array(ends, np.int32), np.array(rows, np.int64))
    with pytest.raises(ValueError, match="the ends are not those of these texts"):
        reader.read(["修路"], boundaries)


def test_weights_of_another_model_are_refused(
    featuriser: Featuriser, messages: list[Document]
) -> None:
    batch = featuriser.read_batch(messages[:3])
    assert isinstance(batch, BatchReading)
    with pytest.raises(ValueError, match="the weights have fewer features"):
        batch.scores(np.zeros((3, 2), np.float32), np.zeros(2, np.float32))


@pytest.mark.parametrize(
    ("order", "codes", "why"),
    [
        ([[0, 2]], ("a", "b"), "the order names a code that does not exist"),
        ([[0, 1]], ("a",), "there is not one chance a code"),
        ([[0, 1], [1, 0]], ("a", "b"), "there is not one order a row"),
    ],
)
def test_an_order_of_other_codes_is_refused(
    order: list[list[int]], codes: tuple[str, ...], why: str
) -> None:
    chances = np.array([[0.2, 0.8]], np.float32)
    with pytest.raises(ValueError, match=why):
        ranked(Scored, codes, np.array(order), chances, np.ones((1, 2), np.bool_))


def test_ranked_records_are_like_any_other() -> None:
    chances, wanted = np.array([[0.25, 0.5, 0.25]], np.float32), np.array([[True, True, False]])
    [row] = ranked(Scored, ("a", "b", "c"), np.array([[1, 2, 0]]), chances, wanted)
    assert row == (Scored("b", 0.5), Scored("a", 0.25))
    with pytest.raises(dataclasses.FrozenInstanceError, match="code"):
        row[0].code = "c"  # type: ignore[misc]


def test_the_boundaries_of_batches_join() -> None:
    parts = [Boundaries.of_words([("修", "路")]), Boundaries.of_words([(), ("停水",)])]
    joined = Boundaries.joined(parts)
    expected = Boundaries.of_words([("修", "路"), (), ("停水",)])
    assert joined.ends.tolist() == expected.ends.tolist()
    assert joined.rows.tolist() == expected.rows.tolist()


def test_a_view_is_what_the_kernel_was_built_for(messages: list[Document]) -> None:
    """The kernel counts on this order; whoever adds a view has to teach it."""
    assert tuple(view(messages[0], Featuriser().min_documents)) == ("words", "characters", "pairs")

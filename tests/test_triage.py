"""The whole flow: one result a message, in order, the same alone as in company."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.documents import MAX_CHARACTERS
from pipeline.errors import InputError
from pipeline.records import Rejection, TaggedItem
from pipeline.triage import Triage

CONTRACT = [
    "id", "text", "category", "category_name", "confidence", "categories", "second_category",
    "topic", "topic_name", "department", "department_name", "departments", "level", "place",
    "places", "urgency", "needs_review", "review_reasons", "evidence", "repairs", "garbled",
    "masked", "model",
]  # fmt: skip


def test_an_item_has_the_contracts_shape(triage: Triage) -> None:
    item = triage.triage("宣恩县珠山镇的污水直接排进河里，电话13800138000", id="7").to_dict()
    assert list(item) == CONTRACT
    assert (item["id"], item["category"], item["place"]) == ("7", "ecology", "宣恩县/珠山镇")
    assert len(item["categories"]) == 5
    assert sum(c["probability"] for c in item["categories"]) == pytest.approx(1, abs=1e-4)
    assert item["confidence"] == pytest.approx(item["categories"][0]["probability"], abs=1e-3)
    assert item["model"].startswith("lessons@")
    for span in item["evidence"] + item["places"]:
        assert item["text"][span["start"] : span["end"]] == span["text"]
    [phone] = item["masked"]
    assert item["text"][phone["start"] : phone["end"]] == "13800138000"


def test_the_strongest_evidence_speaks_for_the_winner(triage: Triage) -> None:
    evidence = triage.triage("厂里偷排废水污染河道").prediction.evidence
    assert evidence[0].weight > 0
    assert abs(evidence[0].weight) == max(abs(e.weight) for e in evidence)


MESSAGES = st.lists(
    st.sampled_from(["污水直排", "麻将馆太吵", "", "  ", "茶叶卖不出去", "路烂了，" * 9, "\x00"]),
    max_size=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(MESSAGES, st.integers(1, 7))
def test_batches_lose_nothing_and_change_nothing(
    triage: Triage, texts: list[str], batch_size: int
) -> None:
    results = list(triage.pipe(((str(i), t) for i, t in enumerate(texts)), batch_size=batch_size))
    assert len(results) == len(texts)
    for i, (text, result) in enumerate(zip(texts, results, strict=True)):
        if isinstance(result, Rejection):
            assert (result.id, result.reason) == (str(i), "empty_text")
            assert not text.strip("\x00 ")
        else:
            alone = triage.triage(text, id=str(i))
            assert result.document == alone.document
            assert result.routing.lead == alone.routing.lead
            assert result.prediction.confidence == pytest.approx(alone.prediction.confidence)


def test_a_text_that_repair_leaves_empty_is_rejected(triage: Triage) -> None:
    [result] = triage.pipe([("1", "\u200b \x01<br>")])
    assert result == Rejection("1", "empty_text", "文本为空")


def test_the_longest_message_is_read_and_a_longer_one_rejected(triage: Triage) -> None:
    longest, longer = "污" * MAX_CHARACTERS, "污" * (MAX_CHARACTERS + 1)
    read, rejected = triage.pipe([("1", longest), ("2", longer)])
    assert isinstance(read, TaggedItem)
    assert isinstance(rejected, Rejection) and rejected.reason == "text_too_long"


def test_a_single_unreadable_message_is_an_error_with_a_remedy(triage: Triage) -> None:
    with pytest.raises(InputError, match="文本为空。请检查输入的文字"):
        triage.triage(" ")

"""Labelled files are read and checked; the shipped corpus keeps its own rules."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.corpus import LabelledMessage, corpus_digest, read_labelled
from pipeline.departments import Departments
from pipeline.errors import DataFileError
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.near_duplicates import similar_pairs
from pipeline.taxonomy import Taxonomy

FEWEST_MESSAGES = 8000
FEWEST_OF_A_TOPIC = 80
FEWEST_OF = {"industry": 1500, "ecology": 1500, "civility": 1500, "other": 600}
PLAN = tomllib.loads(data_path("coverage.toml").read_text("utf-8"))
REGISTERS = set(PLAN["registers"])


@pytest.fixture(scope="module")
def shipped(taxonomy: Taxonomy) -> list[LabelledMessage]:
    return read_labelled([data_path("messages")], taxonomy)


def test_there_are_enough_messages_of_every_topic(
    shipped: list[LabelledMessage], taxonomy: Taxonomy
) -> None:
    assert len(shipped) >= FEWEST_MESSAGES
    counts = Counter(m.topic for m in shipped)
    assert {t: counts[t] for t in taxonomy.topics if counts[t] < FEWEST_OF_A_TOPIC} == {}
    categories = Counter(m.category for m in shipped)
    assert {c: categories[c] for c, least in FEWEST_OF.items() if categories[c] < least} == {}


def test_lengths_are_as_in_life(shipped: list[LabelledMessage]) -> None:
    """A third over 200 characters, a tenth over 450; and length does not give a category away.

    The single asks out of whole notes (they alone have a group) are short by nature.
    """
    messages = [m for m in shipped if not m.group]
    lengths = {c: [len(m.text) for m in messages if m.category == c] for c in FEWEST_OF}
    everything = [len(m.text) for m in messages]
    assert sum(n > 200 for n in everything) / len(everything) >= 1 / 3
    assert sum(n > 450 for n in everything) / len(everything) >= 1 / 10
    for category, found in lengths.items():
        assert sum(n > 200 for n in found) / len(found) >= 0.25, category


def test_labels_use_known_codes_only(
    shipped: list[LabelledMessage], departments: Departments, gazetteer: Gazetteer
) -> None:
    paths = {place.path for place in gazetteer.places} | {""}
    for message in shipped:
        codes = {message.department, *message.department_also}
        assert codes <= set(departments.by_code), message.id
        assert message.register in REGISTERS, message.id
        assert message.urgency in ("normal", "urgent", "emergency"), message.id
        assert message.place in paths, (message.id, message.place)


def test_the_coverage_plan_names_every_topic_and_adds_up(
    shipped: list[LabelledMessage], taxonomy: Taxonomy
) -> None:
    assert PLAN["topics"].keys() == taxonomy.topics.keys()
    assert min(PLAN["topics"].values()) >= 80
    assert sum(PLAN["topics"].values()) >= 8000
    assert sum(PLAN["registers"].values()) == pytest.approx(1)
    counts = Counter(m.topic for m in shipped)
    missing = {t: n - counts[t] for t, n in PLAN["topics"].items() if counts[t] < n}
    print(f"\nstill to be written: {sum(missing.values())}: {missing}")
    for length, share in PLAN["longer_than"].items():
        longer = sum(len(m.text) > int(length) for m in shipped) / len(shipped)
        print(f"longer than {length}: {longer:.2f} of {share:.2f} planned")


def test_ids_are_unique(shipped: list[LabelledMessage]) -> None:
    assert [i for i, n in Counter(m.id for m in shipped).items() if n > 1] == []


def test_no_two_messages_are_nearly_the_same(shipped: list[LabelledMessage]) -> None:
    pairs = similar_pairs([m.text for m in shipped], threshold=0.5)
    assert [(shipped[a].id, shipped[b].id) for a, b, _ in pairs] == []


def distinct_ngram_ratio(texts: list[str], size: int, *, characters: int) -> float:
    """Distinct n-grams over all, in the first `characters` code points (ratios fall with size)."""
    text = "".join(texts)[:characters]
    return len({text[i : i + size] for i in range(len(text) - size + 1)}) / (len(text) - size + 1)


def test_the_corpus_is_varied(
    shipped: list[LabelledMessage], record_property: Callable[[str, object], None]
) -> None:
    texts = [m.text for m in shipped]
    ratios = {n: distinct_ngram_ratio(texts, n, characters=50_000) for n in (2, 4, 6)}
    openings = len({t[:6] for t in texts}) / len(texts)
    record_property("distinct_ngrams", ratios)
    record_property("distinct_openings", openings)
    print(f"distinct n-grams {ratios}, distinct openings {openings:.2f}")
    assert ratios[4] > 0.8
    assert openings > 0.75


def test_it_is_as_varied_as_real_messages(shipped: list[LabelledMessage], shared: Path) -> None:
    real = pd.read_csv(shared / "real/teddy_raw.csv")["留言详情"].str.strip().tolist()
    for size in (2, 4, 6):
        ours = distinct_ngram_ratio([m.text for m in shipped], size, characters=50_000)
        assert ours >= distinct_ngram_ratio(real, size, characters=50_000), size


def test_none_of_it_was_copied(shipped: list[LabelledMessage], shared: Path) -> None:
    """No run of 12 characters is shared with real text, set phrases of officialdom apart."""
    size, real = 12, set[str]()
    for path in [*shared.glob("real/*"), *shared.glob("gold/*.jsonl")]:
        text = path.read_text("utf-8-sig")
        real.update(text[i : i + size] for i in range(len(text) - size + 1))
    copied = {
        m.id: run
        for m in shipped
        for i in range(len(m.text) - size + 1)
        if (run := m.text[i : i + size]) in real and not _is_set_phrase(run)
    }
    assert copied == {}


# Names of bodies, laws and campaigns, and forms of address: nobody's sentences.
SET_PHRASES = (
    "恩施土家族苗族自治州",
    "中华人民共和国",
    "习近平新时代中国特色社会主义思想",
    "绿水青山就是金山银山",
    "促进革命老区、民族地区、边疆地区、贫困地区",
    "《大气污染防治法》第八十一条",
    "人均基本公共卫生服务财政补助标准",
)


def _is_set_phrase(run: str) -> bool:
    return any(run in phrase or phrase in run for phrase in SET_PHRASES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", "", "标注文件里没有任何数据"),
        ("a.jsonl", "{", r"a\.jsonl：第 1 行不是有效的 JSON"),
        ("a.jsonl", "[1]", "第 1 行应当是一个 JSON 对象"),
        ("a.jsonl", '\n{"text": "", "category": "ecology"}', "第 2 行缺少 text"),
        ("a.csv", "text,category\n路烂了,", "第 2 行缺少 category"),
        ("a.csv", "text,category\n路烂了,roads", "类别 'roads' 不在分类体系里.*--taxonomy auto"),
        (
            "a.jsonl",
            '{"text": "路烂了", "category": "ecology", "topic": "roads"}',
            "主题 'roads' 属于 public_services，与类别 'ecology' 不符",
        ),
        ("a.txt", "路烂了", "只支持 .jsonl 和 .csv"),
        ("a.csv", "text,category,weight\n路烂了,other,0", "第 2 行的 weight 是 '0'。请写大于 0"),
        ("a.csv", "text,category,weight\n路烂了,other,多", "第 2 行的 weight 是 '多'"),
    ],
)
def test_a_fault_names_file_and_row(
    tmp_path: Path, taxonomy: Taxonomy, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    with pytest.raises(DataFileError, match=message):
        read_labelled([path], taxonomy)


def test_a_labelled_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,category\n路烂了,ecology\n".encode("gb18030"))
    with pytest.raises(DataFileError, match="不是 UTF-8 编码"):
        read_labelled([path])


def test_lists_in_cells_are_split(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,category,also\n路烂了,ecology,industry；civility\n", "utf-8")
    [message] = read_labelled([path])
    assert message.also == ("industry", "civility")


def test_the_digest_sees_labels_but_not_ids(tmp_path: Path) -> None:
    def digest(**change: str) -> str:
        row = {"id": "1", "text": "路烂了", "category": "ecology"} | change
        path = tmp_path / "a.jsonl"
        path.write_text(json.dumps(row), "utf-8")
        return corpus_digest(read_labelled([path]))

    assert digest() == digest(id="2")
    assert digest() != digest(category="industry")


def test_a_weight_is_read_and_is_whole_where_none_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": "路烂了", "category": "other"} | more for more in ({"weight": 0.3}, {})]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    light, whole = read_labelled([path])
    assert (light.weight, whole.weight) == (0.3, 1.0)
    assert corpus_digest([light]) != corpus_digest([whole])


def test_a_corpus_without_weights_keeps_the_digest_it_had_before_there_were_any() -> None:
    message = LabelledMessage(id="1", text="路烂了", category="public_services")
    expected = "f4a8dc29fce7631328ad970ba118919a4ceca8883e01e1df749fda8abc8a72d1"
    assert corpus_digest([message]) == expected

"""The same messages give the same model; what cannot be learnt from is refused."""

from dataclasses import replace

import pytest

from pipeline.corpus import LabelledMessage
from pipeline.documents import MAX_CHARACTERS, read_document
from pipeline.errors import DataFileError
from pipeline.model import Model
from pipeline.records import Document
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train


def test_training_again_gives_the_same_weights(
    model: Model, lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    again = train(lessons, taxonomy, segmenter, name="again")
    assert again.digest == model.digest
    assert (again.leaves.coef == model.leaves.coef).all()


def test_other_labels_give_other_weights(
    model: Model, lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    changed = [replace(lessons[0], topic="parking"), *lessons[1:]]
    assert train(changed, taxonomy, segmenter).digest != model.digest


def test_the_topics_definitions_are_learnt_from(
    model: Model, lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    topic = replace(taxonomy.topics["parking"], covers="电瓶车停放棚、立体车库")
    changed = replace(taxonomy, topics=dict(taxonomy.topics) | {"parking": topic})
    assert train(lessons, changed, segmenter).digest != model.digest


def test_the_card_says_what_a_reader_needs(model: Model) -> None:
    assert set(model.card) >= {"messages", "corpus_digest", "taxonomy_version", "seed", "versions"}
    assert {"python", "jieba", "scikit-learn", "wuwei"} <= set(model.card["versions"])
    assert 0 <= model.card["held_out"]["accuracy"] <= 1


def test_data_with_its_own_categories_trains_without_topics(segmenter: Segmenter) -> None:
    texts = {"交通": "路灯坏了道路不通", "教育": "学校老师收费补课"}
    messages = [
        LabelledMessage(id=f"{label}{i}", text=f"{text}{'甲乙丙丁戊己'[i] * 3}", category=label)
        for label, text in texts.items()
        for i in range(6)
    ]
    model = train(messages, Taxonomy.from_labels(texts), segmenter)
    assert model.departments is None
    assert set(model.leaves.codes) == {"交通", "教育"}


def test_topics_of_another_taxonomy_are_left_aside(segmenter: Segmenter) -> None:
    messages = [
        LabelledMessage(f"{label}{i}", f"{text}{i}", label, topic=f"{label}-{i % 2}")
        for label, text in (("甲", "路灯坏了道路不通"), ("乙", "学校老师收费补课"))
        for i in range(6)
    ]
    taxonomy = Taxonomy.from_dict({"version": "auto", "categories": {"甲": "甲", "乙": "乙"}})
    model = train(messages, taxonomy, segmenter)
    assert model.leaves.codes == ("乙", "甲")


def test_one_category_is_not_enough(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    with pytest.raises(DataFileError, match="只有一个类别 'ecology'"):
        train([m for m in lessons if m.category == "ecology"], taxonomy, segmenter)


def test_four_messages_of_a_category_are_not_enough(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    few = [m for m in lessons if m.category == "ecology"][:4]
    with pytest.raises(DataFileError, match="类别 'ecology' 只有 4 条，至少要 5 条"):
        train([*few, *(m for m in lessons if m.category == "civility")], taxonomy, segmenter)


def test_an_unreadable_message_is_named(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    book = replace(lessons[0], id="book", text="字" * (MAX_CHARACTERS + 1))
    with pytest.raises(DataFileError, match="标注留言 book 不能用"):
        train([book, *lessons], taxonomy, segmenter)


def test_urgency_is_learnt_where_enough_emergencies_are_labelled(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    dangers = [
        replace(m, id=f"{m.id}-now", text=f"{m.text}，正在垮，快来救人", urgency="emergency")
        for m in lessons
    ]
    calm = [replace(m, urgency="normal") for m in lessons]
    assert train(calm, taxonomy, segmenter).urgency is None
    model = train([*calm, *dangers], taxonomy, segmenter)
    [danger, quiet] = model.predict(
        [
            d
            for t in ("房子正在垮，快来救人", "请修路")
            if isinstance(d := read_document(t, segmenter), Document)
        ]
    )
    assert danger.urgency and danger.urgency.is_emergency and danger.urgency.evidence
    assert quiet.urgency and not quiet.urgency.is_emergency and not quiet.urgency.evidence


def test_a_row_of_little_weight_teaches_little(
    lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    """Three wrong labels to a right one win at full weight, and give way at a twentieth."""
    wrong = [
        replace(m, id=f"{m.id}-wrong{i}", topic="gambling", category="civility")
        for m in lessons
        for i in range(3)
        if m.topic == "sewage"
    ]
    chances = []
    for weight in (1.0, 0.05):
        light = [replace(m, weight=weight) for m in wrong]
        model = train([*lessons, *light], taxonomy, segmenter)
        document = read_document("污水直接排进河里", segmenter)
        assert isinstance(document, Document)
        [said] = model.predict([document])
        chances.append({s.code: s.probability for s in said.categories}["ecology"])
    full, light_chance = chances
    assert light_chance > 0.5 > full


def test_whole_weights_change_nothing(
    model: Model, lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter
) -> None:
    whole = [replace(m, weight=1.0) for m in lessons]
    again = train(whole, taxonomy, segmenter, name="again")
    assert again.digest == model.digest
    assert again.thresholds == model.thresholds

"""From labelled messages to a model."""

import hashlib
import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.classifier import HierarchicalClassifier
from pipeline.corpus import LabelledMessage, corpus_digest
from pipeline.documents import read_document
from pipeline.errors import DataFileError
from pipeline.evaluation import category_figures, coverage_at_error, expected_calibration_error
from pipeline.features import Featuriser
from pipeline.model import LinearHead, Model, Thresholds
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document, Rejection
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy

FEWEST = 5
# The code of the fallback that `fold_rare` makes where a taxonomy has none.
FOLDED = "other"
# A category this many times larger than another is worth a word.
_LOPSIDED = 20
# Fewer held-out messages of two categories than this tell nothing about a threshold.
_FEWEST_WITH_TWO = 30
_VERSIONS_OF = ("wuwei", "jieba", "scikit-learn", "numpy", "scipy", "opencc")

Progress = Callable[[str], None]


def train(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    segmenter: Segmenter,
    *,
    name: str = "default",
    seed: int = 0,
    target_error: float = 0.05,
    fold_rare: bool = False,
    progress: Progress = lambda step: None,
) -> Model:
    """Train a model. The same messages, seed and versions give the same weights.

    Args:
        target_error: error accepted among messages that pass without review (0–1).
        fold_rare: put categories with fewer than five messages into the fallback (a new
            category 其他 where the taxonomy has none) instead of refusing them.
        progress: called with a Chinese line before each step.

    Raises:
        DataFileError: fewer than two categories, or (without `fold_rare`) one with fewer
            than five messages.
        ValueError: `target_error` is not between 0 and 1.
    """
    if not 0 < target_error < 1:
        raise ValueError(f"target_error must lie between 0 and 1, got {target_error}")
    if fold_rare:
        messages, taxonomy = fold_rare_categories(messages, taxonomy, progress=progress)
    _check_counts(messages, taxonomy)
    _tell_imbalance(messages, taxonomy, progress)
    progress(f"切分 {len(messages)} 条留言")
    documents = _read(messages, segmenter)
    progress("归并近似重复")
    groups = np.array(
        group_near_duplicates([m.text for m in messages], [m.group for m in messages])
    )
    progress("提取特征")
    hints, hinted_topics = _read_definitions(taxonomy, segmenter)
    featuriser = Featuriser().fit([*documents, *hints])
    features = featuriser.transform(documents)
    definitions = (featuriser.transform(hints), hinted_topics) if hints else None
    progress("训练类别与主题")
    classifier = _fit_categories(features, messages, taxonomy, groups, definitions, seed)
    progress("训练部门")
    departments = _fit_departments(features, messages, groups, seed)
    figures, thresholds = _hold_out_figures(classifier, messages, taxonomy, target_error)
    leaves = _head(classifier)
    return Model(
        name=name,
        digest=_digest(featuriser, leaves, departments),
        taxonomy=taxonomy,
        featuriser=featuriser,
        leaves=leaves,
        departments=departments,
        thresholds=thresholds,
        card=_card(messages, taxonomy, seed, figures, len(documents)),
    )


def fold_rare_categories(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    *,
    progress: Progress = lambda step: None,
) -> tuple[list[LabelledMessage], Taxonomy]:
    """Move the messages of categories with fewer than five of them to the fallback."""
    counts = Counter(m.category for m in messages)
    fallback = taxonomy.fallback or FOLDED
    rare = [c for c, n in counts.items() if n < FEWEST and c != fallback]
    if not rare:
        return list(messages), taxonomy
    named = "、".join(f"{taxonomy.categories.get(c, c)}（{counts[c]} 条）" for c in rare)
    progress(f"不足 {FEWEST} 条的类别并入“其他”：{named}")
    folded = [
        replace(m, category=fallback, topic=None) if m.category in rare else m for m in messages
    ]
    kept = {c: name for c, name in taxonomy.categories.items() if c not in rare}
    topics = {code: t for code, t in taxonomy.topics.items() if t.category in kept}
    shares = {c: share for c, share in taxonomy.shares.items() if c in kept}
    categories = {FOLDED: "其他"} | kept if fallback == FOLDED else kept
    return folded, replace(
        taxonomy, categories=categories, topics=topics, shares=shares, fallback=fallback
    )


def _tell_imbalance(
    messages: Sequence[LabelledMessage], taxonomy: Taxonomy, progress: Progress
) -> None:
    ranked = Counter(m.category for m in messages).most_common()
    (most, n), (least, few) = ranked[0], ranked[-1]
    if n > _LOPSIDED * few:
        name = taxonomy.categories
        progress(
            f"注意：类别很不均衡，“{name.get(most, most)}”有 {n} 条，“{name.get(least, least)}”"
            f"只有 {few} 条；少的一类多半认不准，请先看评测里它的召回率"
        )


def _read(messages: Sequence[LabelledMessage], segmenter: Segmenter) -> list[Document]:
    documents = []
    for message in messages:
        document = read_document(message.text, segmenter, id=message.id)
        if isinstance(document, Rejection):
            raise DataFileError(
                f"标注留言 {message.id} 不能用：{document.detail}。请改正或删去。",
                f"Labelled message {message.id} cannot be read: {document.reason}.",
            )
        documents.append(document)
    return documents


def _read_definitions(taxonomy: Taxonomy, segmenter: Segmenter) -> tuple[list[Document], list[str]]:
    """Read what the topics' definitions name, each with its topic.

    Those of the fallback category describe messages instead of naming matters.

    The definitions are data that whoever sets up the taxonomy writes anyway, and a small
    corpus does not hold a message for everything they name.
    """
    topics = [t for t in taxonomy.topics.values() if t.category != taxonomy.fallback]
    pairs = [(topic.code, phrase) for topic in topics for phrase in topic.phrases()]
    read = [(code, read_document(phrase, segmenter)) for code, phrase in pairs]
    kept = [(code, document) for code, document in read if isinstance(document, Document)]
    return [document for _, document in kept], [code for code, _ in kept]


def _check_counts(messages: Sequence[LabelledMessage], taxonomy: Taxonomy) -> None:
    counts = Counter(m.category for m in messages)
    if len(counts) < 2:
        raise DataFileError(
            f"标注数据只有一个类别 {next(iter(counts), '')!r}，无法训练。请至少准备两个类别。",
            "The labelled data has fewer than two categories.",
        )
    for category, count in counts.items():
        if count < FEWEST:
            raise DataFileError(
                f"类别 {category!r} 只有 {count} 条，至少要 {FEWEST} 条。"
                "请补充，或用 --rare fold 并入“其他”。",
                f"Category {category!r} has {count} messages; at least {FEWEST} are needed "
                "(or use --rare fold).",
            )


def _fit_categories(
    features: Any,
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    groups: NDArray[Any],
    definitions: tuple[Any, list[str]] | None,
    seed: int,
) -> HierarchicalClassifier:
    parent = {code: topic.category for code, topic in taxonomy.topics.items()}
    labels = np.array([m.topic or m.category for m in messages])
    classifier = HierarchicalClassifier(parent=parent, shares=taxonomy.shares, random_state=seed)
    return classifier.fit(features, labels, groups, hints=definitions)


def _fit_departments(
    features: Any, messages: Sequence[LabelledMessage], groups: NDArray[Any], seed: int
) -> LinearHead | None:
    labelled = [i for i, m in enumerate(messages) if m.department]
    labels = np.array([messages[i].department for i in labelled])
    if len(np.unique(labels)) < 2:
        return None
    classifier = HierarchicalClassifier(random_state=seed)
    return _head(classifier.fit(features[labelled], labels, groups[labelled]))


def _head(classifier: HierarchicalClassifier) -> LinearHead:
    return LinearHead(
        tuple(classifier.leaves_.tolist()),
        classifier.coef_.astype(np.float32),
        classifier.intercept_.astype(np.float32),
    )


def _hold_out_figures(
    classifier: HierarchicalClassifier,
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    target_error: float,
) -> tuple[dict[str, Any], Thresholds]:
    """Judge the out-of-fold predictions and choose the threshold on them.

    Rows count by the share of their category among messages to come.
    """
    probabilities, weights = classifier.oof_proba_, classifier.oof_weights_
    predicted = classifier.classes_[probabilities.argmax(axis=1)]
    gold = [m.category for m in messages]
    counted = [
        m.category if p in m.also else p for m, p in zip(messages, predicted.tolist(), strict=True)
    ]
    confidence = probabilities.max(axis=1)
    right = np.array([g == c for g, c in zip(gold, counted, strict=True)])
    coverage, threshold = coverage_at_error(confidence, right, error=target_error, weights=weights)
    figures = category_figures(gold, counted, list(taxonomy.categories), fallback=taxonomy.fallback)
    figures["accuracy"] = float(np.average(right, weights=weights))
    figures["ece"] = expected_calibration_error(confidence, right, weights=weights)
    figures["coverage"] = coverage
    figures["coverage_per_category"] = _coverage_per_category(
        predicted, confidence >= threshold, weights
    )
    thresholds = Thresholds(
        target_error,
        min(threshold, 1.0),
        coverage,
        second_threshold(probabilities, classifier.classes_.tolist(), messages),
    )
    return figures, thresholds


def _coverage_per_category(
    predicted: NDArray[Any], passes: NDArray[Any], weights: NDArray[Any]
) -> dict[str, float]:
    """Return, per predicted category, the share that passes without review (0–1)."""
    return {
        str(c): float(np.average(passes[predicted == c], weights=weights[predicted == c]))
        for c in np.unique(predicted)
    }


def second_threshold(
    probabilities: NDArray[Any], categories: Sequence[str], messages: Sequence[LabelledMessage]
) -> float:
    """Choose the probability from which a runner-up is worth naming: the best F1.

    A runner-up is right where people accept it, or where it is what the message should
    have been. The usual value stands where too few messages have a second category.
    """
    order = np.argsort(-probabilities, axis=1)
    runner_up = probabilities[np.arange(len(messages)), order[:, 1]]
    right, wanted = [], 0
    for message, (first, second, *_) in zip(messages, order.tolist(), strict=True):
        others = {message.category, *message.also, message.second_category}
        others -= {categories[first], None}
        right.append(categories[second] in others)
        wanted += bool(others)
    if wanted < _FEWEST_WITH_TWO:
        return Thresholds.second_category
    hits = np.array(right)[by_size := np.argsort(-runner_up, kind="stable")].cumsum()
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + wanted)
    return float(runner_up[by_size[int(f1.argmax())]])


def _card(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    seed: int,
    figures: dict[str, Any],
    count: int,
) -> dict[str, Any]:
    return {
        "messages": count,
        "per_category": dict(Counter(m.category for m in messages)),
        "corpus_digest": corpus_digest(messages),
        "taxonomy_version": taxonomy.version,
        "taxonomy_digest": taxonomy.digest(),
        "seed": seed,
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in _VERSIONS_OF},
        "held_out": figures,
    }


def _digest(featuriser: Featuriser, *heads: LinearHead | None) -> str:
    """Return a hex digest of everything that decides a prediction."""
    digest = hashlib.sha256()
    terms, idf = featuriser.to_arrays()
    for view in terms:
        digest.update("\n".join(terms[view]).encode())
        digest.update(idf[view].tobytes())
    for head in heads:
        if head is not None:
            digest.update("\n".join(head.codes).encode())
            digest.update(head.coef.tobytes() + head.intercept.tobytes())
    return digest.hexdigest()

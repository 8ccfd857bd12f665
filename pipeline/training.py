"""From labelled messages to a model."""

import hashlib
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.abstention import FEWEST_EMERGENCIES, choose_thresholds, emergency_threshold
from pipeline.balance import Progress, check_counts, fold_rare_categories, tell_imbalance
from pipeline.classifier import HierarchicalClassifier
from pipeline.corpus import LabelledMessage, corpus_digest
from pipeline.documents import read_document
from pipeline.errors import DataFileError
from pipeline.features import MATTER, Featuriser
from pipeline.model import EMERGENCY, LinearHead, Model, Thresholds
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document, Rejection
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy

FitContext = Callable[[Sequence[str], NDArray[np.float64]], LinearHead]

_VERSIONS_OF = ("wuwei", "jieba", "scikit-learn", "numpy", "scipy", "opencc")


def train(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    segmenter: Segmenter,
    *,
    name: str = "default",
    seed: int = 0,
    target_error: float = 0.05,
    views: Mapping[str, int] = MATTER,
    fold_rare: bool = False,
    fit_context: FitContext | None = None,
    progress: Progress = lambda step: None,
) -> Model:
    """Train a model. The same messages, seed and versions give the same weights.

    Args:
        target_error: error accepted among messages that pass without review (0–1).
        views: what the model looks at (`pipeline.features`).
        fold_rare: put categories with fewer than five messages into the fallback (a new
            category 其他 where the taxonomy has none) instead of refusing them.
        fit_context: fits the head over what stands around a message, where messages follow
            each other (`pipeline.notes`): called with the categories and the out-of-fold
            probabilities of the messages, shape (messages, categories).
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
    check_counts(messages)
    tell_imbalance(messages, taxonomy, progress)
    progress(f"切分 {len(messages)} 条留言")
    documents = _read(messages, segmenter)
    definitions = read_definitions(taxonomy, segmenter)
    return fit(
        documents, messages, taxonomy, definitions=definitions, name=name, seed=seed,
        target_error=target_error, views=views, fit_context=fit_context, progress=progress,
    )  # fmt: skip


def fit(
    documents: Sequence[Document],
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    *,
    definitions: tuple[Sequence[Document], Sequence[str]] = ((), ()),
    name: str = "default",
    seed: int = 0,
    target_error: float = 0.05,
    views: Mapping[str, int] = MATTER,
    fit_context: FitContext | None = None,
    progress: Progress = lambda step: None,
) -> Model:
    """Fit a model on documents already read, one for each message, in order.

    Args:
        definitions: documents that are no messages, and the topic each defines.
    """
    progress("归并近似重复")
    groups = np.array(
        group_near_duplicates([m.text for m in messages], [m.group for m in messages])
    )
    progress("提取特征")
    defining, defined = definitions
    featuriser = Featuriser(views).fit([*documents, *defining])
    features = featuriser.transform(documents)
    hints = (featuriser.transform(defining), defined) if defining else None
    progress("训练类别与主题")
    classifier = _fit_categories(features, messages, taxonomy, groups, hints, seed)
    progress("训练部门")
    departments = _fit_departments(features, messages, groups, seed)
    progress("训练缓急")
    urgency, emergency_from = _fit_urgency(features, messages, groups, seed)
    figures, thresholds = choose_thresholds(classifier, messages, taxonomy, target_error)
    leaves = _head(classifier)
    context = None
    if fit_context is not None:
        context = fit_context(classifier.classes_.tolist(), classifier.oof_proba_)
    return Model(
        name=name,
        digest=_digest(featuriser, leaves, departments, urgency, context),
        taxonomy=taxonomy,
        featuriser=featuriser,
        leaves=leaves,
        departments=departments,
        urgency=urgency,
        thresholds=replace(thresholds, emergency=emergency_from),
        card=_card(messages, taxonomy, seed, figures, len(documents)),
        context=context,
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


def read_definitions(taxonomy: Taxonomy, segmenter: Segmenter) -> tuple[list[Document], list[str]]:
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


def _fit_categories(
    features: Any,
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    groups: NDArray[Any],
    hints: tuple[Any, Sequence[str]] | None,
    seed: int,
) -> HierarchicalClassifier:
    parent = {code: topic.category for code, topic in taxonomy.topics.items()}
    # Data may name topics of another taxonomy (`--taxonomy auto` has none).
    labels = np.array([m.topic if m.topic in taxonomy.topics else m.category for m in messages])
    classifier = HierarchicalClassifier(parent=parent, shares=taxonomy.shares, random_state=seed)
    return classifier.fit(
        features, labels, groups, hints=hints, also=[m.also for m in messages],
        weights=[m.weight for m in messages],
    )  # fmt: skip


def _fit_departments(
    features: Any, messages: Sequence[LabelledMessage], groups: NDArray[Any], seed: int
) -> LinearHead | None:
    labelled = [i for i, m in enumerate(messages) if m.department]
    labels = np.array([messages[i].department for i in labelled])
    if len(np.unique(labels)) < 2:
        return None
    classifier = HierarchicalClassifier(random_state=seed)
    weights = [messages[i].weight for i in labelled]
    return _head(classifier.fit(features[labelled], labels, groups[labelled], weights=weights))


def _fit_urgency(
    features: Any, messages: Sequence[LabelledMessage], groups: NDArray[Any], seed: int
) -> tuple[LinearHead | None, float]:
    """Fit on the messages with an urgency; the threshold is recall-first (`abstention`)."""
    labelled = [i for i, m in enumerate(messages) if m.urgency]
    labels = np.array([messages[i].urgency for i in labelled])
    counts = Counter(labels.tolist())
    if counts[EMERGENCY] < FEWEST_EMERGENCIES or len(counts) < 2:
        return None, Thresholds.emergency
    classifier = HierarchicalClassifier(random_state=seed)
    weights = [messages[i].weight for i in labelled]
    classifier.fit(features[labelled], labels, groups[labelled], weights=weights)
    column = classifier.classes_.tolist().index(EMERGENCY)
    chances = classifier.oof_proba_[:, column]
    return _head(classifier), emergency_threshold(chances, labels == EMERGENCY)


def _head(classifier: HierarchicalClassifier) -> LinearHead:
    """Return the fitted weights, rounded to what half precision holds (one part in 2,000).

    No prediction notices, and the model takes half the room on disk.
    """
    return LinearHead(
        tuple(classifier.leaves_.tolist()),
        classifier.coef_.astype(np.float16).astype(np.float32),
        classifier.intercept_.astype(np.float32),
    )


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

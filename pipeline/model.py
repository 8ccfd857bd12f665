"""A fitted model: reads documents, gives predictions. It knows nothing of files or HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import kernel
from pipeline.evidence import explain_each
from pipeline.features import Featuriser, Readings
from pipeline.kernel import BatchReading
from pipeline.records import Document, Evidence, PredictedUrgency, Prediction, Scored
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy

FloatArray = NDArray[np.float32]

EMERGENCY = "emergency"


@dataclass(frozen=True)
class LinearHead:
    """Softmax over codes: `coef` has shape (codes, features), `intercept` (codes,)."""

    codes: tuple[str, ...]
    coef: FloatArray
    intercept: FloatArray

    def __post_init__(self) -> None:
        # A message touches few features: with the weights of one feature side by side its
        # product reads them in a row, and no copy is made.
        object.__setattr__(self, "coef", np.asfortranarray(self.coef))

    @property
    def weights(self) -> FloatArray:
        """The coefficients of each feature side by side, shape (features, codes)."""
        return self.coef.T

    def probabilities(self, features: Any) -> FloatArray:
        """Return an array of shape (documents, codes); rows sum to 1."""
        return softmax(np.asarray(features @ self.weights + self.intercept))

    def judge(self, batch: BatchReading | Readings) -> FloatArray:
        """Return the probabilities of documents read together, shape (documents, codes)."""
        return softmax(batch.scores(self.weights, self.intercept))


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Turn each row of scores into probabilities.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Thresholds:
    """Where the model stops being sure, chosen on held-out messages.

    Attributes:
        target_error: error accepted among messages that pass without review (0–1).
        confidence: messages less sure than this go to a person (0–1).
        coverage: share of held-out messages that passed (0–1).
        second_category: a second category is named from this probability on (0–1).
        tie: two categories this close are nearly tied (0–1).
        emergency: a message is an emergency from this probability on (0–1).
    """

    target_error: float = 0.05
    confidence: float = 0.5
    coverage: float = 1.0
    second_category: float = 0.25
    tie: float = 0.15
    emergency: float = 0.5

    def are_tied(self, ranked: Sequence[Scored]) -> bool:
        """Whether the first two of the ranked categories can hardly be told apart."""
        return len(ranked) > 1 and ranked[0].probability - ranked[1].probability < self.tie

    def second_of(self, ranked: Sequence[Scored], *, fallback: str | None) -> str | None:
        """Return the runner-up where the message may well belong to it too, else None.

        Nothing belongs to a category and to "none of them": the fallback is only named
        where the two are nearly tied.
        """
        if self.are_tied(ranked):
            return ranked[1].code
        if len(ranked) < 2 or fallback in (ranked[0].code, ranked[1].code):
            return None
        return ranked[1].code if ranked[1].probability >= self.second_category else None


@dataclass(frozen=True)
class Model:
    """Weights with everything needed to use and to judge them.

    Attributes:
        name: the directory's name under `models/`.
        digest: hex digest of the weights; `name@digest` is the model's version.
        taxonomy: the one it was trained with (travels with the weights).
        featuriser: fitted features.
        leaves: head over topics (and categories without topics).
        departments: head over department codes, or None where none were labelled.
        urgency: head over `normal`, `urgent`, `emergency`, or None where too few messages
            were labelled emergencies.
        thresholds: when to ask a person.
        card: what a reader wants to know: corpus, versions, figures.
        context: head over what stands around a sentence, for the kinds in meeting notes
            (`pipeline.notes.context`); None elsewhere.
    """

    name: str
    digest: str
    taxonomy: Taxonomy
    featuriser: Featuriser
    leaves: LinearHead
    departments: LinearHead | None
    urgency: LinearHead | None
    thresholds: Thresholds
    card: Mapping[str, Any]
    context: LinearHead | None = None

    @property
    def version(self) -> str:
        """Name and the first characters of the digest, as shown in every tagged item."""
        return f"{self.name}@{self.digest[:8]}"

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """Return one prediction a document, in order."""
        if not documents:
            return []
        batch = self.featuriser.read_batch(documents)
        leaves = self.leaves.judge(batch)
        categories = self._categories(leaves)
        ranked = _rank_each(tuple(self.taxonomy.categories), categories)
        second = [self.thresholds.second_of(r, fallback=self.taxonomy.fallback) for r in ranked]
        winners = [r[0].code for r in ranked]
        evidence = self._explain(documents, batch, leaves, winners, second)
        prediction = zip(
            ranked,
            self._topics(leaves, winners),
            self._desks(batch, len(documents)),
            evidence[: len(documents)],
            second,
            self._second_evidence(second, evidence[len(documents) :]),
            leaves[:, self._asking].sum(axis=1).tolist(),
            self._haste(documents, batch),
            strict=True,
        )
        return [Prediction(*fields) for fields in prediction]

    def classify(self, texts: Sequence[str], segmenter: Segmenter) -> FloatArray:
        """Return probabilities of shape (texts, categories) for normalised texts: nothing else.

        For many texts of which only the category is wanted: no words, no evidence.
        """
        return self._categories(self.leaves.judge(self.featuriser.read_texts(texts, segmenter)))

    def category_probabilities(self, documents: Sequence[Document]) -> FloatArray:
        """Return probabilities of shape (documents, categories), in taxonomy order."""
        return self._categories(self.leaves.probabilities(self.featuriser.transform(documents)))

    def _categories(self, leaves: FloatArray) -> FloatArray:
        return leaves @ self._membership

    @cached_property
    def _membership(self) -> FloatArray:
        """Return a 0/1 array of shape (leaves, categories)."""
        order = list(self.taxonomy.categories)
        member = np.zeros((len(self.leaves.codes), len(order)), dtype=np.float32)
        for row, leaf in enumerate(self.leaves.codes):
            member[row, order.index(self._parent(leaf))] = 1.0
        return member

    @cached_property
    def _asking(self) -> NDArray[np.bool_]:
        """Which leaves ask somebody for something, shape (leaves,)."""
        topics = self.taxonomy.topics
        return np.array(
            [
                topics[leaf].asks if leaf in topics else leaf != self.taxonomy.fallback
                for leaf in self.leaves.codes
            ]
        )

    def _parent(self, leaf: str) -> str:
        topic = self.taxonomy.topics.get(leaf)
        return topic.category if topic else leaf

    def _topics(self, leaves: FloatArray, winners: Sequence[str]) -> list[tuple[Scored, ...]]:
        """Rank the topics of each document's winning category."""
        wanted = self._topics_of[[self._order[winner] for winner in winners]]
        return _rank_each(self.leaves.codes, leaves, wanted)

    @cached_property
    def _order(self) -> Mapping[str, int]:
        return {code: i for i, code in enumerate(self.taxonomy.categories)}

    @cached_property
    def _topics_of(self) -> NDArray[np.bool_]:
        """Which leaves are topics of which category, shape (categories, leaves)."""
        is_topic = [code in self.taxonomy.topics for code in self.leaves.codes]
        return np.asarray((self._membership.T > 0) & np.array(is_topic))

    def _desks(self, batch: BatchReading | Readings, n: int) -> Sequence[tuple[Scored, ...]]:
        if self.departments is None:
            return [()] * n
        return _rank_each(self.departments.codes, self.departments.judge(batch))

    def _explain(
        self,
        documents: Sequence[Document],
        batch: BatchReading | Readings,
        leaves: FloatArray,
        winners: Sequence[str],
        second: Sequence[str | None],
    ) -> list[tuple[Evidence, ...]]:
        """Explain every winner, and after them the runners-up that are named."""
        asked = [*enumerate(winners), *((i, code) for i, code in enumerate(second) if code)]
        requests = np.array([i for i, _ in asked], dtype=np.int32)
        inside = self._membership.T[[self._order[code] for _, code in asked]]
        pulls = _pull_towards(inside, leaves[requests])
        return explain_each(documents, batch, requests, pulls, self.leaves.weights)

    def _second_evidence(
        self, second: Sequence[str | None], evidence: Sequence[tuple[Evidence, ...]]
    ) -> list[tuple[Evidence, ...]]:
        """Deal out the evidence for the runners-up; none where none is named."""
        given = iter(evidence)
        return [next(given) if code else () for code in second]

    def _haste(
        self, documents: Sequence[Document], batch: BatchReading | Readings
    ) -> Sequence[PredictedUrgency | None]:
        """Say how likely emergencies are and, where they are likely, what speaks for them."""
        if self.urgency is None:
            return [None] * len(documents)
        chances = self.urgency.judge(batch)
        rows, codes = chances.tolist(), self.urgency.codes
        at = codes.index(EMERGENCY) if EMERGENCY in codes else None
        likely = [
            i
            for i, row in enumerate(rows)
            if (0.0 if at is None else row[at]) >= self.thresholds.emergency
        ]
        evidence = self._emergency_evidence(documents, batch, chances, likely)
        return [
            PredictedUrgency(dict(zip(codes, row, strict=True)), i in evidence, evidence.get(i, ()))
            for i, row in enumerate(rows)
        ]

    def _emergency_evidence(
        self,
        documents: Sequence[Document],
        batch: BatchReading | Readings,
        chances: FloatArray,
        likely: Sequence[int],
    ) -> dict[int, tuple[Evidence, ...]]:
        """Explain the likely emergencies: document's number → what speaks for one."""
        if not likely or self.urgency is None:
            return {}
        emergency = np.array([code == EMERGENCY for code in self.urgency.codes])
        pulls = np.where(emergency, np.float32(1), -chances[likely])
        requests = np.array(likely, dtype=np.int32)
        evidence = explain_each(documents, batch, requests, pulls, self.urgency.weights)
        return dict(zip(likely, evidence, strict=True))


def _pull_towards(inside: FloatArray, leaves: FloatArray) -> FloatArray:
    """Return how each leaf's score moves the log-odds of a category, shape (n, leaves).

    Args:
        inside: 1 for the leaves of the category, else 0, shape (n, leaves).
        leaves: their probabilities, shape (n, leaves).
    """
    towards, against = leaves * inside, leaves * (1 - inside)
    least = np.float32(1e-9)
    return np.asarray(
        towards / np.maximum(towards.sum(axis=1, keepdims=True), least)
        - against / np.maximum(against.sum(axis=1, keepdims=True), least)
    )


def _rank_each(
    codes: tuple[str, ...], probabilities: FloatArray, wanted: NDArray[np.bool_] | None = None
) -> list[tuple[Scored, ...]]:
    """Pair each row's probabilities with the codes, descending; ties keep the codes' order.

    Args:
        wanted: which codes to keep, shape (rows, codes); all where it is None.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    kept = np.ones(probabilities.shape, np.bool_) if wanted is None else wanted
    if kernel.available():
        return kernel.ranked(Scored, codes, order, probabilities, kept)
    return [
        tuple(Scored(codes[i], row[i]) for i in best if keep[i])
        for best, row, keep in zip(
            order.tolist(), probabilities.tolist(), kept.tolist(), strict=True
        )
    ]

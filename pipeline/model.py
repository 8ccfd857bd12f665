"""A fitted model: reads documents, gives predictions. It knows nothing of files or HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from pipeline.evidence import explain
from pipeline.features import Featuriser, Reading
from pipeline.records import Document, Evidence, PredictedUrgency, Prediction, Scored
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

    def probabilities(self, features: Any) -> FloatArray:
        """Return an array of shape (documents, codes); rows sum to 1."""
        return np.asarray(softmax(features @ self.coef.T + self.intercept, axis=1))


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

    @property
    def version(self) -> str:
        """Name and the first characters of the digest, as shown in every tagged item."""
        return f"{self.name}@{self.digest[:8]}"

    def predict(self, documents: Sequence[Document]) -> list[Prediction]:
        """Return one prediction a document, in order."""
        if not documents:
            return []
        readings = [self.featuriser.read(document) for document in documents]
        features = self.featuriser.to_matrix(readings)
        leaves = self.leaves.probabilities(features)
        desks = self.departments.probabilities(features) if self.departments else None
        haste = self.urgency.probabilities(features) if self.urgency else None
        categories = self._categories(leaves)
        return [
            self._prediction(
                documents[i],
                readings[i],
                leaves[i],
                categories[i],
                None if desks is None else desks[i],
                None if haste is None else haste[i],
            )
            for i in range(len(documents))
        ]

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

    def _prediction(
        self,
        document: Document,
        reading: Reading,
        leaves: FloatArray,
        categories: FloatArray,
        desks: FloatArray | None,
        haste: FloatArray | None,
    ) -> Prediction:
        ranked = _rank(list(self.taxonomy.categories), categories)
        winner = ranked[0].code
        topics = [
            (code, p)
            for code, p in zip(self.leaves.codes, leaves, strict=True)
            if code in self.taxonomy.topics and self._parent(code) == winner
        ]
        codes = self.departments.codes if self.departments else ()
        second = self.thresholds.second_of(ranked, fallback=self.taxonomy.fallback)
        return Prediction(
            categories=ranked,
            topics=_rank([c for c, _ in topics], np.array([p for _, p in topics])),
            departments=_rank(list(codes), desks) if desks is not None else (),
            evidence=self._evidence(document, reading, leaves, winner),
            second_category=second,
            second_evidence=(self._evidence(document, reading, leaves, second) if second else ()),
            asks=float(leaves[self._asking].sum()),
            urgency=self._read_urgency(document, reading, haste),
        )

    def _read_urgency(
        self, document: Document, reading: Reading, haste: FloatArray | None
    ) -> PredictedUrgency | None:
        """Say how likely an emergency is and, where it is likely, what speaks for it."""
        if haste is None or self.urgency is None:
            return None
        chances = dict(zip(self.urgency.codes, map(float, haste), strict=True))
        emergency = chances.get(EMERGENCY, 0.0)
        evidence: tuple[Evidence, ...] = ()
        if emergency >= self.thresholds.emergency:
            pull = np.where(np.array(self.urgency.codes) == EMERGENCY, 1, -haste)
            gradient = pull.astype(np.float32) @ self.urgency.coef[:, reading.columns]
            evidence = explain(document, reading, gradient * reading.values)
        return PredictedUrgency(chances, emergency >= self.thresholds.emergency, evidence)

    def _evidence(
        self, document: Document, reading: Reading, leaves: FloatArray, category: str
    ) -> tuple[Evidence, ...]:
        """Explain a category by the gradient of its log-odds at this document."""
        inside = np.array([self._parent(leaf) == category for leaf in self.leaves.codes])
        pull = np.where(inside, leaves, 0) / max(float(leaves[inside].sum()), 1e-9)
        if not inside.all():
            pull -= np.where(inside, 0, leaves) / max(float(leaves[~inside].sum()), 1e-9)
        gradient = pull.astype(np.float32) @ self.leaves.coef[:, reading.columns]
        return explain(document, reading, gradient * reading.values)


def _rank(codes: list[str], probabilities: FloatArray) -> tuple[Scored, ...]:
    """Pair and sort descending; ties keep the given order."""
    order = np.argsort(-probabilities, kind="stable")
    return tuple(Scored(codes[i], float(probabilities[i])) for i in order)

"""Which views of a text the classifier should have, judged on labelled messages.

    python benchmarks/views.py [GOLD.jsonl]

Trains the category classifier on the shipped corpus with several sets of n-grams and prints
accuracy and macro-F1 over the four categories on the gold file (default: ../shared/gold/dev.jsonl,
which is not part of the repository). A set is written as blocks, each scaled to unit length;
`w2>=5` means pairs of words that stand in at least five messages, `c` means characters.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.preprocessing import normalize

from pipeline.classifier import HierarchicalClassifier
from pipeline.cli.shared import load_shipped_segmenter, read_shipped_corpus
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.documents import read_document
from pipeline.features import character_features, pair_features, word_features
from pipeline.home import data_path
from pipeline.records import Document
from pipeline.taxonomy import Taxonomy

SETS = [
    ["w1>=2 w2>=2", "c1>=2 c2>=2 c3>=2"],
    ["w1>=2 w2>=2", "c1>=2 c2>=2"],
    ["w1>=2", "c1>=2 c2>=2"],
    ["w1>=2"],
    ["c1>=2 c2>=2"],
    ["w1>=2", "c1>=2"],
    ["w1>=2", "c1>=2", "c2>=5"],
    ["w1>=2", "c1>=2", "c2>=3"],
]


def names_of(document: Document, kind: str) -> list[str]:
    """Names of n-grams: w1, w2 (words), c1, c2, c3 (characters)."""
    words = [f.name for f in word_features(document)]
    characters = [f.name for f in character_features(document)]
    return {
        "w1": words,
        "w2": [f"{a} {b}" for a, b in pairwise(words)],
        "c1": characters,
        "c2": [f.name for f in pair_features(document)],
        "c3": ["".join(characters[i : i + 3]) for i in range(len(characters) - 2)],
    }[kind]


def vectorise(part: str, train: list[Document], test: list[Document]) -> tuple[Any, Any]:
    kind, least = part.split(">=")
    analyzer: Callable[[Document], list[str]] = lambda d: names_of(d, kind)  # noqa: E731
    vectorizer = TfidfVectorizer(analyzer=analyzer, min_df=int(least), sublinear_tf=True, norm=None)
    return vectorizer.fit_transform(train), vectorizer.transform(test)


def build(blocks: list[str], train: list[Document], test: list[Document]) -> tuple[Any, Any]:
    made = []
    for block in blocks:
        parts = [vectorise(part, train, test) for part in block.split()]
        made.append([normalize(hstack(side, format="csr")) for side in zip(*parts, strict=True)])
    left, right = zip(*made, strict=True)
    return hstack(left, format="csr"), hstack(right, format="csr")


def read_all(messages: list[LabelledMessage]) -> list[Document]:
    segmenter = load_shipped_segmenter()
    read = [read_document(m.text, segmenter) for m in messages]
    return [document for document in read if isinstance(document, Document)]


def main() -> None:
    gold_path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/gold/dev.jsonl")
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    corpus, gold = read_shipped_corpus(), read_labelled([gold_path], taxonomy)
    train, test = read_all(corpus), read_all(gold)
    parent = {code: topic.category for code, topic in taxonomy.topics.items()}
    labels = np.array([m.topic or m.category for m in corpus])
    groups = np.array([m.group or m.id for m in corpus])
    four = [c for c in taxonomy.categories if c != taxonomy.fallback]
    print(f"{len(corpus)} messages to learn from, {len(gold)} to judge\n")
    print("| views | features | accuracy | macro-F1 (four) |\n|---|---|---|---|")
    for blocks in SETS:
        X, Z = build(blocks, train, test)
        model = HierarchicalClassifier(parent=parent, shares=taxonomy.shares)
        predicted = model.fit(X, labels, groups).predict(Z).tolist()
        counted = [m.category if p in m.also else p for m, p in zip(gold, predicted, strict=True)]
        truth = [m.category for m in gold]
        accuracy = np.mean([a == b for a, b in zip(counted, truth, strict=True)])
        score = f1_score(truth, counted, labels=four, average="macro")
        views = " \\| ".join(blocks)
        print(f"| {views} | {X.shape[1]} | {accuracy:.3f} | {score:.3f} |", flush=True)


if __name__ == "__main__":
    main()

"""Which features and which estimator the classifier should have: the experiment table.

    python benchmarks/recipes.py [RECIPE…]

Each recipe is judged three times. First where choices are made: on the training rows of
`../shared/real/teddy_tokens.csv` (split `syu`, four folds, copies kept together) and on the
shipped corpus (out of fold, near-duplicates kept together). Last, to see whether the choice
carries over, on `../shared/gold/dev.jsonl`. None of these files is part of the repository.

A view is written as in `w2>=3`: pairs of words that stand in at least three messages; `c`
are characters. Views are scaled to unit length each. `head20x3>80` counts what stands in the
first 20 characters (the title) of a text of over 80 three times, `tail` the last sentence twice.
`lexicon` adds a view of the words of `corpora/lexicon.txt`. The peer is the first line.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from scipy.sparse import hstack
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import LinearSVC

from benchmarks.teddy import read_rows
from pipeline.classifier import HierarchicalClassifier
from pipeline.cli.shared import load_shipped_segmenter, read_shipped_corpus
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.documents import read_document
from pipeline.features import Feature, character_features, pair_features, word_features
from pipeline.home import data_path
from pipeline.machines import fit_one_vs_rest
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document
from pipeline.segmenter import read_lexicon
from pipeline.taxonomy import Taxonomy
from pipeline.training import read_definitions

GOLD = Path("../shared/gold/dev.jsonl")
TEDDY = Path("../shared/real/teddy_tokens.csv")
SHORT = ("w1>=2", "c1>=2", "c2>=3")
PAIRS = ("w1>=2", "w2>=2", "c1>=2", "c2>=3")
LONG = ("w1>=2", "w2>=2", "c1>=2", "c2>=3", "c3>=3")


@dataclass(frozen=True)
class Recipe:
    """What a trainer could be made of."""

    views: tuple[str, ...] = SHORT
    C: float = 0.5
    emphasis: float = 0.5
    boost: str = ""
    lexicon: bool = False
    machine: str = "hierarchical"


RECIPES = {
    "plain, long n-grams": Recipe(LONG, 1.0, 0.0),
    "plain, short n-grams": Recipe(SHORT, 1.0, 0.0),
    "plain, words only": Recipe(("w1>=2",), 1.0, 0.0),
    "plain, with word pairs": Recipe(PAIRS, 1.0, 0.0),
    "emphasis, long n-grams": Recipe(LONG),
    "emphasis, short n-grams": Recipe(SHORT),
    "emphasis, short, C 1": Recipe(SHORT, 1.0),
    "emphasis, short, power 1": Recipe(SHORT, 0.5, 1.0),
    "emphasis, with word pairs": Recipe(PAIRS),
    "emphasis, short, head20x2>0": Recipe(boost="head20x2>0"),
    "emphasis, short, head20x3>0": Recipe(boost="head20x3>0"),
    "emphasis, short, head30x3>0": Recipe(boost="head30x3>0"),
    "emphasis, short, head20x3>80": Recipe(boost="head20x3>80"),
    "emphasis, short, head20x3>150": Recipe(boost="head20x3>150"),
    "emphasis, word pairs, head20x3>80": Recipe(PAIRS, boost="head20x3>80"),
    "emphasis, short, tail": Recipe(boost="tail"),
    "emphasis, short, lexicon": Recipe(lexicon=True),
    "multinomial logistic, short": Recipe(SHORT, 20.0, machine="multinomial"),
    "NB-weighted, head20x3>80": Recipe(boost="head20x3>80", machine="nb"),
    "emphasis + NB-weighted, head20x3>80": Recipe(boost="head20x3>80", machine="emphasis+nb"),
}


@dataclass(frozen=True)
class Material:
    """Documents with their leaves; `hints` are definitions, learnt from but never judged."""

    documents: Sequence[Document]
    labels: Any
    groups: Any
    parent: dict[str, str]
    shares: dict[str, float]
    hints: tuple[Sequence[Document], Sequence[str]] = ((), ())


def n_grams(document: Document, kind: str) -> Iterator[Feature]:
    """Yield w1, w2 (words), c1, c2 or c3 (characters)."""
    if kind == "w1":
        yield from word_features(document)
    elif kind == "c1":
        yield from character_features(document)
    elif kind == "c2":
        yield from pair_features(character_features(document))
    elif kind == "w2":
        for a, b in pairwise(word_features(document)):
            yield Feature(f"{a.name} {b.name}", a.start, b.end)
    else:
        found = list(character_features(document))
        for a, b, c in zip(found, found[1:], found[2:], strict=False):
            yield Feature(a.name + b.name + c.name, a.start, c.end)


def names_of(document: Document, kind: str, boost: str, lexicon: frozenset[str]) -> list[str]:
    if kind == "lexicon":
        return [f.name for f in word_features(document) if f.name in lexicon]
    found = list(n_grams(document, kind))
    if boost.startswith("head"):
        characters, times, least = map(int, re.findall(r"\d+", boost))
        if len(document.text) > least:
            found += [f for f in found if f.end <= characters] * (times - 1)
    elif boost == "tail":
        last = max((m.end() for m in re.finditer(r"[。！？；\n](?=.)", document.text)), default=0)
        found += [f for f in found if f.start >= last]
    return [f.name for f in found]


def vectorise(recipe: Recipe, train: Sequence[Document], test: Sequence[Document]) -> Any:
    """Return the matrices of both, each view of unit length."""
    lexicon = frozenset(read_lexicon(data_path("lexicon.txt")))
    blocks = []
    for view in [*recipe.views, *(["lexicon>=2"] if recipe.lexicon else [])]:
        kind, least = view.split(">=")
        analyzer: Callable[[Document], list[str]] = lambda d, k=kind: names_of(  # noqa: E731
            d, k, recipe.boost, lexicon
        )
        vectorizer = TfidfVectorizer(analyzer=analyzer, min_df=int(least), sublinear_tf=True)
        blocks.append((vectorizer.fit_transform(train), vectorizer.transform(test)))
    left, right = zip(*blocks, strict=True)
    return hstack(left, format="csr"), hstack(right, format="csr")


class NaiveBayesWeighted:
    """One-vs-rest linear SVM on features times their log-count ratio, class by class.

    Source: Wang and Manning, Baselines and Bigrams, ACL 2012. With `with_emphasis` the
    standardised scores of the machine in use are added: an ensemble of two linear views.
    """

    def __init__(self, C: float, *, with_emphasis: bool) -> None:
        self.C, self.with_emphasis = C, with_emphasis

    def fit(self, X: Any, y: Any) -> "NaiveBayesWeighted":
        self.classes_ = np.unique(y)
        weights = [self._fit_class(X, y == name) for name in self.classes_]
        self.coef_, self.intercept_ = (np.array(part) for part in zip(*weights, strict=True))
        if self.with_emphasis:
            machine = LinearSVC(C=self.C)
            coef, intercept = fit_one_vs_rest(machine, X, y, self.classes_, emphasis=0.5)
            scale = (X @ self.coef_.T).std() / (X @ coef.T).std()
            self.coef_ += scale * coef
            self.intercept_ += scale * intercept
        return self

    def _fit_class(self, X: Any, inside: Any) -> tuple[Any, float]:
        present = X > 0
        p, q = (
            (1 + np.asarray(present[rows].sum(axis=0)).ravel()) / (2 + rows.sum())
            for rows in (inside, ~inside)
        )
        ratio = np.log(p / q)
        machine = LinearSVC(C=self.C).fit(X.multiply(ratio).tocsr(), inside)
        return machine.coef_[0] * ratio, float(machine.intercept_[0])

    def predict(self, X: Any) -> Any:
        return self.classes_[(X @ self.coef_.T + self.intercept_).argmax(axis=1)]


def learn(recipe: Recipe, material: Material, X: Any, hints: Any) -> Any:
    """Fit and return a classifier with `predict` over categories."""
    y = np.array([material.parent.get(leaf, leaf) for leaf in material.labels.tolist()])
    if recipe.machine == "multinomial":
        machine = LogisticRegression(C=recipe.C, max_iter=300, tol=1e-3)
        return CalibratedClassifierCV(machine, cv=3).fit(X, y)
    if recipe.machine != "hierarchical":
        return NaiveBayesWeighted(recipe.C, with_emphasis="emphasis" in recipe.machine).fit(X, y)
    classifier = HierarchicalClassifier(
        parent=material.parent, shares=material.shares, C=recipe.C, emphasis=recipe.emphasis
    )
    return classifier.fit(X, material.labels, material.groups, hints=hints)


def said_of(recipe: Recipe, material: Material, test: Sequence[Document]) -> list[str]:
    """Learn on the material and return the category of each test document."""
    defining, defined = material.hints
    X, Z = vectorise(recipe, [*material.documents, *defining], test)
    rows = len(material.documents)
    hints = (X[rows:], defined) if defining else None
    classifier = learn(recipe, material, X[:rows], hints)
    return [str(c) for c in classifier.predict(Z)]


def cross_validated(recipe: Recipe, material: Material) -> float:
    """Return the macro-F1 over categories of out-of-fold predictions."""
    gold = np.array([material.parent.get(leaf, leaf) for leaf in material.labels.tolist()])
    said = np.empty(len(gold), dtype=object)
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=1)
    documents = np.array([None, *material.documents], dtype=object)[1:]
    for a, b in folds.split(gold, gold, material.groups):
        part = Material(
            documents[a].tolist(), material.labels[a], material.groups[a], material.parent,
            material.shares, material.hints,
        )  # fmt: skip
        said[b] = said_of(recipe, part, documents[b].tolist())
    return float(f1_score(gold, said.astype(str), average="macro"))


def gold_figures(
    recipe: Recipe, material: Material, gold: list[LabelledMessage], read: list[Document]
) -> tuple[float, float]:
    said = said_of(recipe, material, read)
    counted = [m.category if p in m.also else p for m, p in zip(gold, said, strict=True)]
    truth = [m.category for m in gold]
    four = sorted(set(truth) - {"other"})
    return (
        float(np.mean([a == b for a, b in zip(counted, truth, strict=True)])),
        float(f1_score(truth, counted, labels=four, average="macro")),
    )


def materials() -> tuple[Material, Material, list[LabelledMessage], list[Document]]:
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    segmenter = load_shipped_segmenter()
    corpus, gold = read_shipped_corpus(), read_labelled([GOLD], taxonomy)

    def read(messages: list[LabelledMessage]) -> list[Document]:
        found = [read_document(m.text, segmenter) for m in messages]
        return [document for document in found if isinstance(document, Document)]

    ours = Material(
        read(corpus),
        np.array([m.topic or m.category for m in corpus]),
        np.array(group_near_duplicates([m.text for m in corpus])),
        {code: topic.category for code, topic in taxonomy.topics.items()},
        dict(taxonomy.shares),
        read_definitions(taxonomy, segmenter),
    )
    rows = [row for row in read_rows(TEDDY) if row[2]["syu_split"] == "train"]
    labels, groups = (np.array([row[2][key] for row in rows]) for key in ("label", "dup_group"))
    return Material([row[0] for row in rows], labels, groups, {}, {}), ours, gold, read(gold)


def row_of(name: str, teddy: Material, ours: Material, gold: Any, read: Any) -> str:
    recipe, start = RECIPES[name], time.perf_counter()
    scores = cross_validated(recipe, teddy), cross_validated(recipe, ours)
    accuracy, macro = gold_figures(recipe, ours, gold, read)
    seconds = time.perf_counter() - start
    return (
        f"| {name} | {scores[0]:.4f} | {scores[1]:.4f} | {accuracy:.3f} | {macro:.3f} "
        f"| {seconds:.0f} |"
    )


def main() -> None:
    names = sys.argv[1:] or list(RECIPES)
    print("| recipe | Teddy train CV | corpus CV | dev accuracy | dev macro-F1 | seconds |")
    print("|---|---|---|---|---|---|")
    material = materials()
    tasks = (joblib.delayed(row_of)(name, *material) for name in names)
    for row in joblib.Parallel(n_jobs=2, return_as="generator")(tasks):
        print(row, flush=True)


if __name__ == "__main__":
    main()

"""Whether the audit finds wrong labels: planted ones, and what it says of the real ones.

    python benchmarks/audit.py [teddy_tokens.csv] [SEEDS]

Five in a hundred of the 9,210 labels are changed, either to any other category alike
("any"), or as people err, to a category in proportion to how often the held-out model takes
the right one for it ("confused"). Judged are the first 5 % of the rows as the audit ranks
them, beside two peers: rows in order of disagreement (the lead of the model's category
over the label, which is how one would do it by hand), and chance. The file is not part of the
repository; where it is missing nothing is measured.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.teddy import read_rows
from pipeline.audit import Audit, audit_documents
from pipeline.audit.confident import runner_up
from pipeline.audit.examine import REPEATS
from pipeline.audit.held_out import judge
from pipeline.corpus import LabelledMessage
from pipeline.near_duplicates import group_near_duplicates
from pipeline.records import Document
from pipeline.taxonomy import Taxonomy

SHARE = 0.05


def plant(
    messages: list[LabelledMessage], weights: Any, categories: list[str], seed: int
) -> tuple[list[LabelledMessage], set[int]]:
    """Change 5 % of the labels; `weights[i, j]` is how readily category i becomes j."""
    random = np.random.default_rng(seed)
    bad = random.choice(len(messages), round(SHARE * len(messages)), replace=False)
    changed = list(messages)
    for row in bad.tolist():
        chance = weights[categories.index(messages[row].category)]
        changed[row] = replace(messages[row], category=str(random.choice(categories, p=chance)))
    return changed, set(bad.tolist())


def score(ranked: list[int], bad: set[int], rows: int) -> tuple[float, float]:
    """Return precision and recall of the first 5 %."""
    first = ranked[: round(SHARE * rows)]
    hits = len(bad.intersection(first))
    return hits / len(first), hits / len(bad)


def by_disagreement(
    documents: list[Document], messages: list[LabelledMessage], taxonomy: Taxonomy, seed: int
) -> list[int]:
    groups = group_near_duplicates([m.text for m in messages], [m.group for m in messages])
    judged = judge(
        documents, messages, taxonomy, groups, rows=list(range(len(messages))),
        definitions=((), ()), seeds=range(seed, seed + REPEATS), progress=lambda step: None,
    )  # fmt: skip
    own = judged.chances[np.arange(len(messages)), judged.given]
    lead = runner_up(judged.given, judged.chances)[1] - own
    return [int(i) for i in np.argsort(-lead, kind="stable")]


def confusability(found: Audit, categories: list[str]) -> Any:
    """Return how readily one category is taken for another, lines summing to 1."""
    weights = np.full((len(categories), len(categories)), 0.1)
    for pair in found.confusions:
        i, j = categories.index(pair.first), categories.index(pair.second)
        weights[i, j] += pair.back
        weights[j, i] += pair.there
    return _lines_to_one(weights)


def _lines_to_one(weights: Any) -> Any:
    np.fill_diagonal(weights, 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/real/teddy_tokens.csv")
    if not path.is_file():
        print(f"{path} is not there; nothing measured")
        return
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    documents, given, _ = map(list, zip(*read_rows(path), strict=True))
    taxonomy = Taxonomy.from_labels(m.category for m in given)
    categories = list(taxonomy.categories)
    start = time.perf_counter()
    real = audit_documents(documents, given, taxonomy)
    print(
        f"real labels: {len(given)} rows, {len(real.suspects)} suspects, of which "
        f"{sum(not s.learned for s in real.suspects)} for a copy alone; {len(real.conflicts)} "
        f"contradicting copies; agreement {real.agreement:.3f}; "
        f"{time.perf_counter() - start:.0f} seconds\n"
    )
    for pair in real.confusions[:5]:
        print(f"  {pair.first} / {pair.second}: {pair.there:.0f} there, {pair.back:.0f} back, "
              f"{pair.conflicts} contradicting copies")  # fmt: skip
    kinds = {
        "any": _lines_to_one(np.ones((len(categories), len(categories)))),
        "confused": confusability(real, categories),
    }
    print("\n| planted | ranking | suspects | precision, first 5 % | recall, first 5 % | recall |")
    print("|---|---|---|---|---|---|")
    for kind, weights in kinds.items():
        measure(kind, weights, documents, given, taxonomy, seeds)


def measure(
    kind: str,
    weights: Any,
    documents: list[Document],
    given: list[LabelledMessage],
    taxonomy: Taxonomy,
    seeds: int,
) -> None:
    figures: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(seeds):
        messages, bad = plant(given, weights, list(taxonomy.categories), seed)
        rankings = {
            "chance": np.random.default_rng(seed).permutation(len(given)).tolist(),
            "disagreement": by_disagreement(documents, messages, taxonomy, seed),
        }
        found = audit_documents(documents, messages, taxonomy, seed=seed)
        rankings["audit"] = [suspect.row for suspect in found.suspects]
        for name, ranked in rankings.items():
            listed = len(ranked) if name == "audit" else 0
            recall = len(bad.intersection(ranked)) / len(bad)
            row = (listed, *score(ranked, bad, len(given)), recall)
            figures.setdefault(name, []).append(row)
    for name, rows in figures.items():
        listed, precision, recall, whole = np.mean(rows, axis=0)
        full = f"{listed:.0f} | {precision:.3f} | {recall:.3f} | {whole:.3f}"
        bare = f" | {precision:.3f} | {recall:.3f} | "
        print(f"| {kind} | {name} | {full if listed else bare} |", flush=True)


if __name__ == "__main__":
    main()

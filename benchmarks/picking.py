"""Whether `wuwei pick` saves labelling: learning curves on real messages.

    python benchmarks/picking.py [teddy_tokens.csv] [SEEDS]

Starts from 200 random rows of the training part of the `syu` split, and four times labels 200
more: at random, by doubt alone, or as `wuwei pick` says (its random tenth is learnt from
here too, as it would be after the evaluation). Judged by macro-F1 on the 921 test rows after
every step. Training rows that are near-duplicates of test rows are left out beforehand. The file
is not part of the repository; where it is missing nothing is measured.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.teddy import Row, read_rows
from pipeline.model import Model
from pipeline.near_duplicates import group_near_duplicates
from pipeline.picking import doubts, pick
from pipeline.taxonomy import Taxonomy
from pipeline.training import fit

FIRST, STEP, STEPS = 200, 200, 4

Choose = Callable[[Model, Sequence[Row], int], list[int]]


def at_random(model: Model, left: Sequence[Row], seed: int) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).permutation(len(left))[:STEP]]


def by_doubt(model: Model, left: Sequence[Row], seed: int) -> list[int]:
    chances = model.category_probabilities([document for document, *_ in left])
    return [int(i) for i in np.argsort(-doubts(chances.astype(float)), kind="stable")[:STEP]]


def as_pick_says(model: Model, left: Sequence[Row], seed: int) -> list[int]:
    return [one.position for one in pick(model, (d for d, *_ in left), STEP, seed=seed)]


WAYS: dict[str, Choose] = {"random": at_random, "doubt alone": by_doubt, "pick": as_pick_says}


def curve(pool: Sequence[Row], test: Sequence[Row], choose: Choose, seed: int) -> list[float]:
    """Return macro-F1 after the first rows and after every step."""
    order = np.random.default_rng(seed).permutation(len(pool)).tolist()
    labelled, left = [pool[i] for i in order[:FIRST]], [pool[i] for i in sorted(order[FIRST:])]
    figures = []
    for step in range(STEPS + 1):
        model = fit(
            [d for d, *_ in labelled], [m for _, m, _ in labelled],
            Taxonomy.from_labels(m.category for _, m, _ in labelled),
        )  # fmt: skip
        said = [p.category for p in model.predict([document for document, *_ in test])]
        figures.append(f1_score([m.category for _, m, _ in test], said, average="macro"))
        if step < STEPS:
            chosen = set(choose(model, left, seed * 100 + step))
            labelled += [left[i] for i in sorted(chosen)]
            left = [row for i, row in enumerate(left) if i not in chosen]
    return figures


def split(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Return the rows to pick from and the test rows, near-duplicates of the latter left out."""
    groups = group_near_duplicates([m.text for _, m, _ in rows], [m.group for _, m, _ in rows])
    tested = {g for g, row in zip(groups, rows, strict=True) if row[2]["syu_split"] == "test"}
    pool = [row for g, row in zip(groups, rows, strict=True) if g not in tested]
    return pool, [row for row in rows if row[2]["syu_split"] == "test"]


def saved(random: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return how many rows of `other` reach what `random` reaches at its end (interpolated)."""
    rows = FIRST + STEP * np.arange(STEPS + 1)
    return float(np.interp(random[-1], other, rows))


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/real/teddy_tokens.csv")
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    if not path.is_file():
        print(f"{path} is not there; nothing measured")
        return
    pool, test = split(read_rows(path))
    print(f"{len(pool)} rows to pick from, {len(test)} test rows, mean of {seeds} seeds\n")
    print(f"| labelled | {' | '.join(str(FIRST + STEP * i) for i in range(STEPS + 1))} | spread |")
    print("|---" * (STEPS + 3) + "|")
    means = {}
    for name, choose in WAYS.items():
        curves = np.array([curve(pool, test, choose, seed) for seed in range(seeds)])
        means[name] = curves.mean(axis=0)
        figures = " | ".join(f"{f:.3f}" for f in means[name])
        spread = curves[:, 1:].mean(axis=1)
        print(f"| {name} | {figures} | {spread.min():.3f}–{spread.max():.3f} |", flush=True)
    rows = saved(means["random"], means["pick"])
    print(f"\npick reaches what {FIRST + STEP * STEPS} random rows reach with about {rows:.0f}")


if __name__ == "__main__":
    main()

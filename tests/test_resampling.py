"""Intervals: as wide as the data is small, and honest about rows that belong together."""

import numpy as np
from sklearn.metrics import f1_score

from pipeline.resampling import Resampler


def test_more_rows_give_a_narrower_interval() -> None:
    def width(rows: int) -> float:
        hits = (np.arange(rows) % 4 > 0).astype(float)
        low, high = Resampler(range(rows)).interval_of_mean(hits)
        return high - low

    assert width(40) > width(400) > width(4000) > 0


def test_rows_of_one_group_are_drawn_together() -> None:
    hits = np.repeat((np.arange(20) % 4 > 0).astype(float), 10)
    alone = Resampler(range(200)).interval_of_mean(hits)
    together = Resampler(np.repeat(np.arange(20), 10).tolist()).interval_of_mean(hits)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def test_the_interval_of_macro_f1_holds_what_scikit_learn_says() -> None:
    random = np.random.default_rng(3)
    gold = random.choice(["a", "b", "c"], 300)
    said = np.where(random.random(300) < 0.8, gold, "a")
    low, high = Resampler(range(300)).interval_of_macro_f1(gold.tolist(), said.tolist(), ["a", "b"])
    assert low < f1_score(gold, said, labels=["a", "b"], average="macro") < high


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.arange(50.0)
    assert Resampler(range(50)).interval_of_mean(values) == Resampler(range(50)).interval_of_mean(
        values
    )

"""Which differences between two profiles are more than chance, and large enough to act on.

Each difference is measured, and measured again a thousand times with the messages of both
files dealt out at random (a permutation test; Source: Good, Permutation, Parametric and
Bootstrap Tests of Hypotheses, 2005). Chance alone makes any two files differ, small ones
more: so what counts is the excess over the median of those deals, and an alarm needs both a
p below 1 % (shared among the findings) and an excess above a threshold. Two random halves of
the same messages raise one at most once in a hundred times, whatever they hold.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.drift.profiles import Profile

FloatArray = NDArray[np.float64]
Measure = Callable[[FloatArray, FloatArray], FloatArray]

DEALS = 999
# Chance of a false alarm, over all findings together.
ALPHA = 0.01
TENTHS = 10
# A word that fewer messages have says nothing about a file.
_FEWEST_WITH_WORD = 5
_MOST_WORDS = 5_000
_WORDS_SHOWN = 20
# A word is shown from this many standard errors on: beyond what the largest of 5,000 reaches.
_STRIKING = 4.0
_AT_ONCE = 50


class Finding(NamedTuple):
    """A difference between the files.

    Attributes:
        value: as measured; `by_chance` is the median of what random deals give.
        p: the share of random deals that differ at least as much.
        threshold: the excess over chance from which it matters.
    """

    code: str
    value: float
    by_chance: float
    p: float
    threshold: float

    @property
    def excess(self) -> float:
        """How much of the difference chance does not explain."""
        return self.value - self.by_chance

    @property
    def alarm(self) -> bool:
        """Whether it is drift."""
        return self.p <= ALPHA / len(MEASURES) and self.excess >= self.threshold


class WordShift(NamedTuple):
    """A word with the shares of messages that have it (0–1), and how surely they differ."""

    word: str
    before: float
    after: float
    z: float


@dataclass(frozen=True)
class Drift:
    """What has changed from one profile to another."""

    old: Profile
    new: Profile
    findings: tuple[Finding, ...]
    risen: tuple[WordShift, ...]
    fallen: tuple[WordShift, ...]

    @property
    def found(self) -> bool:
        """Whether anything raises an alarm."""
        return any(finding.alarm for finding in self.findings)


def population_stability(old: FloatArray, new: FloatArray) -> FloatArray:
    """Return the population stability index of counts, shape (…, k): `Σ (q - p) ln(q / p)`.

    Up to 0.1 is usually called stable, from 0.25 on a clear shift. Source: Siddiqi, Credit
    Risk Scorecards, 2006. Half a message is added to every count, so that none is zero.

    >>> population_stability(np.array([50.0, 50.0]), np.array([80.0, 20.0])).round(2).item()
    0.41
    """
    p, q = _shares(old + 0.5), _shares(new + 0.5)
    return np.asarray(((q - p) * np.log(q / p)).sum(axis=-1))


def jensen_shannon(old: FloatArray, new: FloatArray) -> FloatArray:
    """Return the Jensen–Shannon divergence of counts, shape (…, k), in bits (0–1).

    Source: Lin, Divergence measures based on the Shannon entropy, 1991.

    >>> jensen_shannon(np.array([5.0, 0.0]), np.array([0.0, 2.0])).item()
    1.0
    """
    p, q = _shares(old), _shares(new)
    between = (p + q) / 2
    return np.asarray(_entropy(between) - (_entropy(p) + _entropy(q)) / 2)


def rise_of_mean(old: FloatArray, new: FloatArray) -> FloatArray:
    """Return how much a mean has risen, from (sum, count) pairs, shape (…, 2)."""
    return np.asarray(new[..., 0] / new[..., 1] - old[..., 0] / old[..., 1])


# What is measured, and from which excess on it matters. For words: on real messages (Teddy)
# the loss of all of a label with a fifth of them gives 0.008 bits, two labels differ by 0.085,
# two random halves by 0.002 at most. For unseen words: a label lost gives 0.003, another source
# 0.08.
MEASURES: Mapping[str, tuple[Measure, float]] = {
    "categories": (population_stability, 0.1),
    "confidence": (population_stability, 0.1),
    "words": (jensen_shannon, 0.01),
    "unseen": (rise_of_mean, 0.01),
}


def compare(old: Profile, new: Profile, *, deals: int = DEALS, seed: int = 0) -> Drift:
    """Compare two profiles that the same model has made.

    Raises:
        ValueError: two different models have made them.
    """
    if old.model != new.model:
        raise ValueError(f"profiles of two models: {old.model} and {new.model}")
    words = _common_words([*old.words, *new.words])
    rows, columns = _matrix(old, new, words)
    n = len(old)
    before, after = (np.asarray(part.sum(axis=0)).ravel() for part in (rows[:n], rows[n:]))
    findings = [_finding(code, columns[code], before, after) for code in MEASURES]
    dealt = list(_dealt(rows, n, columns, deals, seed))
    shifts = _shifts(words, before[columns["words"]], after[columns["words"]], n, len(new))
    return Drift(
        old, new,
        tuple(_tested(f, np.concatenate([d[f.code] for d in dealt])) for f in findings),
        tuple(sorted((s for s in shifts if s.z >= _STRIKING), key=lambda s: -s.z)[:_WORDS_SHOWN]),
        tuple(sorted((s for s in shifts if s.z <= -_STRIKING), key=lambda s: s.z)[:_WORDS_SHOWN]),
    )  # fmt: skip


def tenths(confidence: FloatArray) -> NDArray[np.intp]:
    """Return the tenth each probability lies in."""
    return np.minimum((confidence * TENTHS).astype(np.intp), TENTHS - 1)


def _matrix(
    old: Profile, new: Profile, words: Sequence[str]
) -> tuple[csr_matrix, dict[str, slice]]:
    """Return what each message adds to the counts, and which columns a finding reads."""
    n, k = len(old) + len(new), len(old.names)
    index = {word: i + k + TENTHS for i, word in enumerate(words)}
    last = k + TENTHS + len(words)
    every = np.arange(n)
    held = [sorted(index[w] for w in ws if w in index) for ws in (*old.words, *new.words)]
    row = np.concatenate([every, every, np.repeat(every, [len(h) for h in held]), every, every])
    column = np.concatenate([
        np.concatenate([old.category, new.category]),
        k + tenths(np.concatenate([old.confidence, new.confidence])),
        np.array([c for h in held for c in h], dtype=np.intp),
        np.full(n, last), np.full(n, last + 1),
    ])  # fmt: skip
    value = np.ones(len(row))
    value[-2 * n : -n] = np.concatenate([old.unseen, new.unseen])
    columns = {
        "categories": slice(0, k),
        "confidence": slice(k, k + TENTHS),
        "words": slice(k + TENTHS, last),
        "unseen": slice(last, last + 2),
    }
    return csr_matrix((value, (row, column)), (n, last + 2)), columns


def _dealt(
    rows: csr_matrix, n_old: int, columns: Mapping[str, slice], deals: int, seed: int
) -> Iterator[dict[str, FloatArray]]:
    """Yield the measures of messages dealt out at random, some deals at once."""
    random = np.random.default_rng(seed)
    total, turned = np.asarray(rows.sum(axis=0)).ravel(), rows.T.tocsr()
    for start in range(0, deals, _AT_ONCE):
        sides = np.zeros((rows.shape[0], min(_AT_ONCE, deals - start)))
        for deal in sides.T:
            deal[random.choice(len(deal), n_old, replace=False)] = 1
        old = (turned @ sides).T
        new = total - old
        yield {
            code: measure(old[:, columns[code]], new[:, columns[code]])
            for code, (measure, _) in MEASURES.items()
        }


def _finding(code: str, columns: slice, before: FloatArray, after: FloatArray) -> Finding:
    measure, threshold = MEASURES[code]
    return Finding(code, float(measure(before[columns], after[columns])), 0.0, 1.0, threshold)


def _tested(finding: Finding, dealt: FloatArray) -> Finding:
    # What is equal up to rounding counts as equal: against an alarm.
    as_large = int((dealt >= finding.value - 1e-12).sum())
    p = (1 + as_large) / (1 + len(dealt))
    return finding._replace(by_chance=float(np.median(dealt)), p=p)


def _common_words(messages: Sequence[frozenset[str]]) -> list[str]:
    counts = Counter(word for words in messages for word in words)
    common = [word for word, n in counts.items() if n >= _FEWEST_WITH_WORD]
    return sorted(common, key=lambda word: (-counts[word], word))[:_MOST_WORDS]


def _shifts(
    words: Sequence[str], before: FloatArray, after: FloatArray, n_old: int, n_new: int
) -> list[WordShift]:
    """Compare each word's share of messages by the usual test of two proportions."""
    p, q, together = before / n_old, after / n_new, (before + after) / (n_old + n_new)
    error = np.sqrt(together * (1 - together) * (1 / n_old + 1 / n_new))
    z = np.divide(q - p, error, out=np.zeros_like(error), where=error > 0)
    return [
        WordShift(*shift) for shift in zip(words, p.tolist(), q.tolist(), z.tolist(), strict=True)
    ]


def _shares(counts: FloatArray) -> FloatArray:
    return np.asarray(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1e-12))


def _entropy(p: FloatArray) -> FloatArray:
    return -np.asarray((p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=-1))

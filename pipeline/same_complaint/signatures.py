"""MinHash signatures: two messages' share of common character pairs, from 64 numbers each.

The share is the Jaccard index of the sets of neighbouring character pairs of what is left
without boilerplate. Signatures are cut into bands; messages with a band in common are worth
comparing (Source: Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
chapter 3). With 21 bands of 3, two messages with an index of 0.5 share a band with a chance of
0.94, of 0.6 with 0.99, of 0.1 with 0.02.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

from pipeline.same_complaint.boilerplate import strip_boilerplate

PERMUTATIONS = 64
BANDS, _BAND_SIZE = 21, 3
# From this estimated index on, two messages ask for the same thing. Where every tenth
# character differs, an index of about 0.7 is left; of every fifth, 0.5.
SIMILAR = 0.5
_SEED = 20_241_125
# Fewer characters say too little to be told from another matter.
_SHORTEST = 6
_ODD = np.uint64(0x9E3779B97F4A7C15)

Signature = NDArray[np.uint32]


def read_signature(text: str) -> Signature | None:
    """Return a message's signature, shape (PERMUTATIONS,), or None where it says too little.

    >>> read_signature("领导您好，谢谢！") is None
    True
    """
    matter = strip_boilerplate(text)
    if len(matter) < _SHORTEST:
        return None
    sketch = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
    sketch.update([a + b for a, b in pairwise(matter)])
    return np.array(sketch.digest(), dtype=np.uint32)


def bands(signatures: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return the band hashes of signatures of shape (…, PERMUTATIONS), shape (…, BANDS).

    They are the same on every machine and in every run.
    """
    used = signatures[..., : BANDS * _BAND_SIZE]
    rows = used.reshape(*signatures.shape[:-1], BANDS, _BAND_SIZE)
    mixed = np.broadcast_to(np.arange(BANDS, dtype=np.uint64), rows.shape[:-1]).copy()
    with np.errstate(over="ignore"):
        for column in range(rows.shape[-1]):
            mixed = (mixed ^ rows[..., column]) * _ODD
            mixed ^= mixed >> np.uint64(29)
    return mixed


def similarity(one: Signature, other: Signature) -> float:
    """Estimate the Jaccard index (0–1) of two messages from their signatures."""
    return float(np.count_nonzero(one == other)) / PERMUTATIONS

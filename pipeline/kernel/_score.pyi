"""What the compiled module offers; `_score.pyx` is its source."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Found = tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int32],
    NDArray[np.float32],
    NDArray[np.int64],
    NDArray[np.uint8],
    NDArray[np.int32],
]

class FeatureKernel:
    def __init__(
        self,
        brief: NDArray[np.uint64],
        long: NDArray[np.uint8],
        names: NDArray[np.uint32],
        first: NDArray[np.int32],
        idf: NDArray[np.float32],
        factor: NDArray[np.float64],
        head: tuple[int, int, int],
    ) -> None: ...
    def read(
        self, texts: tuple[str, ...], ends: NDArray[np.int32], rows: NDArray[np.int64]
    ) -> Found | None: ...

def score(
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    rows: NDArray[np.int64],
    weights: NDArray[np.float32],
    intercept: NDArray[np.float32],
) -> NDArray[np.float32]: ...
def explain(
    found: Found,
    ends: NDArray[np.int32],
    rows: NDArray[np.int64],
    documents: NDArray[np.int32],
    pulls: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]: ...
def build(
    views: list[list[str]],
) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint32]]: ...
def token_ends(
    documents: list[tuple[str, ...]],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...
def ranked(
    record: type[T],
    codes: tuple[str, ...],
    order: NDArray[np.int64],
    chances: NDArray[np.float32],
    wanted: NDArray[np.uint8],
) -> list[tuple[T, ...]]: ...

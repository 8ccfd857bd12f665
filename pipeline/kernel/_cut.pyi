"""What the compiled module offers; `_cut.pyx` is its source."""

import numpy as np
from numpy.typing import NDArray

class Kernel:
    def __init__(
        self,
        nodes: NDArray[np.uint8],
        letters: NDArray[np.uint16],
        emission: NDArray[np.float64],
        chain: NDArray[np.float64],
        forced: NDArray[np.int32],
        lone: float,
    ) -> None: ...
    def cut(self, text: str) -> list[str]: ...
    def boundaries(self, texts: tuple[str, ...]) -> tuple[NDArray[np.int32], NDArray[np.int64]]: ...

def place(
    first: NDArray[np.int32], labels: NDArray[np.int32], low: int, size: int
) -> NDArray[np.int32] | None: ...

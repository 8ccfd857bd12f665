"""How much of a file was damaged on its way, so that somebody asks for it again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pipeline.records import Document

# In the real messages we have (../shared/real), 4 characters in 100,000 are damaged.
DAMAGED_FILE = 0.02
_GARBLED_ROWS = 0.05
_MILLION = 1_000_000


@dataclass
class Damage:
    """Counts of one file's rows.

    Shares are summed as whole millionths: sums of floats depend on their order, and the
    chunks of a run may be merged in any.
    """

    rows: int = 0
    garbled: int = 0
    millionths: int = 0

    def count(self, document: Document) -> None:
        """Add one message."""
        self.rows += 1
        self.garbled += bool(document.garbled)
        self.millionths += round(document.corruption * _MILLION)

    def merge(self, other: "Damage") -> None:
        """Add the rows of another part of the same file."""
        self.rows += other.rows
        self.garbled += other.garbled
        self.millionths += other.millionths

    @property
    def corruption(self) -> float:
        """Mean share of a message's characters that were damaged, 0–1."""
        return self.millionths / _MILLION / self.rows if self.rows else 0.0

    @property
    def looks_damaged(self) -> bool:
        """Whether the file, rather than a few of its rows, went through a wrong decoder."""
        return self.corruption > DAMAGED_FILE or self.garbled > _GARBLED_ROWS * self.rows

    def to_dict(self) -> dict[str, int]:
        """Return the counts for JSON.

        >>> Damage(rows=2, garbled=1).to_dict()
        {'rows': 2, 'garbled': 1, 'millionths': 0}
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, counts: Mapping[str, int]) -> "Damage":
        """Read what `to_dict` gives."""
        return cls(**counts)

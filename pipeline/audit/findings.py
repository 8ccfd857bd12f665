"""What an audit finds, as records. Rows are indices into the messages audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.corpus import LabelledMessage


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rows that say nearly the same and have different categories."""

    earlier: int
    later: int
    similarity: float

    def other(self, row: int) -> int:
        """Return the row beside this one."""
        return self.later if self.earlier == row else self.earlier


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose category a person should look at again.

    Attributes:
        chance: held-out probability of the category that was given (0–1), with what counts
            as right beside it; `suggested_chance` that of the suggested one.
        learned: confident learning accuses it.
        twin: the pair it forms with a near-copy of another category, or None.
    """

    row: int
    given: str
    suggested: str
    chance: float
    suggested_chance: float
    learned: bool
    twin: Conflict | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two categories that are written for one another.

    Attributes:
        there: estimated number of rows labelled `first` that are `second`; `back` the reverse.
        conflicts: pairs of near-copies of which one has either label.
    """

    first: str
    second: str
    there: float
    back: float
    conflicts: int


@dataclass(frozen=True)
class Audit:
    """What was found. The suspect whose label is least believable comes first.

    Attributes:
        agreement: share of the rows judged where the held-out model says what people said
            (0–1); None where fewer than two categories could be judged.
        too_rare: categories that could not be judged, with their number of rows.
    """

    messages: Sequence[LabelledMessage]
    suspects: tuple[Suspect, ...]
    conflicts: tuple[Conflict, ...]
    confusions: tuple[Confusion, ...]
    agreement: float | None
    too_rare: Mapping[str, int]

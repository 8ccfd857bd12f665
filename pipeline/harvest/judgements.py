"""What one person said of one message, and what it is worth."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipeline.masking import mask
from pipeline.normalise import normalise

# accepted: the person let a suggestion stand. corrected: changed it. independent: had not seen
# one. labelled: chosen in a file. settled: decided over a conflict. evaluation: no label at all,
# but a text that must stay out of training.
Kind = Literal["accepted", "corrected", "independent", "labelled", "settled", "evaluation"]
Side = Literal["", "training", "held_out"]

# People tend to agree with a machine: what they let stand says little more than what the model
# said itself, and at full weight a model would learn its own mistakes with conviction.
ACCEPTED_WEIGHT = 0.3
RANDOM = "random"
# Of several alike, the best evidence stands for all.
_RANK = {"settled": 4, "independent": 3, "labelled": 2, "corrected": 1, "accepted": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A label with where it comes from. It holds no unmasked text and nobody's name.

    Attributes:
        origin: what it was said of: `submission:ID`, or a file and the digest of a text. What
            is pulled of an origin replaces what was pulled of it before.
        id: the message's id in the corpus.
        text: repaired and masked (`clean`).
        group: rows of one group never straddle training and evaluation.
        weight: what the labeller gave it (0–1).
        picked: why `wuwei pick` chose the row, where it did; `random` is for evaluation.
        model: the version whose suggestion it was.
        role: of the person who decided.
        at: when, ISO 8601 in UTC.
        side: where it went, which is for good.
    """

    origin: str
    id: str
    text: str
    kind: Kind
    category: str = ""
    topic: str | None = None
    department: str | None = None
    also: tuple[str, ...] = ()
    department_also: tuple[str, ...] = ()
    second_category: str | None = None
    urgency: str = ""
    group: str = ""
    weight: float = 1.0
    picked: str = ""
    model: str = ""
    role: str = ""
    at: str = ""
    side: Side = ""

    @property
    def accepted(self) -> frozenset[str]:
        """Every category that counts as right."""
        return frozenset({self.category, *self.also})

    @property
    def worth(self) -> float:
        """What training counts it as (0–1)."""
        return round(self.weight * (ACCEPTED_WEIGHT if self.kind == "accepted" else 1.0), 4)

    @property
    def rank(self) -> tuple[int, float, str, str]:
        """Better evidence is larger: by kind, then weight, then the later one."""
        return _RANK.get(self.kind, -1), self.weight, self.at, self.origin

    def to_dict(self) -> dict[str, Any]:
        """Return what is set, for a line of the ledger."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None, ())}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> "Judgement":
        """Read what `to_dict` gives."""
        lists = {name: tuple(row.get(name, ())) for name in ("also", "department_also")}
        return cls(**dict(row) | lists)


def clean(raw: str) -> str:
    """Return a text as the corpus keeps it: repaired, personal data masked.

    >>> clean(" 请打 13800138000 ")
    '请打 ［手机号］'
    """
    return mask(normalise(raw).text)


def fingerprint(text: str) -> str:
    """Return a short digest of a text, the same on every machine."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]

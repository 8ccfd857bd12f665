"""What all shapes share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# NUL cannot be kept by PostgreSQL; halves of surrogate pairs are refused by pydantic itself.
_NO_NUL = r"^[^\x00]*$"

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_NO_NUL)]
ShortText = Annotated[str, StringConstraints(max_length=200, pattern=_NO_NUL)]
SubmissionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-hjkmnp-tv-z]{26}$")]


class Sent(BaseModel):
    """Something a client sends. Unknown fields are slips, and said to be."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Shown(BaseModel):
    """Something the service answers; documented here, never built from this class.

    Answers are made of plain dictionaries: checking them again at every request costs more
    than making them. The tests hold them against these shapes.
    """

    model_config = ConfigDict(extra="forbid")

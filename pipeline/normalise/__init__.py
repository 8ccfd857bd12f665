"""The text doctor: repairing text before anything reads it.

Small named fixers in one ordered plan (`doctor.PLAN`). Each is `str -> str`, does one thing
and leaves clean text alone; the result says which of them changed something, what could not
be recovered, and where each character stood in the text as received.
"""

from pipeline.normalise.doctor import PLAN, Normalised, normalise
from pipeline.normalise.edits import TextSpan

__all__ = ["PLAN", "Normalised", "TextSpan", "normalise"]

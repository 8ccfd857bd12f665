"""Whether messages have changed: `wuwei drift OLD NEW`.

    file → sample → profile (with one model) → findings, each with a test → report

A model that was right on last year's messages knows nothing of this year's matters. What it
says of itself (its confidence) and what it has never read (unseen words) tell of that before
anybody has labelled a single new message.
"""

from pipeline.drift.comparing import Drift, Finding, compare
from pipeline.drift.profiles import Profile, profile
from pipeline.drift.report import write_report
from pipeline.drift.sampling import SAMPLE, Sample, read_sample

__all__ = [
    "SAMPLE",
    "Drift",
    "Finding",
    "Profile",
    "Sample",
    "compare",
    "profile",
    "read_sample",
    "write_report",
]

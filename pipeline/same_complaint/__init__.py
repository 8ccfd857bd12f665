"""The same complaint, made many times: found by what it says and where, not by its courtesies."""

from pipeline.same_complaint.boilerplate import strip_boilerplate
from pipeline.same_complaint.grouping import (
    GroupSummary,
    are_compatible,
    describe_groups,
    group,
)
from pipeline.same_complaint.signatures import (
    PERMUTATIONS,
    SIMILAR,
    bands,
    read_signature,
    similarity,
)

__all__ = [
    "PERMUTATIONS", "SIMILAR", "GroupSummary", "are_compatible", "bands", "describe_groups",
    "group", "read_signature", "similarity", "strip_boilerplate",
]  # fmt: skip

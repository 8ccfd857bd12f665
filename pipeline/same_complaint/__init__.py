"""The same complaint, made many times: found by what it says and where, not by its courtesies."""

from pipeline.same_complaint.boilerplate import strip_boilerplate
from pipeline.same_complaint.grouping import group
from pipeline.same_complaint.places import are_compatible
from pipeline.same_complaint.signatures import (
    BANDS,
    PERMUTATIONS,
    SIMILAR,
    bands,
    read_signature,
    signature_version,
    similarity,
)
from pipeline.same_complaint.summaries import GroupSummary, describe_groups

__all__ = [
    "BANDS",
    "PERMUTATIONS",
    "SIMILAR",
    "GroupSummary",
    "are_compatible",
    "bands",
    "describe_groups",
    "group",
    "read_signature",
    "signature_version",
    "similarity",
    "strip_boilerplate",
]

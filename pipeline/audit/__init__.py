"""The audit of labels: find likely errors, have people look, put their decisions back."""

from pipeline.audit.corrections import Change, apply_decisions
from pipeline.audit.examine import audit_documents, audit_labels
from pipeline.audit.findings import Audit, Conflict, Confusion, Suspect
from pipeline.audit.labelled_file import LabelledRow, categories_of, read_rows, write_rows
from pipeline.audit.sheet import Decision, explain, read_review, write_review

__all__ = [
    "Audit",
    "Change",
    "Conflict",
    "Confusion",
    "Decision",
    "LabelledRow",
    "Suspect",
    "apply_decisions",
    "audit_documents",
    "audit_labels",
    "categories_of",
    "explain",
    "read_review",
    "read_rows",
    "write_review",
    "write_rows",
]

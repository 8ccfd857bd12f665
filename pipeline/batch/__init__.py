"""Whole files, folders of files, years of them: tagged once, in order, nothing lost."""

from pipeline.batch.inputs import rejected_path, run_folder
from pipeline.batch.local import run_here
from pipeline.batch.results import ADDED, GROUPED, flat_values
from pipeline.batch.run import Engine, Progress, Summary, read_messages, tag_files
from pipeline.batch.sources import Reading

__all__ = [
    "ADDED", "GROUPED", "Engine", "Progress", "Reading", "Summary", "flat_values", "read_messages",
    "rejected_path", "run_folder", "run_here", "tag_files",
]  # fmt: skip

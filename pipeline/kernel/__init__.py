"""The compiled fast path: exact, optional, and beside a reference that is read first."""

from pipeline.kernel.cache import cached_tables
from pipeline.kernel.cutter import Boundaries, Cutter, available
from pipeline.kernel.reader import BatchReading, FeatureReader, can_read, ranked
from pipeline.kernel.tables import Hmm, Tables, Words, build_tables

__all__ = [
    "BatchReading",
    "Boundaries",
    "Cutter",
    "FeatureReader",
    "Hmm",
    "Tables",
    "Words",
    "available",
    "build_tables",
    "cached_tables",
    "can_read",
    "ranked",
]

"""The compiled fast path: exact, optional, and beside a reference that is read first."""

from pipeline.kernel.cutter import Boundaries, Cutter, available
from pipeline.kernel.tables import Hmm, Tables, Words, build_tables

__all__ = ["Boundaries", "Cutter", "Hmm", "Tables", "Words", "available", "build_tables"]

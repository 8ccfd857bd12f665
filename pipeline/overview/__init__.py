"""The overview of many messages: counts that merge, and the page that shows them."""

from pipeline.overview.damage import Damage
from pipeline.overview.dates import read_date
from pipeline.overview.report import GroupRow, build_overview, render_overview
from pipeline.overview.statistics import Statistics

__all__ = [
    "Damage",
    "GroupRow",
    "Statistics",
    "build_overview",
    "read_date",
    "render_overview",
]

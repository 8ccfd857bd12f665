"""How far two people agree on the labels, beyond what chance alone would give.

A model cannot be more right than people are of one mind: its figure belongs beside theirs.
"""

from pipeline.agreement.figures import Agreement, Figure, Figures, measure_agreement
from pipeline.agreement.measures import krippendorff_alpha
from pipeline.agreement.ratings import Ratings, compare_ratings, read_ratings

__all__ = [
    "Agreement",
    "Figure",
    "Figures",
    "Ratings",
    "compare_ratings",
    "krippendorff_alpha",
    "measure_agreement",
    "read_ratings",
]

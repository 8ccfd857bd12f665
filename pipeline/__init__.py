"""五微民意分拣: from what a citizen wrote to a category and a department, offline.

>>> from pipeline import load_triage
>>> item = load_triage().triage("村里的污水直接排到河里")  # doctest: +SKIP
"""

from pipeline.errors import WuweiError
from pipeline.home import models_dir
from pipeline.records import Rejection, TaggedItem
from pipeline.registry import load, serving_name
from pipeline.triage import Triage, assemble

__all__ = ["Rejection", "TaggedItem", "Triage", "WuweiError", "load_triage"]


def load_triage(name: str | None = None) -> Triage:
    """Load a trained model (the one that serves, where none is named) and put the flow together.

    Raises:
        WuweiError: there is no such model (`wuwei train` makes one), or it is damaged.
    """
    return assemble(load(models_dir(), name or serving_name(models_dir())))

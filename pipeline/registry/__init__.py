"""Models on disk, and which of them serves: the only room that writes `models/`.

    models/NAME/                 what was trained last under a name; training replaces it
    models/.versions/NAME@…/     what was promoted, kept as it was: nothing ever changes it
    models/serving.json          the pointer: which kept version serves, since when, and why
    models/history.jsonl         every change of the pointer

Training never touches what serves, because what serves is a copy; a rollback needs nothing
but the pointer, because the copy it points back to is still there.
"""

from pipeline.registry.directories import (
    FORMAT,
    check_name,
    names,
    read_card,
    read_manifest,
)
from pipeline.registry.entries import Entry
from pipeline.registry.serving import (
    DEFAULT,
    history,
    promote,
    read_serving,
    rollback,
    serving_model,
    serving_name,
    serving_stamp,
)
from pipeline.registry.storage import load, save

__all__ = [
    "DEFAULT",
    "FORMAT",
    "Entry",
    "check_name",
    "history",
    "load",
    "names",
    "promote",
    "read_card",
    "read_manifest",
    "read_serving",
    "rollback",
    "save",
    "serving_model",
    "serving_name",
    "serving_stamp",
]

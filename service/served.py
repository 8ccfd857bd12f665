"""The model that answers, and its exchange while requests go on.

A request takes `triage` once and keeps it to its end; the exchange is one assignment. What
cannot be loaded, or does not pass the trial, is refused and the old model serves on.
"""

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.errors import WuweiError
from pipeline.notes import NoteReader
from pipeline.records import TaggedItem
from pipeline.triage import Triage
from service.similar import bands_of

# Every step from reading to routing, without anybody's words.
_TRIAL = "村里的路坏了，请派人来修。电话13800138000。"

_log = logging.getLogger("wuwei.service")


@dataclass(frozen=True)
class Source:
    """Where the next model comes from.

    Attributes:
        load: makes the next triage, given the one that serves (whose segmenter is kept).
        stamp: a cheap value that changes when another model should serve.
        seen: that value before the first model was loaded.
    """

    load: Callable[[Triage], Triage]
    stamp: Callable[[], object] = lambda: None
    seen: object = None


def warm_up(triage: Triage) -> None:
    """Read a message to its end: what is broken shows, and what loads late has been loaded."""
    [item] = triage.pipe([("", _TRIAL)], masked=True)
    if not isinstance(item, TaggedItem):
        raise ValueError(f"the trial message was rejected: {item.reason}")
    bands_of(item.to_dict()["text"])


def settle() -> None:
    """Take what is loaded out of the garbage collector's rounds.

    A full round over a model's objects holds everything up for 0.1 s (measured), and finds
    nothing: they stay, and a model that is exchanged goes by its reference counts.
    """
    gc.freeze()


class Served:
    """Holds what answers now."""

    def __init__(
        self, triage: Triage, *, notes: NoteReader | None = None, source: Source | None = None
    ) -> None:
        self._now = triage, notes
        self._source = source
        self._seen = source.seen if source else None

    @property
    def triage(self) -> Triage:
        """What answers now; a request asks once."""
        return self._now[0]

    @property
    def notes(self) -> NoteReader | None:
        """The reader of notes, with the same model; None where there is no model of kinds."""
        return self._now[1]

    @property
    def version(self) -> str:
        """The model's version, as in every tagged item."""
        return self.triage.model.version

    def follow(self, *, asked: bool = False) -> None:
        """Exchange the model where the stamp has changed, or where somebody asked.

        A model that was refused is not tried again before one or the other. Only one thread
        may call this. It never raises.
        """
        if self._source is None:
            return
        stamp = self._source.stamp()
        if asked or stamp != self._seen:
            self._seen = stamp  # before loading: a change meanwhile is one more
            self._exchange(self._source)

    def _exchange(self, source: Source) -> None:
        before = self.version
        try:
            triage = source.load(self.triage)
            warm_up(triage)
        except Exception as error:
            # Anything can be wrong with files half copied, and the service must outlive it.
            why = str(error) if isinstance(error, WuweiError) else type(error).__name__
            _log.error("model refused", extra={"serving": before, "why": why})
            return
        notes = replace(self.notes, triage=triage) if self.notes else None
        self._now = triage, notes
        settle()
        _log.info("model exchanged", extra={"before": before, "serving": self.version})

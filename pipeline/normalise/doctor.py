"""The plan: every fixer by name, in the order that lets the next one see its text."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.normalise.characters import compose_unicode, fold_width, remove_control_characters
from pipeline.normalise.damage import find_garbled, show_losses
from pipeline.normalise.decoding import mark_replacements, redecode_gbk, redecode_latin
from pipeline.normalise.edits import (
    Edit,
    Fixer,
    TextSpan,
    apply_edits,
    fixer,
    trace_back,
)
from pipeline.normalise.glosses import drop_pinyin_glosses
from pipeline.normalise.half_bytes import realign_half_bytes
from pipeline.normalise.markup import drop_tags, resolve_entities
from pipeline.normalise.spacing import close_blanks, join_headings, shorten_repeats
from pipeline.normalise.traditional import simplify

PLAN: tuple[tuple[str, Fixer], ...] = (
    ("replacement", mark_replacements),
    ("latin_mojibake", redecode_latin),
    ("gbk_mojibake", redecode_gbk),
    ("half_bytes", realign_half_bytes),
    ("control_characters", remove_control_characters),
    ("html_entities", resolve_entities),
    ("html_tags", drop_tags),
    ("unicode", compose_unicode),
    ("width", fold_width),
    ("pinyin_gloss", drop_pinyin_glosses),
    ("traditional", simplify),
    ("cjk_blanks", close_blanks),
    ("wide_headings", join_headings),
    ("repeated_punctuation", shorten_repeats),
)

# One repair can uncover the next (an entity that spells a tag); more rounds than this only a
# text made for the purpose needs.
MOST_ROUNDS = 12

# The repairs that undo damage in transit; the others undo habits of writing and of pages.
_DECODING = {"replacement", "latin_mojibake", "gbk_mojibake", "half_bytes"}


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text before and after repair.

    Attributes:
        raw: as received.
        text: as repaired; blanks at both ends are gone.
        repairs: names of the fixers that changed something, in order, each once.
        garbled: stretches of `text` that could not be recovered; lost characters are `…`.
        corruption: share of the characters of `raw` that were damaged in transit, 0–1.
        steps: the edits of each step, for `offsets`.
    """

    raw: str
    text: str
    repairs: tuple[str, ...]
    garbled: tuple[TextSpan, ...]
    corruption: float
    steps: tuple[tuple[Edit, ...], ...]

    @property
    def offsets(self) -> tuple[int, ...]:
        """For each offset in `text`, its end included, the offset in `raw`; it never falls.

        >>> normalise("<b>停</b> 水").offsets
        (3, 8, 9, 10)
        """
        origins: Sequence[int] = range(len(self.raw) + 1)
        for step in self.steps:
            origins = [origins[i] for i in trace_back(len(origins) - 1, step)]
        return tuple(origins)


@fixer
def _strip(text: str) -> list[Edit]:
    """Blanks at both ends go; that is no repair."""
    head = len(text) - len(text.lstrip())
    tail = len(text.rstrip()) if head < len(text) else len(text)
    return [Edit(0, head, ""), Edit(tail, len(text), "")]


def normalise(raw: str) -> Normalised:
    """Repair a text, and say what was done and what could not be.

    >>> fixed = normalise(" 恩施州人大系統(tǒng)１２個，，浣犲ソ涓栫晫 ")
    >>> fixed.text
    '恩施州人大系统12个，你好世界'
    >>> fixed.repairs
    ('gbk_mojibake', 'width', 'pinyin_gloss', 'traditional', 'repeated_punctuation')
    """
    text, repairs, steps, damaged = raw, dict[str, None](), list[tuple[Edit, ...]](), 0
    for _ in range(MOST_ROUNDS):
        before = text
        for name, fix in (("", _strip), *PLAN):
            edits = fix.find(text)
            if not edits:
                continue
            text = apply_edits(text, edits)
            steps.append(tuple(edits))
            if name:
                repairs[name] = None
            if name in _DECODING:
                damaged += sum(edit.end - edit.start for edit in edits)
        if text == before:
            break
    garbled = tuple(find_garbled(text))
    damaged += sum(span.end - span.start for span in garbled)
    corruption = min(1.0, damaged / len(raw)) if raw else 0.0
    losses = tuple(show_losses.find(text))
    shown = apply_edits(text, losses)
    return Normalised(raw, shown, tuple(repairs), garbled, corruption, (*steps, losses))

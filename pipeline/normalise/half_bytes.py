"""GBK text that lost one byte: every pair after it is read across two characters.

`（州）人大` becomes `。ㄖ荩┤舜`: the low byte of one character and the high byte of the next
make a pair that is again a character, or none, and then a decoder drops it. Encoding the run
back and pairing the bytes the other way gives the text, except for the characters at both
ends and those around dropped pairs. No mark tells where a pair was dropped; a hole is assumed
where a dictionary word fits it better than the accidental character fits its neighbours.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from pipeline.normalise.decoding import LOST
from pipeline.normalise.edits import Edit, TextSpan, fixer
from pipeline.normalise.plausibility import (
    UNKNOWN,
    bigrams_of_words,
    cut_into_words,
    log_probability,
    log_probability_of_character,
    log_probability_of_word,
    share_in_words,
)
from pipeline.normalise.suspicion import find_suspicious_runs

# A run is repaired where the new reading is this much likelier, in nats, than the old one.
LEAST_GAIN = 15.0
LEAST_GAIN_PER_CHARACTER = 1.5
# How far from the stretch that gains most its true ends are looked for, in characters.
WIDEN = 8
# Trail bytes whose pair with the next lead byte lies in rows that GBK leaves to users; a
# decoder without them drops the pair. They are a seventh of GB 2312's trail bytes.
DROPPED = (*range(0xAA, 0xB0), *range(0xF8, 0xFF))
_DROP = math.log(0.14)


@fixer
def realign_half_bytes(text: str) -> Iterable[Edit]:
    """Pair the bytes of a shifted run the right way; lost characters become `LOST`.

    >>> realign_half_bytes("由?。ㄖ荩┤舜蟠怼⑷舜蠊ぷ髡?、").replace(LOST, "…")
    '由…（州）人大…、人大工作…、'
    """
    done = 0
    for run in find_suspicious_runs(text):
        for shifted in _shifted_stretches(text, run):
            edit = _repair(text, shifted, done)
            done = edit.end
            yield edit


def _shifted_stretches(text: str, run: TextSpan) -> Iterator[TextSpan]:
    start = run.start
    while start < run.end:
        end = start
        while end < run.end and text[end] not in "?\ufffd":
            end += 1
        after_loss = start > 0 and text[start - 1] in "?\ufffd"
        shifted = _find_shifted(text[start:end], after_loss=after_loss)
        if shifted:
            yield TextSpan(start + shifted.start, start + shifted.end)
        start = end + 1


def _find_shifted(run: str, *, after_loss: bool) -> TextSpan | None:
    """Find the stretch that gains most from pairing its bytes the other way."""
    gains = [
        log_probability_of_realigned(realign(left, right))
        - (log_probability_of_character(left) + log_probability_of_character(right)) / 2
        for left, right in pairwise(run)
    ]
    best, best_sum, total, first = None, 0.0, 0.0, 0
    for index, gain in enumerate(gains):
        if total <= 0:
            total, first = 0.0, index
        total += gain
        if total > best_sum:
            best, best_sum = TextSpan(first, index + 2), total
    if best is None or best_sum < LEAST_GAIN:
        return None
    units = best.end - best.start - 1
    fixed = _realign_all(run[best.start : best.end])
    plausible = best_sum / units >= LEAST_GAIN_PER_CHARACTER and share_in_words(fixed) >= 0.4
    return _widen(run, best, after_loss=after_loss) if plausible else None


def _widen(run: str, found: TextSpan, *, after_loss: bool) -> TextSpan:
    """Move both ends to where the words around them become likeliest.

    A rare name at the beginning of a shifted stretch gains nothing character by character,
    and a plain character before it may seem to; right behind a lost byte there is none.
    """
    low, high = max(0, found.start - WIDEN), min(found.start + WIDEN, found.end)
    start = max(
        range(low, 1 if after_loss and not found.start else min(found.start + 3, high)),
        key=lambda cut: log_probability(run[low:cut]) + _score_realigned(run[cut:high]),
    )
    low, high = max(start, found.end - WIDEN), min(len(run), found.end + WIDEN)
    end = max(
        range(max(start + 2, found.end - 2), high + 1),
        key=lambda cut: _score_realigned(run[low:cut]) + log_probability(run[cut:high]),
    )
    return TextSpan(start, end)


def _score_realigned(stretch: str) -> float:
    return log_probability(_realign_all(stretch))


def _realign_all(stretch: str) -> str:
    return "".join(realign(left, right) or LOST for left, right in pairwise(stretch))


def log_probability_of_realigned(character: str | None) -> float:
    """Log-probability of what two characters' inner bytes make; of nothing, a little less."""
    return UNKNOWN - 1.0 if character is None else log_probability_of_character(character)


def realign(left: str, right: str) -> str | None:
    """Make a character of the last byte of one and the first byte of the next.

    >>> realign("。", "ㄖ")
    '（'
    """
    a, b = _two_bytes(left), _two_bytes(right)
    if not a or not b:
        return None
    try:
        made = bytes((a[1], b[0])).decode("gb18030")
    except UnicodeDecodeError:
        return None
    return made if len(made) == 1 and made.isprintable() else None


def _two_bytes(character: str) -> bytes | None:
    try:
        code = character.encode("gb18030")
    except UnicodeEncodeError:
        return None
    return code if len(code) == 2 else None


def _repair(text: str, span: TextSpan, done: int) -> Edit:
    """Rewrite a shifted stretch; a lone ? or U+FFFD beside it is one of its lost bytes."""
    pairs = list(pairwise(text[span.start : span.end]))
    fixed = [realign(left, right) or LOST for left, right in pairs]
    for index, (left, right) in enumerate(pairs):
        if _is_hole(fixed, index, left, right):
            fixed[index] = LOST
    start = span.start - (span.start > done and text[span.start - 1] in "?\ufffd")
    end = span.end + (span.end < len(text) and text[span.end] in "?\ufffd")
    joined = LOST + "".join(fixed) + LOST
    while LOST * 2 in joined:
        joined = joined.replace(LOST * 2, LOST)
    return Edit(start, end, joined)


def _is_hole(fixed: list[str], index: int, left: str, right: str) -> bool:
    """Whether two lost characters explain this place better than the one its bytes make."""
    if fixed[index] == LOST:
        return False
    before = "".join(fixed[max(0, index - 2) : index]).rpartition(LOST)[2]
    after = "".join(fixed[index + 1 : index + 3]).partition(LOST)[0]
    words = cut_into_words(before + fixed[index] + after)
    if len(_word_at(words, len(before))) > 1:
        return False
    known = sum(map(log_probability_of_word, words))
    lead, trail = (_two_bytes(left) or b"??")[1], (_two_bytes(right) or b"??")[0]
    fillings = (_log_probability_of_filling(before, f, after) for f in _fillings(lead, trail))
    return max(fillings, default=-math.inf) + _DROP > known


def _word_at(words: Sequence[str], offset: int) -> str:
    for word in words:
        offset -= len(word)
        if offset < 0:
            return word
    return ""


def _log_probability_of_filling(before: str, filling: str, after: str) -> float:
    """Log-probability of the place with two characters put in, as part of one word."""
    best = -math.inf
    for i in range(len(before) + 1):
        for j in range(len(after) + 1):
            word = before[len(before) - i :] + filling + after[:j]
            if len(word) > 4:
                continue
            probability = log_probability_of_word(word)
            if probability > -math.inf:
                rest = log_probability(before[: len(before) - i]) + log_probability(after[j:])
                best = max(best, probability + rest)
    return best


@cache
def _fillings(lead: int, trail: int) -> tuple[str, ...]:
    """Pairs of characters that stand together in some word, around a pair that gets dropped.

    The first has this lead byte and a trail byte that begins such a pair; the second has this
    trail byte.
    """
    firsts = _decodable((lead, dropped) for dropped in DROPPED)
    seconds = _decodable((first, trail) for first in range(0xB0, 0xF8))
    return tuple(a + b for a in firsts for b in seconds if a + b in bigrams_of_words())


def _decodable(pairs: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    decoded = (bytes(pair).decode("gb18030", "ignore") for pair in pairs)
    return tuple(c for c in decoded if len(c) == 1)

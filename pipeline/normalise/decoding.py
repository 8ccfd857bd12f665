"""Text that was decoded with the wrong table: found, decoded again, believed only if Chinese.

Four accidents happen to Chinese pages and exports: UTF-8 read as Latin-1 (`é\x81\x93è·¯`) or
as GBK (`浣犲ソ`), GBK read as Latin-1 (`ÄãºÃ`), Big5 read as GBK or the other way round. What
they leave is a run of characters that hardly ever stand together, and encoding that run back
gives the bytes. What was lost on the way becomes `LOST`.
"""

import re
from collections.abc import Iterable

from pipeline.normalise.edits import Edit, fixer, substitute
from pipeline.normalise.plausibility import log_probability_of_character, share_in_words
from pipeline.normalise.suspicion import find_suspicious_runs, is_suspicious
from pipeline.normalise.traditional import simplify

LOST = "\ufffd"

_LATIN = re.compile(
    r"[\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*[\xc0-\xff][\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
    r"[\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ ]*"
)
_LATIN_LETTER = re.compile(r"[\xc0-\xff]")
_UTF8_CHINESE = re.compile(
    rb"(?:\xef\xbb\xbf|[\xe3-\xe9][\x80-\xbf]{2}|\xef\xbc[\x80-\xbf]|\xe2\x80[\x80-\xbf]|[\x20-\x7e])+"
)
_QUESTION_MARKS = re.compile(r"\?[? ]*")
_REPLACED = re.compile(r"(?:锟斤拷|锟斤|斤拷|锟)*锟斤拷(?:锟斤|锟)?|[\ufffd]+")


@fixer
def redecode_latin(text: str) -> Iterable[Edit]:
    """Decode UTF-8 or GBK again that was read as Latin-1 or Windows-1252.

    >>> redecode_latin("反映é\\x81\\x93è·¯，ÎÛË®"), redecode_latin("咖啡(café)")
    ('反映道路，污水', '咖啡(café)')
    """
    if not _LATIN_LETTER.search(text):
        return
    import ftfy  # late: few texts need it, and it takes a while

    for match in _LATIN.finditer(text):
        run = match.group()
        fixed = ftfy.fix_encoding(run)
        if not _is_chinese(fixed, least=1):
            fixed = _decode_gbk_from_latin(run) or run
            if not _is_chinese(fixed):
                continue
        yield Edit(match.start(), match.end(), fixed)


def _decode_gbk_from_latin(run: str) -> str | None:
    for table in ("latin-1", "cp1252"):
        try:
            return run.encode(table).decode("gb18030")
        except UnicodeError:
            continue
    return None


@fixer
def redecode_gbk(text: str) -> Iterable[Edit]:
    """Decode UTF-8 or Big5 again that was read as GBK, and GBK that was read as Big5.

    >>> redecode_gbk("反映，浣犲ソ涓栫晫"), redecode_gbk("魑魅魍魉")
    ('反映，你好世界', '魑魅魍魉')
    """
    for span in find_suspicious_runs(text):
        run = text[span.start : span.end]
        fixed = _decode_utf8_from_gbk(run) or _decode_other_table(run)
        if fixed:
            yield Edit(span.start, span.end, fixed)


def _decode_utf8_from_gbk(run: str) -> str | None:
    """UTF-8 bytes that were read as GBK; the bytes of half a character are lost."""
    data = b"\0".join(part.encode("gb18030", "replace") for part in re.split("[?\ufffd]", run))
    matches = [m for m in _UTF8_CHINESE.finditer(data) if m.end() - m.start() >= 6]
    if not matches:
        return None
    ends = [0, *(m.end() for m in matches)]
    starts = [*(m.start() for m in matches), len(data)]
    rests = [_keep_gbk(data[end:start]) for end, start in zip(ends, starts, strict=True)]
    decoded = [_without_false_end(m, data) for m in matches]
    pieces = [rests[0]] + [d + rest for d, rest in zip(decoded, rests[1:], strict=True)]
    fixed = re.sub(f"{LOST}+", LOST, "".join(pieces))
    return fixed if _is_chinese(fixed) else None


def _without_false_end(match: re.Match[bytes], data: bytes) -> str:
    """Decode a stretch; where a continuation byte follows it, a pair was dropped inside its end."""
    text = match.group().decode()
    following = data[match.end() : match.end() + 1]
    return text[:-1] + LOST if b"\x80" <= following < b"\xc0" else text


def _keep_gbk(rest: bytes) -> str:
    """Bytes beside decoded stretches: kept where they are plain Chinese, else lost."""
    kept = rest.replace(b"\0", b"?").decode("gb18030", "replace")
    plain = kept.strip("?") and LOST not in kept and not any(map(is_suspicious, kept))
    return kept if plain else LOST * bool(rest)


def _decode_other_table(run: str) -> str | None:
    for written, read in (("gb18030", "big5"), ("big5hkscs", "gb18030")):
        try:
            fixed = run.encode(written).decode(read, "replace")
        except UnicodeError:
            continue
        whole = fixed.count(LOST) * 8 <= len(fixed)
        if whole and _is_chinese(fixed) and _is_likelier(fixed, run):
            return re.sub(f"{LOST}+", LOST, fixed)
    return None


def _is_likelier(fixed: str, run: str) -> bool:
    return _mean_log_probability(fixed) > _mean_log_probability(run) + 2.0


def _mean_log_probability(text: str) -> float:
    return sum(map(log_probability_of_character, text)) / max(1, len(text))


def _is_chinese(text: str, *, least: int = 2) -> bool:
    """At least so many Chinese characters, common ones, and mostly in words."""
    han = [c for c in text if "㐀" <= c <= "鿿"]
    if len(han) < least or len(han) * 2 < len(text.replace(" ", "")) * 0.8:
        return False
    return _mean_log_probability("".join(han)) > -11.5 and (
        len(han) < 4 or share_in_words(simplify(text)) >= 0.4
    )


@fixer
def mark_replacements(text: str) -> Iterable[Edit]:
    """Mark what a decoder has already thrown away.

    That is U+FFFD, 锟斤拷, which is U+FFFD twice, and text that is mostly question marks.

    >>> mark_replacements("前锟斤拷锟斤拷后\\ufffd\\ufffd").count("\\ufffd")
    2
    """
    if text.count("?") >= 4 and text.count("?") >= 0.4 * len("".join(text.split())):
        return substitute(_QUESTION_MARKS, LOST, text)
    return substitute(_REPLACED, LOST, text) if "锟" in text or LOST in text else ()

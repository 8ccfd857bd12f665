"""From raw text to a `Document`: repair, find personal data, cut into words."""

from pipeline.normalise import find_sensitive, normalise
from pipeline.records import Document, Span
from pipeline.segmenter import Segmenter

# A message, not a book: the API's limit, and far above the longest real post (about 5,000).
MAX_CHARACTERS = 20_000


def unreadable_reason(raw: str) -> tuple[str, str] | None:
    """Return why a text cannot be read at all, as a code and a Chinese sentence, or None.

    >>> unreadable_reason("  ")
    ('empty_text', '文本为空')
    >>> unreadable_reason("路烂了")
    """
    if not raw.strip().strip("\x00\ufeff\u200b"):
        return "empty_text", "文本为空"
    if len(raw) > MAX_CHARACTERS:
        return (
            "text_too_long",
            f"文本有 {len(raw)} 字，超过 {MAX_CHARACTERS} 字的上限；请拆成单条留言",
        )
    return None


def read_document(raw: str, segmenter: Segmenter, *, id: str = "") -> Document:
    """Repair and cut one message."""
    normalised = normalise(raw)
    text = normalised.text
    return Document(
        id=id,
        raw=raw,
        text=text,
        tokens=tuple(segmenter.cut(text)),
        repairs=normalised.repairs,
        garbled=tuple(Span(text[s.start : s.end], s.start, s.end) for s in normalised.garbled),
        masked=tuple(Span(s.kind, s.start, s.end) for s in find_sensitive(text)),
    )

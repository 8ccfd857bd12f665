"""From raw text to a `Document`: repair, find personal data, cut into words."""

from pipeline.masking import find_sensitive
from pipeline.normalise import normalise
from pipeline.records import Document, Rejection, Span
from pipeline.segmenter import Segmenter

# A message, not a book: the API's limit, and far above the longest real post (about 5,000).
MAX_CHARACTERS = 20_000


def read_document(raw: str, segmenter: Segmenter, *, id: str = "") -> Document | Rejection:
    """Repair and cut one message, or say why it cannot be read.

    >>> read_document(" \\u200b", getfixture("segmenter"), id="7")
    Rejection(id='7', reason='empty_text', detail='文本为空')
    """
    if len(raw) > MAX_CHARACTERS:
        detail = f"文本有 {len(raw)} 字，超过 {MAX_CHARACTERS} 字的上限；请拆成单条留言"
        return Rejection(id, "text_too_long", detail)
    normalised = normalise(raw)
    text = normalised.text
    if not text.strip():
        return Rejection(id, "empty_text", "文本为空")
    return Document(
        id=id,
        raw=raw,
        text=text,
        tokens=tuple(segmenter.cut(text)),
        repairs=normalised.repairs,
        garbled=tuple(Span(text[s.start : s.end], s.start, s.end) for s in normalised.garbled),
        masked=tuple(Span(s.kind, s.start, s.end) for s in find_sensitive(text)),
    )

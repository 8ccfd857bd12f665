"""From raw text to a `Document`: repair, find personal data, cut into words."""

from collections.abc import Sequence

from pipeline.masking import SensitiveSpan, find_sensitive, placeholder
from pipeline.normalise import normalise
from pipeline.normalise.edits import Edit, apply_edits
from pipeline.records import Document, Rejection, Span
from pipeline.segmenter import Segmenter

# A message, not a book: the API's limit, and far above the longest real post (about 5,000).
MAX_CHARACTERS = 20_000


def read_document(
    raw: str, segmenter: Segmenter, *, id: str = "", masked: bool = False
) -> Document | Rejection:
    """Repair and cut one message, or say why it cannot be read.

    Args:
        masked: replace personal data by its kind before anything reads the text, so that
            offsets and evidence speak of the masked text.

    >>> read_document(" \\u200b", getfixture("segmenter"), id="7")
    Rejection(id='7', reason='empty_text', detail='文本为空')
    >>> document = read_document("电话13800138000？", getfixture("segmenter"), masked=True)
    >>> document.text, document.masked
    ('电话［手机号］？', (Span(text='手机号', start=2, end=7),))
    """
    if len(raw) > MAX_CHARACTERS:
        detail = f"文本有 {len(raw)} 字，超过 {MAX_CHARACTERS} 字的上限；请拆成单条留言"
        return Rejection(id, "text_too_long", detail)
    normalised = normalise(raw)
    text = normalised.text
    if not text.strip():
        return Rejection(id, "empty_text", "文本为空")
    found = find_sensitive(text)
    hidden = [Edit(span.start, span.end, placeholder(span.kind)) for span in found if masked]
    text = apply_edits(text, hidden)
    garbled = [
        (_moved(span.start, hidden), _moved(span.end, hidden)) for span in normalised.garbled
    ]
    return Document(
        id=id,
        raw=raw,
        text=text,
        tokens=tuple(segmenter.cut(text)),
        repairs=normalised.repairs,
        garbled=tuple(Span(text[start:end], start, end) for start, end in garbled),
        masked=tuple(_masked_span(span, hidden) for span in found),
        corruption=normalised.corruption,
    )


def _moved(offset: int, edits: Sequence[Edit]) -> int:
    """Where an offset lies after edits that none of them contains."""
    grown = (len(e.replacement) - (e.end - e.start) for e in edits if e.end <= offset)
    return offset + sum(grown)


def _masked_span(span: SensitiveSpan, hidden: Sequence[Edit]) -> Span:
    """The stretch as it stands in the text: the personal data, or what was put in its place."""
    return Span(span.kind, _moved(span.start, hidden), _moved(span.end, hidden))

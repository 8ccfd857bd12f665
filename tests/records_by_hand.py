"""Records built by hand: what the tests of routing and review start from."""

from pipeline.records import Document, Prediction, Scored, Span


def document(text: str, *, garbled: tuple[Span, ...] = ()) -> Document:
    return Document(id="1", raw=text, text=text, tokens=(text,), garbled=garbled)


def prediction(
    *,
    categories: dict[str, float],
    topics: dict[str, float] | None = None,
    departments: dict[str, float] | None = None,
    asks: float = 1.0,
) -> Prediction:
    return Prediction(
        _scored(categories), _scored(topics or {}), _scored(departments or {}), (), asks=asks
    )


def _scored(probabilities: dict[str, float]) -> tuple[Scored, ...]:
    return tuple(Scored(code, p) for code, p in probabilities.items())

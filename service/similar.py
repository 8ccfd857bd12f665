"""Earlier submissions that ask for the same thing at the same place."""

from dataclasses import dataclass

from pipeline.same_complaint import SIMILAR, are_compatible, bands, read_signature, similarity
from service.store import Store, Submission

# More than are shown: sharing a band is a hint, the signatures decide.
_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Similar:
    """A submission that asks for the same, and how alike it is (0–1)."""

    similarity: float
    submission: Submission


def bands_of(text: str) -> tuple[int, ...]:
    """Return the band hashes of a (masked) text; none where it says too little."""
    signature = read_signature(text)
    return () if signature is None else tuple(int(band) for band in bands(signature))


def find_similar(
    store: Store, text: str, place: str, *, exclude: str | None = None, limit: int = 10
) -> list[Similar]:
    """Return earlier submissions that ask for the same, most alike first.

    Salutations do not count: signatures are made of what is left without them.
    """
    signature = read_signature(text)
    if signature is None:
        return []
    hashes = [int(band) for band in bands(signature)]
    found = []
    for candidate in store.similar(hashes, exclude=exclude, place=place, limit=_CANDIDATES):
        other = read_signature(candidate.submission.text)
        if other is None or not are_compatible(place, candidate.submission.place):
            continue
        alike = similarity(signature, other)
        if alike >= SIMILAR:
            found.append(Similar(alike, candidate.submission))
    return sorted(found, key=lambda one: -one.similarity)[:limit]

"""What a sentence of a note is also shows in the sentences around it.

个个都点头 says nothing; after 建议装路灯 it closes the matter, in a work report it is praise.
So the chances that the model of kinds gives a sentence by itself are read again together with
those of its neighbours, by a small linear head that is fitted on whole notes.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.model import LinearHead
from pipeline.notes.speakers import speaker_of

FloatArray = NDArray[np.float32]

_NUMBERED = re.compile(
    r"(?:[（(]?[\d一二三四五六七八九十]{1,3}[)）、.．]|[一二三四五六七八九十]是|[①-⑳])"
)
_REACH = (-2, -1, 1, 2)
_FLOOR = 1e-4


def context_features(chances: FloatArray, texts: Sequence[str]) -> FloatArray:
    """Return what a note's sentences and their neighbours look like.

    Args:
        chances: probabilities of the kinds for each sentence by itself, shape (n, kinds).
        texts: the sentences in order, n.

    Returns:
        shape (n, 6 · kinds + 7): its own log chances, those of the two before and the two
        behind, the note's mean; whether it and the next begin with a speaker's name, and how
        many do; its length (in 100 characters, 1 at most); a question mark or a stop at its
        end; a number at its beginning.
    """
    n = len(texts)
    named = np.array([bool(speaker_of(text)[0]) for text in texts], np.float32)
    signs = np.array(
        [
            (
                named[i], named[i + 1] if i + 1 < n else 0, named.mean(),
                min(len(text) / 100, 1), text[-1:] in "？?", text[-1:] in "。；！",
                bool(_NUMBERED.match(text)),
            )
            for i, text in enumerate(texts)
        ],
        np.float32,
    )  # fmt: skip
    mean = np.broadcast_to(chances.mean(axis=0), chances.shape)
    near = [_neighbours(chances, mean, step) for step in _REACH]
    return np.hstack([np.log(chances + _FLOOR), *near, mean, signs]).astype(np.float32)


def fit_context(
    notes: Sequence[tuple[FloatArray, Sequence[str]]], kinds: Sequence[Sequence[str]]
) -> LinearHead:
    """Fit the head on whole notes whose chances come from models that had not seen them.

    Args:
        notes: for each note the chances (n, kinds) and the texts of its sentences.
        kinds: for each note the kind of every sentence.
    """
    rows = np.vstack([context_features(chances, texts) for chances, texts in notes])
    labels = [kind for note in kinds for kind in note]
    fitted = LogisticRegression(max_iter=5000).fit(rows, labels)
    coef, intercept = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row then
        coef, intercept = np.vstack([-coef / 2, coef / 2]), np.hstack([-intercept, intercept]) / 2
    return LinearHead(
        tuple(fitted.classes_.tolist()), coef.astype(np.float32), intercept.astype(np.float32)
    )


def read_in_context(head: LinearHead, chances: FloatArray, texts: Sequence[str]) -> FloatArray:
    """Return the chances of the kinds read together, shape (n, `head.codes`)."""
    return head.probabilities(context_features(chances, texts))


def _neighbours(chances: FloatArray, mean: FloatArray, step: int) -> FloatArray:
    """Return each row's neighbour `step` rows on; beyond the edge, the note's mean.

    Nothing tells that a row is the first: notes begin with procedure, pasted lines with asks.
    """
    moved = mean.copy()
    if step > 0:
        moved[:-step] = chances[step:]
    else:
        moved[-step:] = chances[:step]
    return moved

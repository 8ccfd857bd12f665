"""A model as a scikit-learn `Pipeline`, for notebooks.

What serves is never this: a pickle runs what it holds and is tied to the versions it was
made with (`pipeline.registry` keeps plain arrays). In a notebook it is what analysts know:
`predict`, `predict_proba`, `fit`, cross-validation.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from pipeline.classifier import HierarchicalClassifier
from pipeline.documents import read_document
from pipeline.errors import InputError, OutputError
from pipeline.features import MATTER, Featuriser
from pipeline.files import finished_file
from pipeline.gazetteer import Gazetteer
from pipeline.home import cache_dir, data_path
from pipeline.model import Model
from pipeline.records import Document, Rejection
from pipeline.segmenter import Segmenter, read_lexicon

PIPELINE_FILE, CARD_FILE = "pipeline.joblib", "README.md"


class MessageFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts as received → the matrix the model reads.

    Parameters:
        words: the lexicon and the place names, which stay whole when a text is cut. They
            travel along, so that the features stay the same where the data files change.
        views: what is looked at (`pipeline.features`).

    Attributes:
        featuriser_: the vocabulary and the inverse document frequencies.

    Examples:
        >>> folder = getfixture("tmp_path")
        >>> features = MessageFeatures().fit(["修路", "修路", "修路", "种茶"])
        >>> features.transform(["请来修路", "种茶"]).shape
        (2, 4)
    """

    def __init__(self, words: Sequence[str] = (), *, views: Mapping[str, int] = MATTER) -> None:
        self.words = words
        self.views = views

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Learn the vocabulary of some texts.

        Raises:
            InputError: a text is empty or too long.
        """
        self.featuriser_ = Featuriser(self.views).fit(self._read(X))
        return self

    def transform(self, X: Sequence[str]) -> Any:
        """Return a sparse matrix of shape (texts, features).

        Raises:
            InputError: a text is empty or too long.
        """
        return self.featuriser_.transform(self._read(X))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the tokenizer out: it is rebuilt from the words where it is needed."""
        state = dict(super().__getstate__())
        state.pop("_segmenter", None)
        return state

    def _read(self, texts: Sequence[str]) -> list[Document]:
        if not hasattr(self, "_segmenter"):
            self._segmenter = Segmenter(self.words, cache_folder=cache_dir())
        return [self._read_one(i, text) for i, text in enumerate(texts)]

    def _read_one(self, number: int, text: str) -> Document:
        document = read_document(text, self._segmenter)
        if isinstance(document, Rejection):
            raise InputError(
                f"第 {number} 条（从 0 数）：{document.detail}。请先去掉这一条。",
                f"Text {number} cannot be read: {document.reason}; leave it out.",
            )
        return document


def to_pipeline(model: Model) -> Pipeline:
    """Return the model's categories as a fitted scikit-learn pipeline over texts.

    `predict` gives category codes, `predict_proba` their probabilities in the order of
    `classes_`. Its last step also knows `leaf_proba` (topics).

    >>> pipeline = to_pipeline(getfixture("model"))
    >>> pipeline.predict(["村里的污水直接排到河里"]).tolist()
    ['ecology']
    """
    features = MessageFeatures(_words_in_use(), views=model.featuriser.min_documents)
    features.featuriser_ = model.featuriser
    steps = [("features", features), ("categories", _to_classifier(model))]
    return Pipeline(steps)


def export_model(model: Model, card: str, folder: Path) -> Path:
    """Write `pipeline.joblib` and the model card `README.md` into a folder.

    Args:
        card: the card of the model (`pipeline.registry.read_card`).

    Raises:
        OutputError: the folder is a file, or holds something else already.
    """
    others = {PIPELINE_FILE, CARD_FILE}
    if folder.exists() and (
        not folder.is_dir() or any(path.name not in others for path in folder.iterdir())
    ):
        raise OutputError(
            f"{folder} 里已有别的文件，或它不是文件夹。请另选一个文件夹。",
            f"{folder} is no folder, or holds other files; choose another.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with finished_file(folder / PIPELINE_FILE) as draft:
        joblib.dump(to_pipeline(model), draft, compress=3)
    with finished_file(folder / CARD_FILE) as draft:
        draft.write_text(card + _usage(model), "utf-8")
    return folder


def _words_in_use() -> tuple[str, ...]:
    gazetteer = Gazetteer.from_file(data_path("gazetteer.csv"))
    return (*read_lexicon(data_path("lexicon.txt")), *gazetteer.words)


def _to_classifier(model: Model) -> HierarchicalClassifier:
    """Return an estimator with the model's weights, as if it had been fitted here."""
    leaves, topics = model.leaves.codes, model.taxonomy.topics
    parent = {leaf: topics[leaf].category for leaf in leaves if leaf in topics}
    classifier = HierarchicalClassifier(
        parent=parent, shares=model.taxonomy.shares, random_state=model.card["seed"]
    )
    categories = [parent.get(leaf, leaf) for leaf in leaves]
    classifier.classes_, classifier.leaf_parent_ = np.unique(categories, return_inverse=True)
    classifier.leaves_ = np.array(leaves)
    classifier.coef_, classifier.intercept_ = model.leaves.coef, model.leaves.intercept
    classifier.n_features_in_ = model.leaves.coef.shape[1]
    return classifier


def _usage(model: Model) -> str:
    names = "、".join(f"`{code}` {name}" for code, name in model.taxonomy.categories.items())
    return f"""
## 在笔记本里用

```python
import joblib

pipeline = joblib.load("{PIPELINE_FILE}")
pipeline.predict(["村里的污水直接排到河里"])        # 类别代码
pipeline.predict_proba(["村里的污水直接排到河里"])  # 各类别的概率，次序见 pipeline.classes_
```

类别代码：{names}。

需要同样版本的 wuwei、scikit-learn、jieba（见上）。joblib 文件打开时会执行其中的内容：
只打开自己导出的。它只给类别，不给部门，也不决定哪些留言该请人看；上线用 `wuwei serve`。
"""

"""The exported pipeline says what the model says, in the words of scikit-learn."""

import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from pipeline.corpus import LabelledMessage
from pipeline.documents import read_document
from pipeline.errors import InputError, OutputError
from pipeline.export import export_model
from pipeline.model import Model
from pipeline.records import Document
from pipeline.segmenter import Segmenter

TEXTS = [
    "村里的污水直接排到河里", "麻将馆通宵打牌", "请把通组路硬化了", "茶叶卖不出去", "谢谢干部",
    "一句什么都不沾的话", "自来水停了三天，景区的民宿没法开门，希望一并解决",
]  # fmt: skip


@pytest.fixture(scope="module")
def exported(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_model(model, "# 模型 lessons\n", tmp_path_factory.mktemp("export") / "pipeline")


@pytest.fixture(scope="module")
def pipeline(exported: Path) -> Pipeline:
    return joblib.load(exported / "pipeline.joblib")


def test_it_predicts_what_the_model_predicts(
    model: Model, segmenter: Segmenter, pipeline: Pipeline, lessons: list[LabelledMessage]
) -> None:
    texts = [*TEXTS, *(m.text for m in lessons)]
    documents = [read_document(text, segmenter) for text in texts]
    read = [document for document in documents if isinstance(document, Document)]
    expected = model.category_probabilities(read)
    order = [list(model.taxonomy.categories).index(c) for c in pipeline.classes_]
    np.testing.assert_allclose(pipeline.predict_proba(texts), expected[:, order], atol=1e-5)
    assert pipeline.predict(texts).tolist() == [p.category for p in model.predict(read)]


def test_it_knows_the_topics_too(model: Model, segmenter: Segmenter, pipeline: Pipeline) -> None:
    documents = [read_document(text, segmenter) for text in TEXTS]
    read = [document for document in documents if isinstance(document, Document)]
    leaves = pipeline[-1].leaf_proba(pipeline[:-1].transform(TEXTS))
    expected = model.leaves.probabilities(model.featuriser.transform(read))
    np.testing.assert_allclose(leaves, expected, atol=1e-5)
    assert tuple(pipeline[-1].leaves_) == model.leaves.codes


def test_another_process_loads_and_uses_it(exported: Path) -> None:
    code = (
        "import sys, joblib; pipeline = joblib.load(sys.argv[1]); "
        "print(*pipeline.predict(['村里的污水直接排到河里', '麻将馆通宵打牌']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(exported / "pipeline.joblib")],
        capture_output=True, check=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert done.stdout.split() == [b"ecology", b"civility"]


def test_it_can_be_fitted_anew(pipeline: Pipeline, lessons: list[LabelledMessage]) -> None:
    anew = clone(pipeline).fit([m.text for m in lessons], [m.topic for m in lessons])
    assert anew.predict(["污水直接排进河里"]).tolist() == ["ecology"]
    assert (anew.classes_ == pipeline.classes_).all()


def test_a_text_that_cannot_be_read_is_named(pipeline: Pipeline) -> None:
    with pytest.raises(InputError, match=r"第 1 条（从 0 数）：文本为空"):
        pipeline.predict(["修路", " "])


def test_the_card_comes_along_and_says_how_to_use_it(exported: Path) -> None:
    card = (exported / "README.md").read_text("utf-8")
    assert (
        card.startswith("# 模型 lessons") and "joblib.load" in card and "`ecology` 生态环境" in card
    )
    assert sorted(path.name for path in exported.iterdir()) == ["README.md", "pipeline.joblib"]


def test_exporting_again_replaces_but_nothing_else_is_overwritten(
    model: Model, exported: Path, tmp_path: Path
) -> None:
    export_model(model, "# 又一次\n", exported)
    assert (exported / "README.md").read_text("utf-8").startswith("# 又一次")
    (tmp_path / "论文.docx").touch()
    with pytest.raises(OutputError, match="里已有别的文件"):
        export_model(model, "", tmp_path)
    with pytest.raises(OutputError, match="它不是文件夹"):
        export_model(model, "", tmp_path / "论文.docx")

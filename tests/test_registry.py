"""Models on disk: what is saved is what is loaded, and nothing else is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import registry
from pipeline.errors import ModelError
from pipeline.model import Model
from pipeline.registry import directories
from pipeline.segmenter import Segmenter
from pipeline.triage import assemble

TEXTS = ["污水直接排进河里", "麻将馆通宵打牌", "通组公路没有硬化", "谢谢"]


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    registry.save(model, tmp_path)
    return tmp_path


def test_a_loaded_model_predicts_what_the_saved_one_did(
    model: Model, segmenter: Segmenter, folder: Path
) -> None:
    before, after = (
        assemble(model, segmenter),
        assemble(registry.load(folder, "lessons"), segmenter),
    )
    for text in TEXTS:
        assert after.triage(text).to_dict() == before.triage(text).to_dict()


def test_saving_again_replaces_and_leaves_nothing_behind(model: Model, folder: Path) -> None:
    registry.save(model, folder)
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "lessons"]
    assert registry.names(folder) == ["lessons"]


def test_a_model_moved_aside_is_found_until_the_next_has_taken_its_place(
    model: Model, folder: Path
) -> None:
    (folder / "lessons").rename(folder / ".lessons.old")
    assert registry.load(folder, "lessons").digest == model.digest
    registry.save(replace(model, digest="1" * 64), folder)
    assert registry.load(folder, "lessons").digest == "1" * 64
    assert not (folder / ".lessons.old").exists()


def test_a_model_is_never_put_together_from_two(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that replaces the directory while it is read is noticed, and read anew."""
    read_manifest, retrained = directories.read_manifest, replace(model, digest="1" * 64)
    retrained = replace(retrained, thresholds=replace(model.thresholds, confidence=0.25))
    retrained = replace(retrained, leaves=replace(model.leaves, coef=model.leaves.coef * 2))
    waiting = [retrained]

    def read_then_retrain(folder: Path, name: str) -> dict[str, Any]:
        manifest = read_manifest(folder, name)
        if waiting:
            registry.save(waiting.pop(), folder)
        return manifest

    monkeypatch.setattr(directories, "read_manifest", read_then_retrain)
    loaded = registry.load(folder, "lessons")
    assert (loaded.digest, loaded.thresholds.confidence) == ("1" * 64, 0.25)
    assert (loaded.leaves.coef == model.leaves.coef * 2).all()


def test_the_card_is_readable(folder: Path) -> None:
    card = (folder / "lessons/README.md").read_text("utf-8")
    assert card.startswith("# 模型 lessons@") and "公共服务" in card and "scikit-learn" in card


def test_no_pickle_is_written(folder: Path) -> None:
    names = {path.name for path in (folder / "lessons").iterdir()}
    assert names == {"model.json", "vocabulary.json", "weights.npz", "README.md"}


@pytest.mark.parametrize("part", ["weights.npz", "vocabulary.json"])
def test_a_damaged_part_is_refused(folder: Path, part: str) -> None:
    path = folder / "lessons" / part
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"模型 lessons 的文件 {part} 缺失或损坏。请重新训练"):
        registry.load(folder, "lessons")


def test_a_missing_part_is_refused(folder: Path) -> None:
    (folder / "lessons/weights.npz").unlink()
    with pytest.raises(ModelError, match=r"weights\.npz 缺失或损坏"):
        registry.load(folder, "lessons")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "不是本程序写的模型说明"),
        ('{"format": 1}', "不是本程序写的模型说明"),
        ("[]", "不是本程序写的模型说明"),
        ('{"format": 99, "seal": ""}', "格式是 99，本程序只认 4"),
    ],
)
def test_a_foreign_manifest_is_refused(folder: Path, content: str, message: str) -> None:
    (folder / "lessons/model.json").write_text(content, "utf-8")
    with pytest.raises(ModelError, match=message):
        registry.load(folder, "lessons")


def test_a_manifest_edited_by_hand_is_refused(folder: Path) -> None:
    path = folder / "lessons/model.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["thresholds"]["confidence"] = 0.01
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError, match=r"model\.json 缺失或损坏"):
        registry.load(folder, "lessons")


def test_an_unknown_name_lists_the_known_ones(folder: Path) -> None:
    with pytest.raises(ModelError, match="没有名为 other 的模型。现有模型：lessons"):
        registry.load(folder, "other")


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "x" * 65, "a b"])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="不可用"):
        registry.check_name(name)

"""Models on disk: the only module that writes `models/`.

A model directory holds plain data, no pickle: `model.json` (the recipe and the card, with
the digest of every other file), `vocabulary.json`, `weights.npz` and a `README.md` for
people. Loading checks the format number and the digests before it constructs anything.

Changing the format: add 1 to `FORMAT`, refuse older directories with the sentence below
(retraining from the same corpus takes a minute), and say so in the CHANGELOG.
"""

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.features import Featuriser
from pipeline.model import LinearHead, Model, Thresholds
from pipeline.taxonomy import Taxonomy

FORMAT = 3
_MANIFEST = "model.json"
_PARTS = ("vocabulary.json", "weights.npz")


def save(model: Model, folder: Path) -> Path:
    """Write `folder/<model.name>`, replacing an older one only once all is written."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=folder))
    try:
        _write_parts(model, draft)
        _write_manifest(model, draft)
        return _put_in_place(draft, folder / model.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path, name: str) -> Model:
    """Read and check `folder/<name>`.

    Raises:
        ModelError: there is none of that name, it was written by another version of the
            format, or a file does not match its digest. Nothing is constructed from it.
    """
    path = folder / name
    manifest = read_manifest(folder, name)
    for part, digest in manifest["files"].items():
        if not (path / part).is_file() or _file_digest(path / part) != digest:
            raise _damaged(name, part)
    terms = json.loads((path / "vocabulary.json").read_text("utf-8"))
    with np.load(path / "weights.npz", allow_pickle=False) as arrays:
        idf = {view: arrays[f"idf_{view}"] for view in terms}
        leaves = _read_head(arrays, "leaves", manifest["leaves"])
        codes = manifest["departments"]
        departments = _read_head(arrays, "departments", codes) if codes else None
        urgencies = manifest["urgency"]
        urgency = _read_head(arrays, "urgency", urgencies) if urgencies else None
    return Model(
        name=name,
        digest=manifest["digest"],
        taxonomy=Taxonomy.from_dict(manifest["taxonomy"], source=f"{name}/{_MANIFEST}"),
        featuriser=Featuriser.from_arrays(terms, idf),
        leaves=leaves,
        departments=departments,
        urgency=urgency,
        thresholds=Thresholds(**manifest["thresholds"]),
        card=manifest["card"],
    )


def check_name(name: str) -> None:
    """Refuse a model name that is not a plain directory name.

    Raises:
        ModelError: the name has other characters than letters, digits, `-`, `_` and `.`,
            or starts with a dot.
    """
    if not re.fullmatch(r"[^\W.][\w.-]{0,63}", name):
        raise ModelError(
            f"模型名 {name!r} 不可用。请用文字、数字、- 和 _，不以点开头，不超过 64 字。",
            f"{name!r} is no model name; use letters, digits, - and _.",
        )


def names(folder: Path) -> list[str]:
    """Return the names of the models in a folder, sorted."""
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{_MANIFEST}"))


def read_manifest(folder: Path, name: str) -> dict[str, Any]:
    """Return the recipe and card of a model without loading its weights.

    Raises:
        ModelError: as `load`.
    """
    check_name(name)
    path = folder / name / _MANIFEST
    if not path.is_file():
        known = "、".join(names(folder)) or "（还没有）"
        raise ModelError(
            f"没有名为 {name} 的模型。现有模型：{known}。用 wuwei train --name {name} 训练一个。",
            f"No model named {name} in {folder}. Available: {known}.",
        )
    try:
        manifest = json.loads(path.read_text("utf-8"))
        number, seal = manifest["format"], manifest.pop("seal")
    except (ValueError, KeyError, TypeError):
        raise ModelError(
            f"{path} 不是本程序写的模型说明。请重新训练：wuwei train --name {name}。",
            f"{path} is not a model manifest of this program; retrain it.",
        ) from None
    if number != FORMAT:
        raise ModelError(
            f"模型 {name} 的格式是 {number}，本程序只认 {FORMAT}。"
            f"请重新训练：wuwei train --name {name}。",
            f"Model {name} has format {number}, this program reads {FORMAT}; retrain it.",
        )
    if seal != _seal(manifest):
        raise _damaged(name, _MANIFEST)
    return dict(manifest)


def _write_parts(model: Model, folder: Path) -> None:
    terms, idf = model.featuriser.to_arrays()
    arrays = {f"idf_{view}": values for view, values in idf.items()}
    for name, head in _heads(model):
        if head is not None:
            arrays[f"{name}_coef"] = head.coef
            arrays[f"{name}_intercept"] = head.intercept
    (folder / "vocabulary.json").write_text(json.dumps(terms, ensure_ascii=False), "utf-8")
    np.savez(folder / "weights.npz", **arrays)


def _heads(model: Model) -> list[tuple[str, LinearHead | None]]:
    return [
        ("leaves", model.leaves),
        ("departments", model.departments),
        ("urgency", model.urgency),
    ]


def _write_manifest(model: Model, folder: Path) -> None:
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "digest": model.digest,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "leaves": list(model.leaves.codes),
        "departments": list(model.departments.codes) if model.departments else [],
        "urgency": list(model.urgency.codes) if model.urgency else [],
        "thresholds": asdict(model.thresholds),
        "taxonomy": model.taxonomy.to_dict(),
        "card": dict(model.card),
        "files": {part: _file_digest(folder / part) for part in _PARTS},
    }
    body = json.dumps(manifest | {"seal": _seal(manifest)}, ensure_ascii=False, indent=1)
    (folder / _MANIFEST).write_text(body, "utf-8")
    (folder / "README.md").write_text(_card_text(manifest), "utf-8")


def _put_in_place(draft: Path, target: Path) -> Path:
    """Swap the finished draft in. The old one is moved aside first and removed last."""
    draft.chmod(0o755)
    aside = draft.with_name(f"{draft.name}.old")
    if target.exists():
        target.replace(aside)
    draft.replace(target)
    shutil.rmtree(aside, ignore_errors=True)
    return target


def _read_head(arrays: Any, name: str, codes: list[str]) -> LinearHead:
    return LinearHead(tuple(codes), arrays[f"{name}_coef"], arrays[f"{name}_intercept"])


def _seal(manifest: dict[str, Any]) -> str:
    """Return a digest of the manifest itself, which carries those of the other files."""
    body = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()


def _damaged(name: str, part: str) -> ModelError:
    return ModelError(
        f"模型 {name} 的文件 {part} 缺失或损坏。请重新训练：wuwei train --name {name}。",
        f"Model {name}: {part} is missing or damaged; retrain it.",
    )


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card_text(manifest: dict[str, Any]) -> str:
    """Return the model card people read, in Chinese."""
    card, held_out = manifest["card"], manifest["card"]["held_out"]
    names_of = manifest["taxonomy"]["categories"]
    rows = "\n".join(
        f"| {names_of[code]} | {card['per_category'].get(code, 0)} | {f['precision']:.3f} "
        f"| {f['recall']:.3f} | {f['f1']:.3f} "
        f"| {held_out['coverage_per_category'].get(code, 0):.0%} |"
        for code, f in held_out["per_category"].items()
    )
    thresholds = manifest["thresholds"]
    return f"""# 模型 {manifest["name"]}@{manifest["digest"][:8]}

{manifest["created"]} 由 {card["messages"]} 条标注留言训练。下面的数字来自留出的训练数据
（交叉验证，近似重复不跨折），不是真实留言上的成绩；真实成绩用 `wuwei evaluate` 测。

| 类别 | 条数 | 精确率 | 召回率 | F1 | 自动通过 |
|---|---|---|---|---|---|
{rows}

准确率 {held_out["accuracy"]:.3f}，宏平均 F1 {held_out["macro_f1"]:.3f}，
校准误差 {held_out["ece"]:.3f}。
把握低于 {thresholds["confidence"]:.2f} 的留言交人看：如此自动通过 {thresholds["coverage"]:.0%}，
其中差错不超过 {thresholds["target_error"]:.1%}。
第二类别的概率到 {thresholds["second_category"]:.2f} 才写出。

分类体系 {card["taxonomy_version"]}，语料摘要 `{card["corpus_digest"][:16]}`，
随机种子 {card["seed"]}。
版本：{", ".join(f"{k} {v}" for k, v in card["versions"].items())}。
"""

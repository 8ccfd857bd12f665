"""A model as a directory of plain data.

A model directory holds no pickle: `model.json` (the recipe and the card, with the digest of
every other file), `vocabulary.json`, `weights.npz` and a `README.md` for people. Loading
checks the format number and the digests before it constructs anything.

Changing the format: add 1 to `FORMAT`, refuse older directories with the sentence below
(retraining from the same corpus takes a minute), and say so in the CHANGELOG.
"""

import json
import shutil
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features import Featuriser
from pipeline.model import FloatArray, LinearHead, Model, Thresholds
from pipeline.registry.card import card_text
from pipeline.registry.directories import (
    FORMAT,
    MANIFEST,
    PARTS,
    aside_of,
    digest_of,
    dump,
    read_whole,
)
from pipeline.registry.disk import locked
from pipeline.taxonomy import Taxonomy


def save(model: Model, folder: Path) -> Path:
    """Write `folder/<model.name>`, replacing an older one only once all is written."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=folder))
    try:
        _write_parts(model, draft)
        _write_manifest(model, draft)
        with locked(folder):
            return _put_in_place(draft, folder / model.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path, name: str) -> Model:
    """Read and check `folder/<name>`, or a kept version (`NAME@DIGEST-SEAL`).

    Raises:
        ModelError: there is none of that name, it was written by another version of the
            format, or a file does not match its digest. Nothing is constructed from it.
    """
    manifest, parts = read_whole(folder, name)
    terms = json.loads(parts["vocabulary.json"])
    with np.load(BytesIO(parts["weights.npz"]), allow_pickle=False) as arrays:
        idf = {view: arrays[f"idf_{view}"] for view in terms}
        leaves = _read_head(arrays, "leaves", manifest["leaves"])
        codes = manifest["departments"]
        departments = _read_head(arrays, "departments", codes) if codes else None
        urgencies = manifest["urgency"]
        urgency = _read_head(arrays, "urgency", urgencies) if urgencies else None
        kinds = manifest["context"]
        context = _read_head(arrays, "context", kinds) if kinds else None
    return Model(
        name=name.partition("@")[0],
        digest=manifest["digest"],
        taxonomy=Taxonomy.from_dict(manifest["taxonomy"], source=f"{name}/{MANIFEST}"),
        featuriser=Featuriser.from_arrays(terms, idf),
        leaves=leaves,
        departments=departments,
        urgency=urgency,
        thresholds=Thresholds(**manifest["thresholds"]),
        card=manifest["card"],
        context=context,
    )


def _write_parts(model: Model, folder: Path) -> None:
    terms, idf = model.featuriser.to_arrays()
    arrays = {f"idf_{view}": values for view, values in idf.items()}
    for name, head in _heads(model):
        if head is not None:
            arrays[f"{name}_coef"] = _smallest(head.coef)
            arrays[f"{name}_intercept"] = head.intercept
    (folder / "vocabulary.json").write_text(json.dumps(terms, ensure_ascii=False), "utf-8")
    np.savez(folder / "weights.npz", **arrays)


def _heads(model: Model) -> list[tuple[str, LinearHead | None]]:
    return [
        ("leaves", model.leaves),
        ("departments", model.departments),
        ("urgency", model.urgency),
        ("context", model.context),
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
        "context": list(model.context.codes) if model.context else [],
        "thresholds": asdict(model.thresholds),
        "taxonomy": model.taxonomy.to_dict(),
        "card": dict(model.card),
        "files": {part: digest_of((folder / part).read_bytes()) for part in PARTS},
    }
    (folder / MANIFEST).write_bytes(dump(manifest))
    (folder / "README.md").write_text(card_text(manifest), "utf-8")


def _put_in_place(draft: Path, target: Path) -> Path:
    """Swap the finished draft in. The old one is moved aside first and removed last.

    Between the two moves readers find the old one aside (`_read_file`), and so they do
    where the process dies between them.
    """
    draft.chmod(0o755)
    aside = aside_of(target)
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
        target.replace(aside)
    draft.replace(target)
    shutil.rmtree(aside, ignore_errors=True)
    return target


def _read_head(arrays: Any, name: str, codes: list[str]) -> LinearHead:
    coef = arrays[f"{name}_coef"].astype(np.float32)
    return LinearHead(tuple(codes), coef, arrays[f"{name}_intercept"])


def _smallest(coef: FloatArray) -> NDArray[np.floating]:
    """Return weights in half precision where that loses nothing."""
    half = coef.astype(np.float16)
    return half if np.array_equal(half, coef) else coef

"""Model directories: what they are called, and reading them without trusting them."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.registry.card import card_text

FORMAT = 4
MANIFEST = "model.json"
PARTS = ("vocabulary.json", "weights.npz")
VERSIONS = ".versions"
_NAME = r"[^\W.][\w.-]{0,63}"
_KEPT = re.compile(rf"{_NAME}@[0-9a-f]{{8}}-[0-9a-f]{{8}}")
_TRIES = 3

Manifest = dict[str, Any]


def read_whole(folder: Path, name: str) -> tuple[Manifest, dict[str, bytes]]:
    """Return a manifest and the files it speaks of, all of one and the same model.

    The files are read once and checked as read, so that a training that replaces the
    directory meanwhile cannot slip in between; where it did, they are read again.

    Raises:
        ModelError: as `load`.
    """
    manifest = read_manifest(folder, name)
    for _ in range(_TRIES):
        parts = {part: _read_file(folder, name, part) for part in PARTS}
        bad = [p for p, data in parts.items() if not _fits(data, manifest["files"].get(p))]
        if not bad:
            return manifest, {part: data for part, data in parts.items() if data is not None}
        before, manifest = manifest, read_manifest(folder, name)
        if manifest == before:
            break
    raise _damaged(name, bad[0])


def check_name(name: str) -> None:
    """Refuse a model name that is not a plain directory name.

    Raises:
        ModelError: the name has other characters than letters, digits, `-`, `_` and `.`,
            or starts with a dot.
    """
    if not re.fullmatch(_NAME, name):
        raise ModelError(
            f"模型名 {name!r} 不可用。请用文字、数字、- 和 _，不以点开头，不超过 64 字。",
            f"{name!r} is no model name; use letters, digits, - and _.",
        )


def is_kept_name(name: str) -> bool:
    """Whether a name is that of a kept version, which nothing changes any more.

    >>> is_kept_name("default@3f2a1c9b-77aa0102"), is_kept_name("default"), is_kept_name("../x@y")
    (True, False, False)
    """
    return _KEPT.fullmatch(name) is not None


def kept_name(name: str, manifest: Manifest) -> str:
    """Return under which name a model is kept: its digest, and that of all the rest.

    The same weights may come with other thresholds or another taxonomy.
    """
    return f"{name}@{manifest['digest'][:8]}-{_seal(manifest)[:8]}"


def names(folder: Path) -> list[str]:
    """Return the names of the models in a folder, sorted; kept versions are not among them."""
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{MANIFEST}"))


def read_manifest(folder: Path, name: str) -> Manifest:
    """Return the recipe and card of a model without loading its weights.

    Raises:
        ModelError: as `load`.
    """
    if not is_kept_name(name):
        check_name(name)
    content = _read_file(folder, name, MANIFEST)
    if content is None:
        known = "、".join(names(folder)) or "（还没有）"
        raise ModelError(
            f"没有名为 {name} 的模型。现有模型：{known}。用 wuwei train --name 名字 训练一个。",
            f"No model named {name} in {folder}. Available: {known}.",
        )
    path = folder / name / MANIFEST
    try:
        manifest = json.loads(content)
        number, seal = manifest["format"], manifest.pop("seal")
    except (ValueError, KeyError, TypeError):
        raise ModelError(
            f"{path} 不是本程序写的模型说明。{_remedy(name)}",
            f"{path} is not a model manifest of this program; retrain it.",
        ) from None
    if number != FORMAT:
        raise ModelError(
            f"模型 {name} 的格式是 {number}，本程序只认 {FORMAT}。{_remedy(name)}",
            f"Model {name} has format {number}, this program reads {FORMAT}; retrain it.",
        )
    if seal != _seal(manifest):
        raise _damaged(name, MANIFEST)
    return dict(manifest)


def read_card(folder: Path, name: str) -> str:
    """Return the card of a model, as Markdown in Chinese.

    Raises:
        ModelError: as `load`.
    """
    return card_text(read_manifest(folder, name))


def aside_of(target: Path) -> Path:
    """Return where a model waits while another takes its place."""
    return target.with_name(f".{target.name}.old")


def _read_file(folder: Path, name: str, file: str) -> bytes | None:
    """Return a file of a model, or None where neither the model nor the one before has it."""
    live = folder / VERSIONS / name if is_kept_name(name) else folder / name
    for place in (live, aside_of(live), live):
        try:
            return (place / file).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
    return None


def _fits(data: bytes | None, digest: str | None) -> bool:
    return data is not None and digest_of(data) == digest


def dump(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as it stands in the file, sealed."""
    sealed = {**manifest, "seal": _seal(manifest)}
    return json.dumps(sealed, ensure_ascii=False, indent=1).encode()


def _seal(manifest: Mapping[str, Any]) -> str:
    """Return a digest of the manifest itself, which carries those of the other files."""
    return digest_of(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode())


def _damaged(name: str, part: str) -> ModelError:
    return ModelError(
        f"模型 {name} 的文件 {part} 缺失或损坏。{_remedy(name)}",
        f"Model {name}: {part} is missing or damaged; retrain it, or serve another.",
    )


def _remedy(name: str) -> str:
    """Say what to do: a kept version cannot be retrained under its name."""
    if is_kept_name(name):
        return "请用 wuwei models rollback 换回上一个，或重新训练一个再 wuwei models promote。"
    return f"请重新训练：wuwei train --name {name}。"


def digest_of(data: bytes) -> str:
    """Return the hex digest a manifest has of a file."""
    return hashlib.sha256(data).hexdigest()

"""Kept versions: copies of what was promoted, which nothing changes any more."""

import shutil
import tempfile
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.registry.card import card_text
from pipeline.registry.directories import (
    MANIFEST,
    VERSIONS,
    dump,
    is_kept_name,
    kept_name,
    read_whole,
)
from pipeline.registry.disk import settle, write_through


def keep(folder: Path, name: str) -> str:
    """Copy a model, checked, to where nothing changes it; return the name it is kept under.

    The lock must be held. A copy that is there already and whole stays as it is.

    Raises:
        ModelError: as `load`: a half-copied directory is not kept.
    """
    manifest, parts = read_whole(folder, name)
    if is_kept_name(name):
        return name
    kept = kept_name(name, manifest)
    if _is_whole(folder, kept):
        return kept
    versions = folder / VERSIONS
    versions.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=versions))
    for part, data in parts.items():
        write_through(draft / part, data)
    write_through(draft / MANIFEST, dump(manifest))
    write_through(draft / "README.md", card_text(manifest).encode())
    draft.chmod(0o755)
    shutil.rmtree(versions / kept, ignore_errors=True)
    draft.replace(versions / kept)
    settle(versions)
    return kept


def forget(folder: Path, *, but: set[str]) -> None:
    """Remove kept versions, and drafts of a process that died, but those named.

    The lock must be held.
    """
    for path in (folder / VERSIONS).glob("*"):
        if path.name not in but:
            shutil.rmtree(path, ignore_errors=True)


def _is_whole(folder: Path, kept: str) -> bool:
    try:
        read_whole(folder, kept)
    except ModelError:
        return False
    return True

"""Which model serves: a pointer that is always the old one or the new one, and its history.

The pointer carries the whole entry (who, when, why, instead of what), and is written first:
one rename decides. The history is that of the pointer, written behind it; where a process
died between the two, the entry is taken from the pointer.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.model import Model
from pipeline.registry.directories import names, read_manifest
from pipeline.registry.disk import locked, write_whole
from pipeline.registry.entries import Entry, way_back
from pipeline.registry.storage import load
from pipeline.registry.versions import forget, keep

DEFAULT = "default"
# How many versions stay that a rollback leads back to, and how many of those served last.
KEPT = 8
_POINTER, _HISTORY = "serving.json", "history.jsonl"


def read_serving(folder: Path) -> Entry | None:
    """Return what the pointer says, or None where nothing has been promoted.

    Raises:
        ModelError: the file is no pointer, or was changed by hand.
    """
    path = folder / _POINTER
    try:
        return Entry.from_dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except ValueError:
        raise ModelError(
            f"{path} 被改动或已损坏。请用 wuwei models promote 或 rollback 重新指定在用的模型。",
            f"{path} is damaged or was changed by hand; promote or roll back to rewrite it.",
        ) from None


def serving_name(folder: Path) -> str:
    """Return what `load` takes to load what serves: a kept version, or `default`.

    Raises:
        ModelError: as `read_serving`.
    """
    entry = read_serving(folder)
    return entry.version if entry else DEFAULT


def serving_model(folder: Path) -> Model:
    """Load what serves; the default model where nothing has been promoted.

    Raises:
        ModelError: as `read_serving` and `load`, or the version is not the one promoted.
    """
    entry = read_serving(folder)
    model = load(folder, entry.version if entry else DEFAULT)
    if entry and model.digest != entry.digest:
        raise ModelError(
            f"{folder / _POINTER} 指的不是 {entry.version}。请用 wuwei models promote 重新指定。",
            f"{folder / _POINTER}: the digest is not that of {entry.version}; promote again.",
        )
    return model


def serving_stamp(folder: Path) -> tuple[int, ...] | None:
    """Return something that changes whenever the pointer does, without reading it.

    Every change is another file under the same name, so that two within one tick of the
    clock differ as well.
    """
    try:
        status = (folder / _POINTER).stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def history(folder: Path) -> list[Entry]:
    """Return every change of what serves, oldest first."""
    entries = [entry for line in _history_lines(folder) if (entry := _read_line(line))]
    pointer = _pointer_if_readable(folder)
    return [*entries, pointer] if pointer and pointer not in entries else entries


def promote(
    folder: Path,
    name: str,
    *,
    by: str,
    reason: str = "",
    figures: Mapping[str, Any] | None = None,
    digest: str | None = None,
    instead_of: str | None = None,
) -> Entry:
    """Make a model the serving one. Whether it should be is `pipeline.promotion`'s matter.

    Args:
        name: a model's, or a kept version's.
        digest: the digest of the model that was judged, and `instead_of` that of the one it
            was compared with (empty where none served): the figures speak of these two.

    Raises:
        ModelError: it is missing or damaged; it serves already; or another model has taken
            the place of one of the two while they were compared.
    """
    with locked(folder):
        current = _keep_current(folder)
        _check_unchanged(folder, "在用的模型", instead_of, current)
        version = keep(folder, name)
        _check_unchanged(folder, f"模型 {name} ", digest, version)
        pointer = _pointer_if_readable(folder)
        if pointer and pointer.version == version:
            raise ModelError(
                f"模型 {version} 已经在用。请用 wuwei models list 查看。",
                f"{version} serves already.",
            )
        replaced = current if current != version else None
        return _record(folder, "promote", version, replaced, by, reason, figures or {})


def rollback(folder: Path, *, by: str, reason: str = "") -> Entry:
    """Let the model serve again that served before; a second time, the one before that.

    Raises:
        ModelError: none served before, or its kept copy is damaged or gone.
    """
    with locked(folder):
        path = way_back(history(folder))
        if len(path) < 2:
            raise ModelError(
                "没有更早的模型可以换回。用 wuwei models history 查看，或用 promote 换上别的模型。",
                "No earlier model to return to; see wuwei models history.",
            )
        serving, before = path[-1], path[-2]
        load(folder, before)
        return _record(folder, "rollback", before, serving, by, reason, {})


def _record(
    folder: Path,
    action: str,
    version: str,
    replaced: str | None,
    by: str,
    reason: str,
    figures: Mapping[str, Any],
) -> Entry:
    """Write pointer, then history, then forget what no rollback leads back to."""
    _write_history(folder)  # what a process that died had no time for
    entry = Entry(
        action=action,
        name=version.partition("@")[0],
        digest=read_manifest(folder, version)["digest"],
        version=version,
        since=datetime.now(UTC).isoformat(timespec="milliseconds"),
        by=by,
        reason=reason,
        replaced=replaced,
        figures=figures,
    )
    content = json.dumps(entry.to_dict(), ensure_ascii=False, indent=1)
    write_whole(folder / _POINTER, content.encode())
    _write_history(folder)
    entries = history(folder)
    forget(folder, but={*way_back(entries)[-KEPT:], *(e.version for e in entries[-KEPT:])})
    return entry


def _keep_current(folder: Path) -> str | None:
    """Return the kept version of what serves now, or None where nothing (whole) does.

    The default model, which served without being promoted, is kept as it stands, so that a
    rollback finds it.
    """
    pointer = _pointer_if_readable(folder)
    if pointer is not None:
        return pointer.version
    earlier = history(folder)
    if earlier:
        return earlier[-1].version
    try:
        return keep(folder, DEFAULT) if DEFAULT in names(folder) else None
    except ModelError:
        return None


def _check_unchanged(folder: Path, what: str, judged: str | None, version: str | None) -> None:
    """Refuse where the digest that was judged is not that of the version."""
    if judged is None:
        return
    found = read_manifest(folder, version)["digest"] if version else ""
    if found != judged:
        raise ModelError(
            f"{what}在比较之后换成了 {version or '（没有）'}，比较的结果已不作数。请再运行一次。",
            f"Meanwhile {version} took the place of a model that was compared; run it again.",
        )


def _pointer_if_readable(folder: Path) -> Entry | None:
    try:
        return read_serving(folder)
    except ModelError:
        return None


def _history_lines(folder: Path) -> list[str]:
    try:
        content = (folder / _HISTORY).read_text("utf-8")
    except FileNotFoundError:
        return []
    return [line for line in content.split("\n") if line]


def _read_line(line: str) -> Entry | None:
    """Read a line of the history; what somebody spoilt by hand is passed over, not dropped."""
    try:
        return Entry.from_dict(json.loads(line))
    except ValueError:
        return None


def _write_history(folder: Path) -> None:
    """Add the pointer's entry to the history where it is missing."""
    pointer = _pointer_if_readable(folder)
    lines = _history_lines(folder)
    if pointer is None or pointer in [_read_line(line) for line in lines]:
        return
    lines.append(json.dumps(pointer.to_dict(), ensure_ascii=False))
    write_whole(folder / _HISTORY, "".join(f"{line}\n" for line in lines).encode())

"""What a run is: if any of it changes, an unfinished run must not be continued."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import kernel
from pipeline.batch.results import Layout
from pipeline.batch.sources import Reading
from pipeline.errors import InputError, OutputError
from pipeline.files import FULL
from pipeline.home import data_path

PLAN = "plan.json"
# How systems say that there is no room: on the disk, or within the user's quota.
# The data files that decide what is written besides the model.
_DATA = (
    "boilerplate.toml",
    "addressing.toml", "departments.toml", "gazetteer.csv", "lexicon.txt", "routing.toml",
    "urgency.toml",
)  # fmt: skip


def make_plan(
    inputs: Sequence[Path], reading: Reading, layout: Layout, *, model: str, rows_per_part: int
) -> dict[str, Any]:
    """Describe a run by everything that its output depends on.

    Args:
        model: the model's version.
    """
    return {
        "wuwei": version("wuwei"),
        "model": model,
        "data": data_digests(),
        "reading": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(reading).items()},
        "layout": {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(layout).items()},
        "rows_per_part": rows_per_part,
        "inputs": {str(path): _digest(path) for path in inputs},
    }


def data_digests() -> dict[str, str]:
    """Return the digests of the data files that results depend on, by name."""
    return {name: _digest(data_path(name)) for name in _DATA}


def program_and_data() -> dict[str, str]:
    """Return what must be alike on all machines of a cluster, besides the model.

    With and without the compiled kernel the last digit of a confidence may differ.
    """
    return {"wuwei": version("wuwei"), "kernel": str(kernel.available()), **data_digests()}


def start_run(folder: Path, plan: Mapping[str, Any], *, resume: bool, restart: bool) -> bool:
    """Make the run's folder, or take up the one that is there; return whether it is resumed.

    Raises:
        InputError: an unfinished run is there and neither `resume` nor `restart` says what
            to do with it; or the run to resume is another one than this.
        OutputError: the folder cannot be made.
    """
    before = _read_plan(folder)
    if before is not None and not restart:
        _check_same(folder, before, plan, resume=resume)
        return True
    try:
        if folder.exists():
            remove_run(folder)
        folder.mkdir()
    except OSError as error:
        if error.errno in FULL:
            raise
        raise OutputError(
            f"不能写到 {folder.parent}：文件夹不存在或没有权限。请先建好文件夹。",
            f"Cannot write to {folder.parent}: {error.strerror}.",
        ) from None
    draft = folder / f"{PLAN}.part"
    draft.write_text(json.dumps(plan, ensure_ascii=False), "utf-8")
    draft.replace(folder / PLAN)
    return False


def remove_run(folder: Path) -> None:
    """Delete a run's folder, the plan last: what is left of a deletion is no run."""
    for path in sorted(folder.iterdir(), key=lambda p: p.name == PLAN):
        path.unlink(missing_ok=True)
    folder.rmdir()


def forget_empty_run(folder: Path) -> None:
    """Delete the folder of a run of which no part is done: there is nothing to resume."""
    if not count_done(folder):
        remove_run(folder)


def count_done(folder: Path) -> int:
    """Return how many parts of a run are done."""
    return sum(1 for _ in folder.glob("[0-9]*.json"))


def _read_plan(folder: Path) -> dict[str, Any] | None:
    try:
        plan: dict[str, Any] = json.loads((folder / PLAN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return plan


def _check_same(
    folder: Path, before: Mapping[str, Any], plan: Mapping[str, Any], *, resume: bool
) -> None:
    changed = "、".join(_differences(before, plan))
    if resume and not changed:
        return
    if resume:
        raise InputError(
            f"不能接着上次的运行：{changed} 与上次不同。要用现在的重新来过，请加 --restart。",
            "The unfinished run cannot be resumed: its input, model or options have changed. "
            "Use --restart to begin anew.",
        )
    raise InputError(
        f"上次的运行没有完成（已做完 {count_done(folder)} 段）。"
        "加 --resume 接着做；要重新来过，加 --restart。",
        "An unfinished run is there. Use --resume to continue it or --restart to begin anew.",
    )


def _differences(before: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[str]:
    """Name in Chinese what differs between two plans."""
    names = {"wuwei": "程序版本", "model": "模型", "rows_per_part": "每段行数"}
    for key, name in names.items():
        if before.get(key) != plan[key]:
            yield f"{name}（{before.get(key)} → {plan[key]}）"
    for key, what in (("data", "数据文件"), ("inputs", "输入文件")):
        old, new = before.get(key, {}), plan[key]
        yield from (f"{what} {n}" for n in sorted(old | new) if old.get(n) != new.get(n))
    if any(before.get(key) != plan[key] for key in ("reading", "layout")):
        yield "选项（列、编码、打码、分组或输出格式）"


def _digest(path: Path) -> str:
    """Return a digest of a file's bytes; of one that cannot be read, its absence."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError:
        return ""

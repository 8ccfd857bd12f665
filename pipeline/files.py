"""Writing a file so that its name stands for a finished one or for nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OutputError


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """Yield a draft's path; the draft takes the name `path` when the block ends without error.

    Raises:
        OutputError: the folder does not exist, or `path` is a folder.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise OutputError(
            f"不能写到 {path}：文件夹不存在，或它本身就是文件夹。请先建好文件夹。",
            f"Cannot write to {path}: no such folder, or it is one.",
        )
    draft = path.with_name(f".{path.name}.part")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)

"""Writing a file so that its name stands for a finished one or for nothing."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OutputError

# The system's errors that say that a disk, or one's share of it, is full.
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """Yield a draft's path; the draft takes the name `path` when the block ends without error.

    Raises:
        OutputError: the folder does not exist, `path` is a folder, or the disk is full.
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
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OutputError(
            f"磁盘满了，{path} 没有写成。请腾出空间，或写到别的盘上。",
            f"The disk is full; {path} was not written. Free some space, or write elsewhere.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)

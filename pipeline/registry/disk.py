"""One writer at a time, and files that are whole even after the power has failed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import ModelError
from pipeline.files import finished_file

_LOCK = ".lock"
# Whoever holds the lock copies a model of some 50 MB at most.
_PATIENCE = 60.0  # seconds


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; readers need none.

    The lock is the operating system's (`flock`, on Windows `msvcrt.locking`; that choice is
    what filelock is for): a process that dies lets go of it, so that no stale lock file can
    keep everybody out.

    Raises:
        ModelError: another process has held it for a minute, or the folder is read-only.
    """
    lock = FileLock(folder / _LOCK, timeout=_PATIENCE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except PermissionError:
        raise ModelError(
            f"没有权限写 {folder}。请检查文件夹权限，或换一个 WUWEI_HOME。",
            f"No permission to write to {folder}.",
        ) from None
    except Timeout:
        raise ModelError(
            f"另一个程序占着 {folder} 已超过 {_PATIENCE:.0f} 秒。请等它结束后再试。",
            f"Another process holds {folder / _LOCK}; try again once it has ended.",
        ) from None
    try:
        yield
    finally:
        lock.release()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is the old one or the new one at any moment, and on disk by then."""
    with finished_file(path) as draft:
        write_through(draft, data)
    settle(path.parent)


def write_through(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Wait until the names in a folder are on disk; Windows has no such call for folders."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Zip archives (docx, xlsx) are read without trust: sizes are looked at before unpacking."""

import zipfile
from pathlib import Path

from pipeline.errors import InputError

MOST_RATIO = 500


def check_archive(path: Path, what: str, *, most_unpacked: int = 4 * 1024**3) -> zipfile.ZipFile:
    """Open an archive whose declared sizes are plausible for `what` (Chinese, in the message).

    Args:
        most_unpacked: bytes; a workbook of a million messages unpacks to about 2 GB.

    Raises:
        InputError: it would unpack to far more than such a file holds.
        zipfile.BadZipFile, OSError: it is no archive, or cannot be read.
    """
    archive = zipfile.ZipFile(path)
    infos = archive.infolist()
    size, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if size > most_unpacked or size > MOST_RATIO * max(packed, 1):
        raise InputError(
            f"{path.name} 解开后有 {size // 1024 // 1024} MB，不像{what}，没有打开。",
            f"{path.name} unpacks to {size} bytes; it was not opened.",
        )
    return archive

"""A name stands for a finished file or for nothing."""

import errno
from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.files import finished_file


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "统计.html"
    path.write_text("旧的", "utf-8")
    with pytest.raises(OutputError, match=r"磁盘满了，.*统计\.html"), finished_file(path) as draft:
        draft.write_text("新的一半", "utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_text("utf-8") == "旧的"


def test_other_errors_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError, match="no"), finished_file(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "no")
    assert list(tmp_path.iterdir()) == []

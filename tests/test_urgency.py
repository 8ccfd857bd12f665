"""Phrases in, figures of speech out."""

from pathlib import Path

import pytest

from pipeline.errors import DataFileError
from pipeline.home import data_path
from pipeline.urgency import UrgencyPhrases


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("山体滑坡把房子埋了，有人被困", "emergency"),
        ("路灯坏了，请修", "normal"),
    ],
)
def test_the_shipped_phrases(text: str, urgency: str) -> None:
    assert UrgencyPhrases.from_file(data_path("urgency.toml")).read(text) == urgency


def test_a_level_without_phrases_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "urgency.toml"
    path.write_text('[emergency]\nphrases = ["着火"]\n', "utf-8")
    with pytest.raises(DataFileError, match=r"urgency\.toml：\[urgent\] 没有 phrases"):
        UrgencyPhrases.from_file(path)

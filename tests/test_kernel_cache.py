"""Tables kept between runs: built once, mapped after that, and never half there."""

from collections.abc import Callable
from pathlib import Path

import jieba
import jieba.finalseg
import numpy as np
import pytest

from pipeline.kernel import Cutter, Tables, available, build_tables, cached_tables
from pipeline.kernel.cache import KEPT
from tests.test_kernel import small_tokenizer

pytestmark = pytest.mark.skipif(
    not available(), reason="the kernel is not compiled; run python hatch_build.py"
)


def build() -> Tables:
    return build_tables(small_tokenizer({"甲乙": 1}), jieba.finalseg)


def never() -> Tables:
    raise AssertionError("the tables were there already")


def failing_save(error: BaseException) -> Callable[..., None]:
    def save(self: Tables, folder: Path) -> None:
        raise error

    return save


def test_the_second_start_maps_what_the_first_one_built(tmp_path: Path) -> None:
    cached_tables(tmp_path, "a" * 64, build)
    again = cached_tables(tmp_path, "a" * 64, never)
    assert isinstance(again.nodes, np.memmap)
    assert Cutter(again).cut("甲乙甲") == ["甲乙", "甲"]


def test_another_key_has_other_tables(tmp_path: Path) -> None:
    cached_tables(tmp_path, "a" * 64, build)
    with pytest.raises(AssertionError, match="there already"):
        cached_tables(tmp_path, "b" * 64, never)


def test_damaged_tables_are_built_again(tmp_path: Path) -> None:
    cached_tables(tmp_path, "a" * 64, build)
    [nodes] = tmp_path.glob("*/nodes.npy")
    nodes.write_bytes(nodes.read_bytes()[:200])
    assert Cutter(cached_tables(tmp_path, "a" * 64, build)).cut("甲乙") == ["甲乙"]
    cached_tables(tmp_path, "a" * 64, never)


def test_a_full_disk_costs_only_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tables, "save", failing_save(OSError("no space left")))
    assert Cutter(cached_tables(tmp_path, "a" * 64, build)).cut("甲乙") == ["甲乙"]
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_start_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tables, "save", failing_save(KeyboardInterrupt("stop")))
    with pytest.raises(KeyboardInterrupt, match="stop"):
        cached_tables(tmp_path, "a" * 64, build)
    assert list(tmp_path.iterdir()) == []


def test_old_tables_do_not_pile_up(tmp_path: Path) -> None:
    for key in range(KEPT + 3):
        cached_tables(tmp_path, f"{key:064}"[::-1], build)
    assert len(list(tmp_path.iterdir())) == KEPT

"""Killed at every step, and with others at work: what serves is the old or the new one."""

import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline import registry
from pipeline.model import Model

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

KILLED = 9
_REMOVALS = ("os.remove", "os.rmdir")
_STEPS = ("os.rename", "os.mkdir", *_REMOVALS)

Action = Callable[[Path], object]


def in_child(action: Callable[[], object]) -> int:
    """Run an action in a process of its own and return that process's id."""
    child = os.fork()
    if child:
        return child
    try:
        action()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_before_step(number: int, folder: Path) -> None:
    """Kill this process just before it changes the folder for the nth time."""
    steps = count(1)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if not (writes or event in _STEPS) or isinstance(arguments[0], int):
            return
        path = Path(os.fsdecode(arguments[0]))
        # Where a tree is removed, the files in it are named without their folder.
        loose = event in _REMOVALS and not path.is_absolute()
        if (loose or path.is_relative_to(folder)) and next(steps) == number:
            os._exit(KILLED)

    sys.addaudithook(watch)


def crashes(folder: Path, action: Action) -> Iterator[int]:
    """Yield after each death, one step later every time, from the same beginning."""
    beginning = folder.with_name("beginning")
    shutil.copytree(folder, beginning)
    for step in count(1):
        shutil.rmtree(folder)
        shutil.copytree(beginning, folder)

        def die(step: int = step) -> None:
            die_before_step(step, folder)
            action(folder)

        code = exit_code(in_child(die))
        assert code in (0, KILLED)
        yield step
        if code == 0:
            return


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    """A default model that serves unpromoted, and two others."""
    for name, digit in (("default", "0"), ("a", "1"), ("b", "2")):
        registry.save(replace(model, name=name, digest=digit * 64), tmp_path / "models")
    return tmp_path / "models"


def serves(folder: Path) -> str:
    return registry.serving_model(folder).digest[0]


def test_a_first_promotion_killed_at_any_step_leaves_the_old_or_the_new_model(
    folder: Path,
) -> None:
    seen = []
    for step in crashes(folder, lambda f: registry.promote(f, "a", by="小王")):
        seen.append(serves(folder))
        assert [e.digest[0] for e in registry.history(folder)] == ["1"] * (seen[-1] == "1"), step
        registry.promote(folder, "b", by="小李")
        assert serves(folder) == "2"
        assert not list((folder / ".versions").glob(".*"))
        registry.rollback(folder, by="小李")
        assert serves(folder) == seen[-1], step
    assert len(seen) > 10 and seen == sorted(seen) and set(seen) == {"0", "1"}


def test_a_later_promotion_killed_at_any_step_loses_no_history(folder: Path) -> None:
    registry.promote(folder, "a", by="小王")
    seen = []
    for _ in crashes(folder, lambda f: registry.promote(f, "b", by="小李", reason="试用")):
        seen.append(serves(folder))
        expected = ["1", "2"] if seen[-1] == "2" else ["1"]
        assert [e.digest[0] for e in registry.history(folder)] == expected
        registry.rollback(folder, by="小张")
        assert serves(folder) == ("1" if seen[-1] == "2" else "0")
        assert [e.digest[0] for e in registry.history(folder)][:-1] == expected
    assert seen == sorted(seen) and set(seen) == {"1", "2"}


def test_a_rollback_killed_at_any_step_can_be_asked_for_again(folder: Path) -> None:
    registry.promote(folder, "a", by="小王")
    registry.promote(folder, "b", by="小王")
    seen = [serves(folder) for _ in crashes(folder, lambda f: registry.rollback(f, by="小李"))]
    assert seen == sorted(seen, reverse=True) and set(seen) == {"1", "2"}


def test_a_training_killed_at_any_step_leaves_the_default_model_whole(
    model: Model, folder: Path
) -> None:
    retrained = replace(model, name="default", digest="3" * 64)
    seen = [serves(folder) for _ in crashes(folder, lambda f: registry.save(retrained, f))]
    assert seen == sorted(seen) and set(seen) == {"0", "3"}


def test_two_people_promoting_at_once_take_turns(folder: Path, model: Model) -> None:
    def insist(who: str, names: tuple[str, str]) -> None:
        for turn in range(10):
            registry.promote(folder, names[turn % 2], by=who)

    for name, digit in (("c", "3"), ("d", "4")):
        registry.save(replace(model, name=name, digest=digit * 64), folder)
    people = (("小王", ("a", "b")), ("小李", ("c", "d")))
    children = [in_child(lambda p=person: insist(*p)) for person in people]  # type: ignore[misc]
    assert [exit_code(child) for child in children] == [0, 0]
    entries = registry.history(folder)
    assert sorted(e.by for e in entries) == ["小李"] * 10 + ["小王"] * 10
    assert all(later.replaced == earlier.version for earlier, later in pairwise(entries))
    assert registry.read_serving(folder) == entries[-1]


@contextmanager
def reading_without_end(folder: Path, read: Action, readers: int = 2) -> Iterator[None]:
    """Let other processes read all the while; one that could not read fails the test."""
    stop = folder.with_name("stop")

    def read_on() -> None:
        while not stop.exists():
            read(folder)

    children = [in_child(read_on) for _ in range(readers)]
    try:
        yield
    finally:
        stop.touch()
        codes = [exit_code(child) for child in children]
    assert codes == [0] * readers


def test_readers_find_a_whole_model_at_every_moment_of_promotions(folder: Path) -> None:
    with reading_without_end(folder, registry.serving_model):
        for turn in range(12):
            registry.promote(folder, "ab"[turn % 2], by="小王")
        registry.rollback(folder, by="小王")


def test_readers_find_a_whole_model_at_every_moment_of_trainings(
    model: Model, folder: Path
) -> None:
    with reading_without_end(folder, lambda f: registry.load(f, "default")):
        for turn in range(12):
            digest = "0123456789abcdef"[turn] * 64
            registry.save(replace(model, name="default", digest=digest), folder)

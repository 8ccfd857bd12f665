"""What people decide is kept, told apart by kind, and never overwritten silently."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from pipeline.errors import InputError
from service.store import Conflict, Decision, Kind, NotFound, Store, open_store
from tests.store_databases import BACKENDS, START, Clock, fresh_store, fresh_url, new

ROOT = Path(__file__).resolve().parents[1]
ANOTHER = Decision(
    category="ecology", department="environment", decided_by="张三", saw_suggestion=True
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=BACKENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with fresh_store(request.param, tmp_path, clock) as store:
        yield store


def test_a_decision_replaces_the_suggestion_but_does_not_erase_it(
    store: Store, clock: Clock
) -> None:
    added, _ = store.add(new())
    clock.move(hours=2)
    decided = store.decide(added.id, ANOTHER, expected_version=1)
    assert decided == store.get(added.id)
    assert (decided.status, decided.version) == ("decided", 2)
    assert (decided.category, decided.department) == ("ecology", "environment")
    assert (decided.suggested_category, decided.suggested_department) == (
        "public_services", "housing",
    )  # fmt: skip
    assert decided.suggestion == added.suggestion
    assert decided.decision is not None
    assert decided.decision.decided_by == "张三"
    assert (decided.decision.decided_at - START).total_seconds() == 7200


KINDS: list[tuple[Kind, dict[str, object], str]] = [
    ("accepted", {}, "says nothing but what was suggested"),
    ("accepted", {"topic": "street_lights"}, "names the suggested topic"),
    ("accepted", {"department_also": ("power",)}, "names the suggested co-department"),
    ("corrected", {"category": "ecology"}, "another category"),
    ("corrected", {"department": "power"}, "another lead"),
    ("corrected", {"department": None}, "nobody is asked"),
    ("corrected", {"topic": "roads"}, "another topic"),
    ("corrected", {"department_also": ()}, "the co-department is struck out"),
    ("independent", {"saw_suggestion": False}, "agrees, but without having seen it"),
    ("independent", {"saw_suggestion": False, "category": "ecology"}, "differs unseen"),
]


@pytest.mark.parametrize(("kind", "changes", "why"), KINDS, ids=[why for *_, why in KINDS])
def test_kinds_are_told_apart(
    store: Store, kind: Kind, changes: dict[str, object], why: str
) -> None:
    as_suggested: dict[str, object] = {
        "category": "public_services",
        "department": "housing",
        "decided_by": "张三",
        "saw_suggestion": True,
    }
    added, _ = store.add(new())
    decision = Decision(**(as_suggested | changes))  # type: ignore[arg-type]
    decided = store.decide(added.id, decision, expected_version=1).decision
    assert decided is not None and decided.kind == kind
    assert (decided.topic, decided.department_also) == (decision.topic, decision.department_also)


def test_the_history_says_who_when_from_and_to(store: Store, clock: Clock) -> None:
    added, _ = store.add(new())
    assert store.history(added.id) == ()
    agreeing = Decision(
        category="public_services", department="housing", decided_by="李四", saw_suggestion=True
    )
    store.decide(added.id, ANOTHER, expected_version=1)
    clock.move(days=1)
    decided = store.decide(added.id, agreeing, expected_version=2)
    first, second = store.history(added.id)
    assert (first.version, first.before, first.after.kind) == (2, None, "corrected")
    assert (second.version, second.before, second.after) == (3, first.after, decided.decision)
    assert (second.after.decided_by, second.after.kind) == ("李四", "accepted")
    assert (second.after.decided_at - first.after.decided_at).days == 1


@pytest.mark.parametrize("stale", [0, 1, 3])
def test_whoever_read_another_version_is_told_who_was_first(store: Store, stale: int) -> None:
    added, _ = store.add(new())
    decided = store.decide(added.id, ANOTHER, expected_version=1)
    late = Decision(category="other", department=None, decided_by="李四", saw_suggestion=True)
    with pytest.raises(Conflict, match="已由张三处理，现在是第 2 版"):
        store.decide(added.id, late, expected_version=stale)
    assert store.get(added.id) == decided
    assert len(store.history(added.id)) == 1


def test_a_version_that_never_was_is_a_conflict(store: Store) -> None:
    added, _ = store.add(new())
    with pytest.raises(Conflict, match="还没有人处理，现在是第 1 版"):
        store.decide(added.id, ANOTHER, expected_version=2)


def test_an_unknown_submission_has_neither_decision_nor_history(store: Store) -> None:
    with pytest.raises(NotFound, match="没有编号为 'nobody'"):
        store.decide("nobody", ANOTHER, expected_version=1)
    with pytest.raises(NotFound, match="没有编号为 'nobody'"):
        store.history("nobody")


def test_a_decision_that_cannot_be_stored_changes_nothing(store: Store) -> None:
    added, _ = store.add(new())
    bad = Decision(category="other", department=None, decided_by="张\0三", saw_suggestion=True)
    with pytest.raises(InputError, match="经办人含有无法保存的字符"):
        store.decide(added.id, bad, expected_version=1)
    assert store.get(added.id) == added


def test_of_clerks_at_once_exactly_one_wins(store: Store) -> None:
    n = 8
    start = Barrier(n)

    def decide(clerk: int, id: str) -> bool:
        decision = Decision(
            category="other", department=None, decided_by=f"{clerk}", saw_suggestion=True
        )
        start.wait()
        try:
            store.decide(id, decision, expected_version=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(n) as pool:
        for _ in range(5):
            added, _ = store.add(new())
            won = list(pool.map(decide, range(n), [added.id] * n))
            assert sum(won) == 1
            decided = store.get(added.id).decision
            assert decided is not None and decided.decided_by == str(won.index(True))
            assert len(store.history(added.id)) == 1


CLERK = """
import sys
from service.store import Conflict, Decision, open_store
url, clerk, *ids = sys.argv[1:]
decision = Decision(category="other", department=None, decided_by=clerk, saw_suggestion=True)
with open_store(url) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for id in ids:
        try:
            store.decide(id, decision, expected_version=1)
            print(id)
        except Conflict:
            pass
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_processes_at_once_exactly_one_wins(backend: str, tmp_path: Path) -> None:
    with fresh_url(backend, tmp_path) as url, open_store(url) as store:
        ids = [store.add(new())[0].id for _ in range(40)]
        clerks = [
            subprocess.Popen(
                [sys.executable, "-c", CLERK, url, name, *ids],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for name in ("甲", "乙")
        ]  # fmt: skip
        for clerk in clerks:
            assert clerk.stdout is not None and clerk.stdout.readline() == "ready\n"
        for clerk in clerks:
            assert clerk.stdin is not None
            clerk.stdin.write("\n")
            clerk.stdin.flush()
        won = [clerk.communicate()[0].split() for clerk in clerks]
        assert [clerk.returncode for clerk in clerks] == [0, 0]
        assert sorted(won[0] + won[1]) == ids
        for name, own in zip("甲乙", won, strict=True):
            for id in own:
                (change,) = store.history(id)
                assert change.after.decided_by == name

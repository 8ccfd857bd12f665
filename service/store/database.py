"""Connections to SQLite and PostgreSQL that behave alike.

An acknowledged write survives `kill -9` and a power cut: SQLite runs in WAL mode with
`synchronous=FULL` (a commit waits for the disk), PostgreSQL does so of itself. Errors never
quote the values of a statement, for those are citizens' words.
"""

import json
import os
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.home import home
from service.store.errors import Unavailable

_BUSY_SECONDS = 15.0
# As many as the threads a service answers in (starlette has 40), so that none waits.
_POOL = {"pool_size": 10, "max_overflow": 30, "pool_timeout": _BUSY_SECONDS}


def default_url() -> str:
    """Return `WUWEI_DATABASE_URL`, else that of the SQLite file in the home."""
    return os.environ.get("WUWEI_DATABASE_URL") or f"sqlite:///{home() / 'service.sqlite3'}"


def connect(url: str) -> Engine:
    """Return an engine for SQLite or PostgreSQL, making the SQLite file where it is missing.

    Raises:
        Unavailable: the URL is none, names another database, or the file cannot be made.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _connect_sqlite(parsed)
    engine = create_engine(parsed, pool_pre_ping=True, **_shared(), **_POOL)
    event.listen(engine, "handle_error", _hide_detail)
    return engine


def writing(engine: Engine) -> Engine:
    """Return the same engine for transactions that write.

    SQLite then takes the write lock at once and waits for it in turn. A transaction that
    reads first and asks for the lock later is refused without waiting.
    """
    return engine.execution_options(writes=True)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except ArgumentError:
        raise _unusable() from None
    if backend == "postgres":
        backend = "postgresql"
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed
    raise _unusable()


def _unusable() -> Unavailable:
    """Say what the address should be. The one given may hold a password and is not quoted."""
    return Unavailable(
        "数据库地址不可用。请把 WUWEI_DATABASE_URL 写成 postgresql://用户:密码@主机/库名 "
        "或 sqlite:////路径/文件.sqlite3。",
        "The database URL is not of the form postgresql://… or sqlite:////path.",
    )


def _shared() -> dict[str, Any]:
    # Chinese as it is, not as \u escapes: half the size.
    compact = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    return {"json_serializer": compact, "hide_parameters": True}


def _connect_sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    _make_file(path)
    _use_wal(path)
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_SECONDS},
        **_shared(),
        **_POOL,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_file(path: Path) -> None:
    """Make the file readable to its owner only; SQLite gives its companions the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise Unavailable(
            f"无法建立数据库文件 {path}：{error.strerror}。请检查路径和权限。",
            f"Cannot make the database file {path}: {error.strerror}.",
        ) from error


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None  # `_begin` says BEGIN; the driver must not
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(path: Path) -> None:
    """Switch the file to WAL, once and for good.

    SQLite does not wait here as it does elsewhere, so two processes that start at once
    would trip over each other.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise _broken(path, error) from error
            time.sleep(0.05)


def _hide_detail(context: ExceptionContext) -> None:
    """Cut an error of PostgreSQL down to its first line: the rest quotes the whole row."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(original, psycopg.Error) and original.diag.message_primary:
        original.args = (original.diag.message_primary,)
        if wrapped is not None:
            wrapped.args = (f"({type(original).__name__}) {original.diag.message_primary}",)


def unavailable(error: SQLAlchemyError) -> Unavailable:
    """Say that the database did not answer. The driver's own words go to the cause only."""
    return Unavailable(
        "数据库暂时不可用（连不上、正忙或磁盘已满）。请稍后重试；仍不行请联系管理员。",
        f"The database is not available ({type(error).__name__}).",
    )


def _broken(path: Path, error: sqlite3.Error) -> Unavailable:
    return Unavailable(
        f"无法打开数据库文件 {path}：{error}。请确认它是本程序的数据库。",
        f"Cannot open {path}: {error}.",
    )

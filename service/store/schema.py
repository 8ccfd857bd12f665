"""Bringing a database to the tables this version of the program works with."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from service.store.database import writing
from service.store.errors import Unavailable

_INI = Path(__file__).parent / "alembic.ini"
_LOCK = 0x5775776569  # "Wuwei": any number that no other program on the server locks


def bring_up_to_date(engine: Engine) -> None:
    """Run the migrations that are missing, all or none.

    One process at a time: SQLite's write lock, or an advisory lock in PostgreSQL, keeps a
    second one waiting, which then finds nothing left to do.

    Raises:
        Unavailable: the database was written by a newer version of the program.
    """
    with writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        try:
            command.upgrade(migration_config(connection), "head")
        except CommandError as error:
            raise Unavailable(
                "数据库由更新版本的程序建立，本版本不认识。请升级程序，或恢复升级前的备份。",
                f"The database does not fit this version of the program: {error}.",
            ) from error


def migration_config(connection: Connection) -> Config:
    """Return Alembic's configuration, set to work in a transaction that is open already."""
    config = Config(_INI)
    config.attributes["connection"] = connection
    return config

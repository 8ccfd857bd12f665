"""Column types that mean the same in SQLite and in PostgreSQL."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String
from sqlalchemy.types import TypeDecorator

from pipeline.errors import InputError

# Compared by code point. A PostgreSQL database made in a Chinese locale would sort by pinyin,
# and a range of ids or of places would then not be what the same range is in SQLite.
Code = String().with_variant(String(collation="C"), "postgresql")

# A key that counts up. SQLite counts by itself only in a column declared INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC. SQLite has no time zones and stores the bare time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse times that do not say where they are, and turn the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; pass an aware time")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware time in UTC, whatever the session's time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def check_text(name: str, value: str) -> str:
    """Refuse what PostgreSQL cannot hold, in SQLite too: what is kept must be movable.

    >>> check_text("来源", "热线")
    '热线'

    Raises:
        InputError: it contains NUL or half of a surrogate pair.
    """
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(
            f"{name}含有无法保存的字符（NUL 或残缺的代理对）。请去掉后重试。",
            f"{name} contains NUL or a lone surrogate, which cannot be stored.",
        )
    return value

"""Migrations: they lead where the tables are, from empty, under a lock, and back."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from service.store import Unavailable, open_store
from service.store.database import connect, writing
from service.store.schema import bring_up_to_date, migration_config
from tests.store_databases import BACKENDS, fresh_url, new

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = connect(url)
    yield engine
    engine.dispose()


def test_the_steps_lead_to_the_tables_of_the_code(engine: Engine) -> None:
    bring_up_to_date(engine)
    with writing(engine).begin() as connection:
        command.check(migration_config(connection))


def test_codes_are_compared_by_code_point_whatever_the_locale(tmp_path: Path) -> None:
    """As SQLite does. A locale that skips punctuation would put 甲县/乙镇 among 甲县乙镇."""
    with fresh_url("postgresql", tmp_path) as url:
        open_store(url).close()
        engine = connect(url)
        with engine.connect() as connection:
            query = text(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = 'submissions' AND collation_name = 'C'"
            )
            columns = set(connection.execute(query).scalars())
        engine.dispose()
    assert {"id", "month", "county", "place", "category", "department"} <= columns


def test_a_table_that_drifts_is_found(engine: Engine) -> None:
    bring_up_to_date(engine)
    with writing(engine).begin() as connection:
        connection.execute(text("ALTER TABLE reads ADD COLUMN stray INTEGER"))
    with (
        writing(engine).begin() as connection,
        pytest.raises(Exception, match=r"New upgrade operations detected.*stray"),
    ):
        command.check(migration_config(connection))


def test_the_steps_can_be_taken_back(engine: Engine) -> None:
    bring_up_to_date(engine)
    with writing(engine).begin() as connection:
        command.downgrade(migration_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    bring_up_to_date(engine)
    assert "submissions" in inspect(engine).get_table_names()


def test_a_database_that_is_up_to_date_is_left_alone(url: str) -> None:
    with open_store(url) as store:
        added, _ = store.add(new())
    with open_store(url) as store:
        assert [s.id for s in store.export()] == [added.id]


def test_a_database_of_a_newer_program_is_refused(engine: Engine, url: str) -> None:
    bring_up_to_date(engine)
    with writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="数据库由更新版本的程序建立"):
        open_store(url)


OPENER = """
import sys
from service.store import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""


def test_processes_that_start_at_once_do_not_trip_over_each_other(url: str) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, url],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for opener in openers:
        assert opener.stdout is not None and opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    errors = [opener.communicate()[1] for opener in openers]
    assert errors == [""] * 4 and [opener.returncode for opener in openers] == [0] * 4
    with open_store(url) as store:
        assert store.add(new())[1]

"""Alembic's entry. It works in the connection handed to it, else opens the default database."""

from alembic import context
from sqlalchemy import Connection

from service.store.database import connect, default_url, writing
from service.store.rows import Base


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for, in the transaction that is open."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,  # SQLite is able to, since `database` says BEGIN itself
        render_as_batch=True,  # SQLite alters a column by copying the table
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Find a connection and migrate."""
    if given := context.config.attributes.get("connection"):
        migrate(given)
        return
    engine = connect(default_url())
    with writing(engine).begin() as connection:
        migrate(connection)
    engine.dispose()


# Alembic executes this file under this name. Whatever else imports it (pytest, looking for
# doctests) must not set a migration going.
if __name__ == "env_py":
    main()

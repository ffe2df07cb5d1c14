"""How the tables came to be: one revision after the other, each applied exactly once (Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from oais.database.migrations.whole_rows import drop_whole_rows, keep_rows_twice
from oais.errors import ConfigurationError

FOLDER: Final = Path(__file__).resolve().parent

NEWEST: Final = "whole_rows"
"""The revision that makes what ``METADATA`` says."""

_APPLIED: Final = Table("alembic_version", MetaData(), Column("version_num", Text))


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision; raises ConfigurationError for a database of the future."""
    if applied(connection) != NEWEST:
        upgrade(connection, NEWEST)


def applied(connection: Connection) -> str | None:
    """Return the revision that the tables have now; None of an empty database."""
    if not inspect(connection).has_table(_APPLIED.name):
        return None
    return connection.execute(select(_APPLIED.c.version_num)).scalar()


def upgrade(connection: Connection, revision: str) -> None:
    """Apply what is missing up to a revision; raises ConfigurationError for a revision nobody knows."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    drop_whole_rows(connection)
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise ConfigurationError(
            f"the database was made by another version of the archive: {error}",
            remedy="use the newest version of the software with this database",
        ) from error
    keep_rows_twice(connection)

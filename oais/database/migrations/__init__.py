"""How the tables came to be: made as the code knows them, then one revision after the other (Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

from oais.database.migrations.whole_rows import drop_whole_rows, keep_rows_twice
from oais.database.schema import METADATA
from oais.errors import ConfigurationError

FOLDER: Final = Path(__file__).resolve().parent

NEWEST: Final = "whole_rows"
"""The revision that makes what ``METADATA`` says."""

_APPLIED: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision; raises ConfigurationError for a database of the future.

    Those of a new database are made at once: Alembic would take 10 MB of every site from then on.
    """
    if not inspect(connection).has_table(_APPLIED.name):
        _make(connection)
    elif connection.execute(select(_APPLIED.c.version_num)).scalar() != NEWEST:
        upgrade(connection, NEWEST)


def _make(connection: Connection) -> None:
    """Make all tables; one of them that is there already, without its revision, is a fault."""
    METADATA.create_all(connection, checkfirst=False)
    _APPLIED.create(connection)
    connection.execute(insert(_APPLIED), {"version_num": NEWEST})
    keep_rows_twice(connection)


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

"""Each row of a SQLite database a second time, in an index of all its columns, and a sum of its tables.

SQLite's own check compares every index with its table, so a letter that became another one in a name is
found; how the tables are made is compared with the sum, which stands in the head of the file. PostgreSQL has
checksums of its own for both. Indexes and sum are made after each upgrade; the revision of this name changes
nothing, and lets databases be upgraded that have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, inspect

from oais.table_sums import SUM, TABLES, sum_of_tables

_WHOLE: Final = "whole_"
"""How the names of these indexes begin."""


def keep_rows_twice(connection: Connection) -> None:
    """Make indexes and sum anew, of what the tables are now; nothing in PostgreSQL."""
    if connection.dialect.name != "sqlite":
        return
    drop_whole_rows(connection)
    for table in sorted(inspect(connection).get_table_names()):
        columns = ", ".join(f'"{column["name"]}"' for column in inspect(connection).get_columns(table))
        connection.exec_driver_sql(f'CREATE INDEX "{_WHOLE}{table}" ON "{table}" ({columns})')
    made = connection.exec_driver_sql(TABLES).all()
    connection.exec_driver_sql(f"{SUM} = {sum_of_tables(made)}")


def drop_whole_rows(connection: Connection) -> None:
    """Take the indexes away, which would keep a revision from changing the columns of a table."""
    if connection.dialect.name == "sqlite":
        for name in list(_whole_rows(connection)):
            connection.exec_driver_sql(f'DROP INDEX "{name}"')


def _whole_rows(connection: Connection) -> Iterator[str]:
    for table in inspect(connection).get_table_names():
        for index in inspect(connection).get_indexes(table):
            if (name := index["name"] or "").startswith(_WHOLE):
                yield name


def declared(_thing: object, name: str | None, kind: str, *_others: Any) -> bool:
    """Return whether something in a database is one that ``METADATA`` declares, as Alembic asks it."""
    return not (kind == "index" and (name or "").startswith(_WHOLE))

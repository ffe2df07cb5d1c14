"""What SQLite itself finds wrong with a database, whoever uses it meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from oais.information.text import printable
from oais.table_sums import SUM, TABLES, sum_of_tables

_SECONDS: Final = 30.0
"""How long one process waits for another that writes."""

_NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


class UncheckedError(Exception):
    """The database could not be asked: nothing is known of its bytes."""


def fault_of(path: Path) -> str:
    """Return what SQLite's own check finds wrong with a database; nothing of a sound one, in use or not.

    It finds damage to how the file is built, and values that contradict an index or a constraint: in a table
    whose rows stand whole in an index any changed letter, in others not. Raises UncheckedError.
    """
    return _checked(path, _told)


def fault_of_people(path: Path) -> str:
    """Return the same of the database of people and orders, whose tables are as their sum says too."""
    return _checked(path, lambda database: _told(database) or _told_of_tables(database))


def _checked(path: Path, told: Callable[[sqlite3.Connection], str]) -> str:
    try:
        return _asked(path, "mode=rw", told)
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", None)
        log = path.with_name(f"{path.name}-wal")
        if code is None or code & 0xFF not in _NOT_WRITABLE or (log.exists() and log.stat().st_size):
            raise UncheckedError(str(error)) from error
    try:  # on a disk that takes no writing, where nobody changes the file either
        return _asked(path, "immutable=1", told)
    except sqlite3.OperationalError as error:
        raise UncheckedError(str(error)) from error


def _asked(path: Path, how: str, told: Callable[[sqlite3.Connection], str]) -> str:
    try:
        address = f"{path.absolute().as_uri()}?{how}"
        with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS)) as database:
            database.text_factory = _readable  # the names in its answer may be damaged too
            return told(database)
    except sqlite3.OperationalError:
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged name makes no sound message
        return printable(str(error))


def _told(database: sqlite3.Connection) -> str:
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if found == "ok" else printable(str(found))


def _told_of_tables(database: sqlite3.Connection) -> str:
    (written,) = database.execute(SUM).fetchone()
    found = sum_of_tables(database.execute(TABLES).fetchall())
    return "" if written in {0, found} else f"its tables have the sum {found}, written is {written}"


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "replace")

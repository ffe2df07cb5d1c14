"""What SQLite itself finds wrong with a database, whoever uses it meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_SECONDS: Final = 30.0
"""How long one process waits for another that writes."""

_NOT_WRITABLE: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})


class UncheckedError(Exception):
    """The database could not be asked: nothing is known of its bytes."""


def fault_of(path: Path) -> str:
    """Return what SQLite's own check finds wrong with a database; nothing of a sound one, in use or not.

    It finds damage to how the file is built, and values that contradict an index or a constraint; a letter
    that became another one inside a value it cannot tell. Raises UncheckedError.
    """
    try:
        return _told(path, "mode=rw")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", None)
        log = path.with_name(f"{path.name}-wal")
        if code is None or code & 0xFF not in _NOT_WRITABLE or (log.exists() and log.stat().st_size):
            raise UncheckedError(str(error)) from error
    try:  # on a disk that takes no writing, where nobody changes the file either
        return _told(path, "immutable=1")
    except sqlite3.OperationalError as error:
        raise UncheckedError(str(error)) from error


def _told(path: Path, how: str) -> str:
    try:
        address = f"{path.absolute().as_uri()}?{how}"
        with closing(sqlite3.connect(address, uri=True, timeout=_SECONDS)) as database:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found == "ok" else str(found)

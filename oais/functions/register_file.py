"""The file of a register: notes made from what is kept elsewhere, and made again when they are lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SECONDS: Final = 30.0
"""How long one process waits for another that writes."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A kind of register: the number of its form and the statements that make it."""

    version: int
    schema: tuple[str, ...]

    def opened(self, path: Path) -> sqlite3.Connection:
        """Open a register, a new one in place of one that is damaged or of another release.

        Raises sqlite3.OperationalError when the disk refuses or another process holds it: it may be whole.
        """
        database = sqlite3.connect(path, timeout=_SECONDS)
        try:
            self._furnish(database)
        except sqlite3.OperationalError:
            database.close()
            raise
        except sqlite3.DatabaseError:
            database.close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink(missing_ok=True)
            database = sqlite3.connect(path, timeout=_SECONDS)
            self._furnish(database)
        return database

    def opened_to_read(self, path: Path) -> sqlite3.Connection:
        """Open a register and leave it as it is; an empty one where there is none, or none of this release.

        Raises sqlite3.OperationalError as ``opened`` does.
        """
        if path.exists():
            # Not "mode=ro": who closes last takes away what SQLite laid beside it, where he may write there.
            database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_SECONDS)
            try:
                database.execute("PRAGMA query_only = ON")
                if self._is_whole(database):
                    return database
            except sqlite3.OperationalError:
                database.close()
                raise
            except sqlite3.DatabaseError:
                pass  # who writes next makes it anew
            database.close()
        return self.opened(Path(":memory:"))

    def _is_whole(self, database: sqlite3.Connection) -> bool:
        """Tell whether it has this form; raises sqlite3.DatabaseError for a table that cannot be read."""
        for name in _tables(database):
            database.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()  # noqa: S608 - its own tables
        return bool(database.execute("PRAGMA user_version").fetchone()[0] == self.version)

    def _furnish(self, database: sqlite3.Connection) -> None:
        if self._is_whole(database):
            return
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        with database:
            if self._is_whole(database):
                return  # another process was quicker
            for name in _tables(database):
                database.execute(f'DROP TABLE "{name}"')
            for statement in (*self.schema, f"PRAGMA user_version = {self.version}"):
                database.execute(statement)


def _tables(database: sqlite3.Connection) -> list[str]:
    with closing(database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")) as found:
        return [name for (name,) in found]

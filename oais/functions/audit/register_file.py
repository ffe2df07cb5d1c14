"""The file that a register of audits is kept in: its tables, and what becomes of one that is damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE aip (
    place BLOB PRIMARY KEY, name TEXT NOT NULL, inode INTEGER NOT NULL, head INTEGER NOT NULL DEFAULT 0,
    files INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    light_at TEXT NOT NULL, fast_at TEXT NOT NULL, full_at TEXT NOT NULL,
    stamp TEXT NOT NULL DEFAULT '', trouble TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '',
    earlier INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0, seen INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX aip_on_disk ON aip (inode, place);
CREATE INDEX aip_by_name ON aip (name);
CREATE TABLE run (
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0, aips INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0, damaged INTEGER NOT NULL DEFAULT 0
);
"""


def opened(path: Path) -> sqlite3.Connection:
    """Open a register, a new one in place of one that is damaged or of another release."""
    database = sqlite3.connect(path, timeout=30)
    try:
        if database.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            _make(database)
        database.execute("SELECT * FROM aip, run LIMIT 1").fetchall()
    except sqlite3.OperationalError:
        database.close()
        raise  # the disk refuses, or another process holds it: it may be whole
    except sqlite3.DatabaseError:
        database.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        database = sqlite3.connect(path, timeout=30)
        _make(database)
    return database


def _make(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA journal_mode = WAL")
    with database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            database.execute(f'DROP TABLE "{name}"')
        database.executescript(_SCHEMA)
        database.execute(f"PRAGMA user_version = {_VERSION}")

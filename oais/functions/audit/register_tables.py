"""The tables that the register of audits is kept in."""

from __future__ import annotations

from typing import Final

from oais.functions.register_file import RegisterFile

AUDITS: Final = RegisterFile(
    version=1,
    schema=(
        """
        CREATE TABLE aip (
            place BLOB PRIMARY KEY, name TEXT NOT NULL,
            inode INTEGER NOT NULL, head INTEGER NOT NULL DEFAULT 0,
            files INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
            light_at TEXT NOT NULL, fast_at TEXT NOT NULL, full_at TEXT NOT NULL,
            stamp TEXT NOT NULL DEFAULT '', trouble TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '',
            earlier INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,
            seen INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID
        """,
        "CREATE INDEX aip_on_disk ON aip (inode, place)",
        "CREATE INDEX aip_by_name ON aip (name)",
        """
        CREATE TABLE run (
            id INTEGER PRIMARY KEY, scope TEXT NOT NULL,
            started_at TEXT NOT NULL, ended_at TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0,
            aips INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0, damaged INTEGER NOT NULL DEFAULT 0
        )
        """,
    ),
)

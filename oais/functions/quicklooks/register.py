"""The register of quick-looks: which versions the worker has still to draw, and what could not be drawn.

It is made from the ledger, and again from its beginning when it is lost; the answers lie beside it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.archive import Home
from oais.errors import StorageError
from oais.files import make_directories
from oais.functions.quicklooks.answers import LOOKS
from oais.functions.register_file import RegisterFile
from oais.ledger.opened import STATEMENTS, lines_from

_LOOKS: Final = RegisterFile(
    version=1,
    schema=(
        """
        CREATE TABLE version (
            reference TEXT PRIMARY KEY, entry INTEGER NOT NULL, at TEXT NOT NULL,
            next INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID
        """,
        "CREATE INDEX version_waiting ON version (entry) WHERE done = 0",
        """
        CREATE TABLE fault (
            reference TEXT NOT NULL, path TEXT NOT NULL, entry INTEGER NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (reference, path)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE ledger (place INTEGER NOT NULL)",
        "INSERT INTO ledger VALUES (0)",
    ),
)
_FAULTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that is to be drawn: its reference, when the ledger took it, the product to go on with."""

    reference: str
    entry: int
    at: str
    next: int


@dataclass(frozen=True, slots=True)
class NotDrawn:
    """A product that has a format which is drawn, and could not be."""

    reference: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class LooksState:
    """How many versions are drawn and wait to be, how many products could not be, and the newest of those."""

    drawn: int = 0
    waiting: int = 0
    not_drawn: int = 0
    faults: tuple[NotDrawn, ...] = ()


def register_path(home: Home) -> Path:
    """Return the file of the register; it is there from the first round of a worker on."""
    return home.home / LOOKS / "register.sqlite"


class Register:
    """The register, opened; close it when done. Its methods raise StorageError."""

    def __init__(self, home: Home) -> None:
        path = register_path(home)
        try:
            make_directories(path.parent)
            self._database = _LOOKS.opened(path)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"the register of quick-looks cannot be kept: {error}",
                remedy="look at the disk of the archive",
            ) from error
        self._ledger = home.home / "ledger"

    def close(self) -> None:
        """Keep what was noted."""
        self._database.commit()
        self._database.close()

    def look_for_new(self) -> int:
        """Note the versions that the ledger told of since; return up to which byte it was looked through."""
        (place,) = self._database.execute("SELECT place FROM ledger").fetchone()
        if place > _length(self._ledger):
            place = 0  # it was restored from a copy, or a line gave way after a crash
        for end, line in lines_from(self._ledger, place):
            place = end
            if line is not None and line.statement.kind == "aip-version":
                self._database.execute(
                    "INSERT INTO version (reference, entry, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (line.statement.subject, line.index, line.statement.at),
                )
        self._database.execute("UPDATE ledger SET place = ?", (place,))
        self._database.commit()
        return int(place)

    def newest_waiting(self) -> Waiting | None:
        """Return the version that comes next."""
        row = self._database.execute(
            "SELECT reference, entry, at, next FROM version WHERE done = 0 ORDER BY entry DESC LIMIT 1"
        ).fetchone()
        return None if row is None else Waiting(*row)

    def came_to(self, version: Waiting, number: int) -> None:
        """Note the product that a version goes on with in the next round."""
        self._database.execute("UPDATE version SET next = ? WHERE reference = ?", (number, version.reference))
        self._database.commit()

    def done(self, version: Waiting) -> None:
        """Note that a version was gone through."""
        self._database.execute("UPDATE version SET done = 1 WHERE reference = ?", (version.reference,))
        self._database.commit()

    def could_not(self, version: Waiting, path: str, reason: str) -> None:
        """Note a product that could not be drawn."""
        self._database.execute(
            "INSERT OR REPLACE INTO fault VALUES (?, ?, ?, ?)",
            (version.reference, path, version.entry, reason),
        )

    def forget(self, version: Waiting) -> None:
        """Forget a version that is not there any more."""
        for table in ("version", "fault"):
            self._database.execute(f"DELETE FROM {table} WHERE reference = ?", (version.reference,))  # noqa: S608
        self._database.commit()


def ledger_length(home: Home) -> int:
    """Return how many bytes the ledger's lines have: where it is the same, nothing was stored since."""
    return _length(home.home / "ledger")


def looks_state(home: Home) -> LooksState:
    """Return how far the worker is; nothing where there is no register, or it cannot be read now."""
    with suppress(sqlite3.Error), closing(_LOOKS.opened_to_read(register_path(home))) as database:
        return _state(database)
    return LooksState()


def _state(database: sqlite3.Connection) -> LooksState:
    drawn, waiting = database.execute(
        "SELECT coalesce(sum(done), 0), coalesce(sum(1 - done), 0) FROM version"
    ).fetchone()
    (not_drawn,) = database.execute("SELECT count(*) FROM fault").fetchone()
    faults = database.execute(
        "SELECT reference, path, reason FROM fault ORDER BY entry DESC, path LIMIT ?", (_FAULTS_SHOWN,)
    ).fetchall()
    return LooksState(drawn, waiting, not_drawn, tuple(NotDrawn(*row) for row in faults))


def _length(ledger: Path) -> int:
    try:
        return os.stat(ledger / STATEMENTS).st_size
    except FileNotFoundError:
        return 0

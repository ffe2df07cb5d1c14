"""The database behind the functions: SQLite for one machine, PostgreSQL for many; one writer at a time.

Both give the same promises: who reads has one snapshot, who writes is alone until all is committed, and
what is committed has reached the disk.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DisconnectionError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from oais.confirming import heed_database
from oais.database.migrations import migrate
from oais.errors import ConfigurationError, NotFoundError, StorageError, UnreachableError

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql+psycopg"

_BUSY_SECONDS: Final = 30
_ANSWER_SECONDS: Final = 10
_CONNECTIONS: Final = 50
_ONE_WRITER: Final = 0x6F616973
"""The number of the lock that writers of a PostgreSQL database take in turn ("oais")."""

_GONE: Final = (sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, "23503")
"""What SQLite and PostgreSQL say of a reference to a row that is not there."""

_PRAGMAS: Final = (
    *("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"),
    "PRAGMA secure_delete=ON",  # what is erased of people must not rest in free pages
)


class Database:
    """The database of one archive, opened and of the current schema."""

    def __init__(self, engine: Engine, home: Path | None = None) -> None:
        one_snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        alone = {"isolation_level": "READ COMMITTED"}
        if engine.dialect.name == SQLITE:
            one_snapshot, alone = {"oais_begin": "BEGIN"}, {"oais_begin": "BEGIN IMMEDIATE"}
        self._reading = engine.execution_options(**one_snapshot)
        self._writing = engine.execution_options(**alone)
        self._home = home

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot; raises StorageError."""
        with self._storage_errors(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give the only connection that writes; all its changes come to be at the end, or none.

        Raises StorageError when the database cannot be used, and NotFoundError where what a new row belongs
        to was removed since it was looked up.
        """
        with self._storage_errors(), self._writing.begin() as connection:
            if connection.dialect.name != SQLITE:
                connection.execute(select(func.pg_advisory_xact_lock(_ONE_WRITER)))
            yield connection

    def drop_traces(self) -> None:
        """Empty the log of SQLite, in which deleted rows stand until others are written over them.

        Whoever reads is waited for. A server overwrites by itself (VACUUM). Raises StorageError.
        """
        if self._writing.dialect.name == SQLITE:
            with self._storage_errors(), closing(self._writing.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of all connections."""
        self._writing.dispose()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        """Turn what the database raises into one clear fault, without the statement and its values.

        A write of SQLite that the disk did not confirm closes the archive, as any other does.
        """
        try:
            yield
        except SQLAlchemyError as error:
            cause, url = getattr(error, "orig", None), self._writing.url
            if _lacks_its_owner(cause):
                raise NotFoundError(
                    "what this belongs to was removed meanwhile",
                    remedy="nothing was kept; load the page again",
                ) from error
            if url.drivername == SQLITE:
                heed_database(self._home, Path(url.database or ""), cause)
            told = str(cause or type(error).__name__).strip()
            reason = told.splitlines()[0]  # further lines may hold values of a row
            raise StorageError(
                f"the database cannot be used: {reason}",
                remedy="nothing half done was kept; see that its disk has space and its server runs",
            ) from error


def _lacks_its_owner(cause: object) -> bool:
    """Tell whether a row was refused as the row that it refers to, such as an account, is gone."""
    code = getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None)
    return code in _GONE


def open_database(address: str, home: Path | None = None) -> Database:
    """Open the database of an address, making or migrating its tables; ``home`` is that of its archive.

    ``address`` is ``sqlite:///PATH`` or ``postgresql+psycopg://USER@HOST/NAME``. Raises
    ConfigurationError for an address that cannot be used and for a schema of a newer version, of which
    UnreachableError where nothing answers.
    """
    url = _understood(address)
    try:
        engine = _sqlite(url) if url.drivername == SQLITE else _server(url)
        database = Database(engine, home)
        with database.writing() as connection:
            migrate(connection)
    except (OSError, StorageError, UnicodeDecodeError) as error:  # the last: damaged names of tables
        raise UnreachableError(
            f"the database {url.render_as_string(hide_password=True)} cannot be opened: {error}",
            remedy="see that it is there, that its server runs, and that 'database' in oais.yaml names it",
        ) from error
    return database


def _understood(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, NoSuchModuleError, ValueError):
        url = None
    if url is None or url.drivername not in {SQLITE, POSTGRESQL} or not url.database:
        raise ConfigurationError(
            "the setting 'database' is not an address that the archive understands; expected "
            f"{SQLITE}:///PATH or {POSTGRESQL}://USER@HOST/NAME",
            remedy="mend 'database' in oais.yaml, or leave it out to use HOME/oais.sqlite",
        )
    return url


def _sqlite(url: URL) -> Engine:
    """Return the engine of a file that only its owner may read: it holds addresses and hashes."""
    assert url.database is not None
    os.close(os.open(Path(url.database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS}, pool_size=_CONNECTIONS)
    file = _File(Path(url.database))
    event.listen(engine, "do_connect", file.require_there)
    event.listen(engine, "connect", file.remember)
    event.listen(engine, "checkout", file.require_same)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _server(url: URL) -> Engine:
    """Return the engine of a server, which has to answer soon: somebody waits."""
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": _ANSWER_SECONDS}
    return create_engine(url, connect_args=patience, pool_size=_CONNECTIONS)


class _File:
    """The file of a SQLite database: connections are to the one that has its name now, and to no other.

    What is written to one that was removed, or replaced by a backup of it, would be lost with it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def require_there(self, *_settings: object) -> None:
        """Raise for a file that is gone: SQLite itself would make an empty one in its place."""
        if not self._path.exists():
            raise sqlite3.OperationalError(f"{self._path.name} is gone")

    def remember(self, _connection: object, record: ConnectionPoolEntry) -> None:
        """Note which file a new connection is to."""
        record.info["file"] = self._trace()

    def require_same(self, _connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Raise for a connection to another file, so that a new one is made."""
        if record.info["file"] != self._trace():
            raise DisconnectionError(f"{self._path.name} was replaced")

    def _trace(self) -> tuple[int, int]:
        """Return what tells a file from another of the same name; nothing of one that is gone."""
        try:
            found = self._path.stat()
        except OSError:
            return 0, 0
        return found.st_dev, found.st_ino


def _prepare(connection: Any, _record: object) -> None:
    """Set a new connection up; the driver's own guesses where a transaction begins are turned off."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options()["oais_begin"])

"""All that only SQLite knows: how its file is opened, its R*Tree of directions, its aggregated numbers.

On PostgreSQL the same functions would stand on its own means (q3c, ``string_agg``); nothing else of
``search_index`` would change.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from oais.confirming import heed_database
from oais.errors import StorageError
from search_index.query import Cone
from search_index.sky import Floats, box

FILE_NAME: Final = "catalogue.sqlite"

_BUSY_SECONDS: Final = 60

_SIZES: Final = ("PRAGMA cache_size=-16000", "PRAGMA temp_store=MEMORY")

_SKY: Final = """
CREATE VIRTUAL TABLE sky USING rtree(
    no, x0, x1, y0, y1, z0, z1, +x, +y, +z, +aip_no, +span_min, +span_max)
"""

_POINT: Final = """
INSERT INTO sky VALUES (:no, :x, :x, :y, :y, :z, :z, :x, :y, :z, :aip_no, :span_min, :span_max)
"""

_IN_BOX: Final = """
SELECT aip_no, x, y, z, span_min, span_max FROM sky
WHERE x1 >= :xa AND x0 <= :xb AND y1 >= :ya AND y0 <= :yb AND z1 >= :za AND z0 <= :zb
LIMIT :most
"""

_DIRECTIONS: Final = "SELECT aip_no, x, y, z, span_min, span_max FROM products WHERE x IS NOT NULL"
"""All of them, which the table itself tells in half the time of the R*Tree."""

MOST_NEAR: Final = 5_000
"""Products around a cone that are read one by one; of more all that have a direction are held in memory."""

_AT_ONCE: Final = 20_000


def open_engine(path: Path, *, lasting: bool = True) -> Engine:
    """Return the engine of a catalogue file, which is made if it is missing.

    A file that is being built anew need not outlive a crash: without ``lasting`` nothing waits for the
    disk, and the caller syncs the whole before it is put in place. Where nothing may be written the file
    is opened for reading alone, which leaves no trace beside it.
    """
    if not os.access(path.parent, os.W_OK) and path.exists():
        return _reading_engine(path)
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _BUSY_SECONDS})
    journal = "PRAGMA journal_mode=WAL" if lasting else "PRAGMA journal_mode=OFF"
    # NORMAL may lose the newest commits in a power cut, never the file; `index check` finds them.
    syncing = "PRAGMA synchronous=NORMAL" if lasting else "PRAGMA synchronous=OFF"

    def prepare(connection: Any, _record: Any) -> None:
        for pragma in (journal, syncing, *_SIZES):
            connection.execute(pragma)

    event.listen(engine, "connect", prepare)
    return engine


def _reading_engine(path: Path) -> Engine:
    """Return the engine of a file in a folder that takes no lock and no log of writes beside it.

    Such a file is taken as unchanging, unless a log lies beside it whose commits are to be seen too.
    No connection is kept: should somebody else write to it after all, the next question sees that.
    """

    def connect() -> sqlite3.Connection:
        connection = reading_connection(path)
        for pragma in _SIZES:
            connection.execute(pragma)
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=NullPool)


def reading_connection(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, also where no lock and no log may lie beside the file."""
    log = path.with_name(f"{path.name}-wal")
    unchanging = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if unchanging else ''}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)


def create_sky(connection: Connection) -> None:
    """Make the table of directions; its boxes are 32-bit and rounded outwards, the rest is exact."""
    connection.execute(text(_SKY))


def add_directions(connection: Connection, products: Sequence[dict[str, Any]]) -> None:
    """Enter the products that have a direction."""
    placed = [product for product in products if product["x"] is not None]
    if placed:
        names = ("no", "x", "y", "z", "aip_no", "span_min", "span_max")
        connection.execute(text(_POINT), [{name: row[name] for name in names} for row in placed])


def drop_directions(connection: Connection, product_nos: Iterable[int]) -> None:
    """Take products out of the table of directions."""
    rows = [{"no": number} for number in product_nos]
    if rows:
        connection.execute(text("DELETE FROM sky WHERE no = :no"), rows)


def near(connection: Connection, cone: Cone) -> Floats | None:
    """Return ``aip_no, x, y, z, span_min, span_max`` of all products in the box around a cone.

    None where they are more than ``MOST_NEAR``.
    """
    (xa, xb), (ya, yb), (za, zb) = box(cone)
    bounds = {"xa": xa, "xb": xb, "ya": ya, "yb": yb, "za": za, "zb": zb, "most": MOST_NEAR + 1}
    found = connection.execute(text(_IN_BOX), bounds).all()
    if len(found) > MOST_NEAR:
        return None
    return np.array([tuple(row) for row in found], dtype=np.float64).reshape(-1, 6)


def directions(connection: Connection) -> Floats:
    """Return the same of all products that have a direction."""
    found = [np.zeros((0, 6))]
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(_DIRECTIONS)
        while rows := cursor.fetchmany(_AT_ONCE):
            found.append(np.array(rows, dtype=np.float64))
    return np.concatenate(found)


def count_directions(connection: Connection) -> tuple[int, int]:
    """Return how many directions there are, and how many products have one and so should be there."""
    found = connection.execute(text("SELECT count(*) FROM sky")).scalar_one()
    matching = "SELECT count(*) FROM products JOIN sky ON sky.no = products.no AND sky.x = products.x"
    expected = connection.execute(text("SELECT count(*) FROM products WHERE x IS NOT NULL"))
    same = connection.execute(text(matching)).scalar_one()
    return min(int(found), int(same)), int(expected.scalar_one())


class Watch:
    """Tells by a number whether a catalogue's file was written to since it was asked last, and costs little.

    The number is SQLite's own (``PRAGMA data_version``), of one connection that is kept for it alone. There
    is none where no connection may be kept (``_reading_engine``) or the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asking = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def number(self) -> int | None:
        """Return a number that is another one after each change by anybody, or None where there is none."""
        try:
            with self._asking:
                if self._connection is None:
                    if not os.access(self._path.parent, os.W_OK):
                        return None
                    self._connection = _kept_connection(self._path)
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        """Let go of the file."""
        with self._asking:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _kept_connection(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)


@contextmanager
def catalogue_errors(path: Path) -> Iterator[None]:
    """Turn what the database raises over a damaged, locked or foreign file into one clear fault."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        fault = error if isinstance(error, sqlite3.Error) else getattr(error, "orig", None)
        heed_database(None, path, fault)
        reason = str(fault or type(error).__name__)
        raise StorageError(
            f"the catalogue {FILE_NAME} cannot be used: {reason}",
            remedy="run `oais index rebuild`; nothing is lost, it is made from the stored packages",
        ) from error

"""Statements made of a stranger's words: run on a connection that can read a few tables and no more.

The statement itself is ours; this is the second wall, should it ever hold what it should not.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oais.errors import WrongUsageError
from search_index.catalogue.sqlite import catalogue_errors, reading_connection

SECONDS: Final = 30.0
"""How long a statement may run."""

MOST_BYTES: Final = 64 << 20
"""Bytes of one answer."""

_STEPS: Final = 20_000
"""Steps of the database between two looks at the clock: a millisecond or so."""

_TABLES: Final = frozenset({"aips", "products", "products_together", "facet_values", "json_each"})
_FUNCTIONS: Final = frozenset({
    "abs", "acos", "asin", "atan", "atan2", "mean_of", "ceil", "coalesce", "cos", "count", "degrees", "exp",
    "floor", "group_concat", "in_address", "json_each", "like", "ln", "log10", "lower", "magnitude_of",
    "max", "min", "mod", "nullif", "pi", "power", "radians", "round", "sign", "sin", "sky_apart", "sqrt",
    "sum", "sum_of", "tan", "trunc", "upper",
})  # fmt: skip
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_TOO_LARGE: Final = ("integer overflow", "too big", "too large", "too many", "too complex")
"""What SQLite says of a statement that holds too much; all else that it says is no fault of who asks."""

Functions = Mapping[str, tuple[int, Callable[..., str | float | None]]]


Sums = Mapping[str, Callable[[], Any]]
"""By name what makes things that take values by ``step`` and end with one by ``finalize``."""


class TooLongError(WrongUsageError):
    """An answer took more time or room than any may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a statement; ``more`` says that there are others."""

    rows: tuple[tuple[Any, ...], ...]
    more: bool


def ask(
    path: Path,
    sql: str,
    parameters: Mapping[str, object],
    most: int,
    *,
    functions: Functions,
    sums: Sums,
    seconds: float = SECONDS,
) -> Answer:
    """Return up to ``most`` rows of a statement.

    Raises TooLongError, WrongUsageError for what cannot be reckoned, and StorageError for a damaged file.
    """
    with catalogue_errors(path), closing(reading_connection(path)) as connection:
        for name, kind in sums.items():
            connection.create_aggregate(name, 1, kind)
        _guard(connection, functions, time.monotonic() + seconds)
        try:
            cursor = connection.execute(sql, {**parameters, "limit": most + 1})
            return _fetched(cursor, most)
        except sqlite3.Error as error:
            if (told := _told(error, seconds)) is None:
                raise
            raise told from error


def _guard(connection: sqlite3.Connection, functions: Functions, deadline: float) -> None:
    """Let a connection read the tables and use the functions that are named here, until the deadline."""
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA case_sensitive_like=ON")
    for name, (values, function) in functions.items():
        connection.create_function(name, values, function, deterministic=True)
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    # This makes the table-valued function known to the connection, which later would not be allowed.
    connection.execute("SELECT value FROM json_each('[]')").fetchall()
    connection.set_authorizer(_authorized)
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)


def _authorized(action: int, one: str | None, other: str | None, *_where: str | None) -> int:
    """Say whether a statement may do something (sqlite3_set_authorizer); all but reading is denied."""
    allowed = (
        action == sqlite3.SQLITE_SELECT
        or (action == sqlite3.SQLITE_READ and one in _TABLES)
        or (action == sqlite3.SQLITE_FUNCTION and (other or "").lower() in _FUNCTIONS)
    )
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _fetched(cursor: sqlite3.Cursor, most: int) -> Answer:
    """Return the rows that a cursor gives; raises TooLongError where they hold too much."""
    rows: list[tuple[Any, ...]] = []
    held = 0
    for row in cursor:
        if len(rows) == most:
            return Answer(tuple(rows), more=True)
        held += sum(len(cell) if isinstance(cell, str) else 8 for cell in row)
        if held > MOST_BYTES:
            raise TooLongError(
                f"the answer holds more than {MOST_BYTES >> 20} MB",
                remedy="select fewer columns, or fewer rows with TOP or WHERE",
            )
        rows.append(row)
    return Answer(tuple(rows), more=False)


def _told(error: sqlite3.Error, seconds: float) -> WrongUsageError | None:
    """Return what is wrong with a statement; None where it is the file."""
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return TooLongError(
            f"the query ran longer than {seconds:.0f} seconds",
            remedy="narrow it, for example by mission, time or a circle on the sky",
        )
    if any(words in str(error) for words in _TOO_LARGE):
        return WrongUsageError(
            "the query cannot be reckoned: a number or a text in it grows too large",
            remedy="use fewer or smaller values",
        )
    return None

"""The sum by which a SQLite database tells that the description of its tables is as it was written.

It stands in the head of the file, in the number that SQLite leaves to whoever uses it (``user_version``).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final

TABLES: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
"""Asks how the tables were made."""

SUM: Final = "PRAGMA user_version"
"""Asks for the sum of that; 0 where none was written."""


def sum_of_tables(made: Sequence[Sequence[str | None]]) -> int:
    """Return the CRC-32 of what ``TABLES`` answers, as the signed number that SQLite keeps; never 0."""
    text = repr([tuple(row) for row in made])
    crc = zlib.crc32(text.encode("utf-8", "surrogatepass"))
    return int.from_bytes(crc.to_bytes(4), signed=True) or 1

"""A file of names that the operator keeps: CSV with the columns ``name``, ``ra`` and ``dec``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from oais.errors import WrongUsageError
from oais.files import read_regular
from oais.functions.resolving.resolver import Position, UnansweredError
from oais.information.text import printable
from search_index.angles import parse_dec, parse_ra
from search_index.names import plain_name

SOURCE: Final = "the archive's file of names"
LARGEST: Final = 16 << 20
"""Bytes of a file of names."""

_COLUMNS: Final = ("name", "ra", "dec")

_Places = Mapping[str, tuple[float, float]]


class NamesFile:
    """Knows what the file says; it is read when it is first asked, and again when it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, ...], _Places | UnansweredError] | None = None

    def position(self, name: str) -> Position | None:
        """Return what the file says of a name in any case and spacing; raises UnansweredError."""
        places = self._places()
        found = places.get(plain_name(name))
        return Position(*found, SOURCE) if found else None

    def _places(self) -> _Places:
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._read is None or self._read[0] != state:
                self._read = (state, self._reading(status.st_size))
        except OSError as error:
            raise self._fault(error.strerror or "it cannot be read") from error
        places = self._read[1]
        if isinstance(places, UnansweredError):
            raise places
        return places

    def _reading(self, size: int) -> _Places | UnansweredError:
        """Return what the file says, or its first fault: it is not read again before it changes."""
        if size > LARGEST:
            return self._fault(f"it has {size} bytes; expected up to {LARGEST}")
        try:
            return _read(read_regular(self._path).decode("utf-8-sig"))
        except UnicodeDecodeError:
            return self._fault("it is no text in UTF-8")
        except (WrongUsageError, csv.Error) as error:
            return self._fault(str(error))

    def _fault(self, why: str) -> UnansweredError:
        return UnansweredError(f"the file of names {self._path.name} cannot be used: {why}")


def _read(text: str) -> dict[str, tuple[float, float]]:
    """Return positions in degrees by plain name; raises WrongUsageError, csv.Error."""
    places: dict[str, tuple[float, float]] = {}
    for line, row in _rows(text):
        name = plain_name(row["name"])
        try:
            place = (parse_ra(row["ra"]), parse_dec(row["dec"]))
        except WrongUsageError as error:
            raise WrongUsageError(f"line {line}: {error.message}") from error
        if not name:
            raise WrongUsageError(f"line {line} has no name")
        if places.setdefault(name, place) != place:
            raise WrongUsageError(f"line {line}: {printable(row['name'])!r} has two positions")
    return places


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by its columns, with the number of its line."""
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    heading = [cell.strip().casefold() for cell in next(table, [])]
    if missing := [name for name in _COLUMNS if name not in heading]:
        raise WrongUsageError(f"line 1 names no column {missing[0]!r}; expected name,ra,dec")
    for cells in table:
        if len(cells) < len(heading) and any(cell.strip() for cell in cells):
            raise WrongUsageError(f"line {table.line_num} has {len(cells)} cells; expected {len(heading)}")
        if any(cell.strip() for cell in cells):
            yield table.line_num, dict(zip(heading, (cell.strip() for cell in cells), strict=False))

"""Columns of numbers from tables that are not FITS: text tables, CEF records, CDF variables.

All of a column is in memory; how much of a file is read is bounded.
"""

from __future__ import annotations

import csv
import io
import math
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.cef import parse_cef_header, record_sizes
from oais.information.representation.opening import Readable
from oais.information.representation.text_tables import (
    column_names,
    guess_delimiter,
    has_names,
    is_number,
)

Floats = NDArray[np.float64]

MOST_TEXT = 64 << 20
"""Bytes of a text table that are read to show it."""

MJD_UTC = "MJD (UTC)"
"""Unit of times that were read from texts or a CDF."""

_LOOKED_AT = 200
DATA_BEGINS = re.compile(rb"^[ \t]*DATA_UNTIL[^\n]*\n", re.MULTILINE | re.IGNORECASE)
_MJD_EPOCH = np.datetime64("1858-11-17T00:00:00", "us")
_DAY = np.timedelta64(86_400_000_000, "us")


@dataclass(slots=True)
class Table:
    """A table as text cells with the names and units of its columns; ``whole`` when all was read.

    ``kinds`` are the types of the columns where the file declares them, in its own words; ``left_out`` are
    columns of the file that are too large to be held.
    """

    names: list[str]
    units: list[str]
    rows: list[list[str]]
    whole: bool = True
    numbers: dict[str, Floats] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def column(self, name: str) -> Floats:
        """Return a column as numbers, NaN where a cell holds none; times become MJD days."""
        if name not in self.numbers:
            place = self.names.index(name)
            cells = [row[place] if place < len(row) else "" for row in self.rows]
            self.numbers[name] = times_of(cells) if _is_time(cells) else numbers_of(cells)
        return self.numbers[name]

    def cells(self, first: int, count: int) -> list[list[str]]:
        """Return the cells of some rows as text, from row ``first`` on, counted from 0."""
        if self.rows or not self.numbers:
            return self.rows[first : first + count]
        columns = [self.numbers[name][first : first + count] for name in self.names]
        return [[repr(float(value)) for value in row] for row in zip(*columns, strict=True)]

    def is_time(self, name: str) -> bool:
        """Return whether a column holds times: as numbers they are MJD of UTC."""
        return self.units[self.names.index(name)] == MJD_UTC or _is_time(self._first_cells(name))

    def holds_numbers(self, name: str) -> bool:
        """Return whether a column holds numbers or times, as far as its first cells tell."""
        cells = self._first_cells(name)
        return name in self.numbers or _is_time(cells) or any(is_plain(cell) for cell in cells)

    def _first_cells(self, name: str) -> list[str]:
        place = self.names.index(name)
        return [row[place] for row in self.rows[:_LOOKED_AT] if place < len(row)]


def text_table(stream: Readable, *, blanks: bool) -> Table:
    """Read a CSV or blank-parted table; raises ValueError when it is none."""
    data = stream.read(MOST_TEXT)
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if blanks:
        rows = [line.split() for line in lines]
    else:
        delimiter = guess_delimiter(lines[:200])
        if not delimiter:
            raise ValueError("the text is no table")
        rows = list(csv.reader(lines, delimiter=delimiter))
    if not rows:
        raise ValueError("the table has no row")
    names = column_names(rows)
    body = rows[1:] if has_names(rows) else rows
    return Table(names, [""] * len(names), body, whole=len(data) < MOST_TEXT)


def cef_table(stream: Readable) -> Table:
    """Read the records of a CEF-2 file; raises ValueError when it has none."""
    data = stream.read(MOST_TEXT)
    start = DATA_BEGINS.search(data)
    if start is None:
        raise ValueError("the file has no DATA_UNTIL")
    header = parse_cef_header(io.BytesIO(data[: start.end()]))
    text = data[start.end() :].decode("utf-8", "replace")
    marker = header.values.get("END_OF_RECORD_MARKER", "\n")
    until = text.find(header.data_until) if header.data_until.upper() != "EOF" else -1
    records = (text[:until] if until >= 0 else text).split(marker)
    rows = [
        [cell.strip().strip('"') for cell in record.split(",")]
        for record in records
        if record.strip() and not record.lstrip().startswith("!")
    ]
    names, units, kinds = _cef_columns(header.variables)
    return Table(names, units, rows, whole=len(data) < MOST_TEXT, kinds=kinds)


def _cef_columns(variables: list[dict[str, Any]]) -> tuple[list[str], list[str], list[str]]:
    names, units, kinds = [], [], []
    for variable in variables:
        if variable.get("constant"):
            continue
        count = math.prod(record_sizes(variable))
        for n in range(count):
            names.append(variable["name"] if count == 1 else f"{variable['name']}[{n}]")
            kind = str(variable["format"]).upper()
            units.append(MJD_UTC if kind == "ISO_TIME" else str(variable["unit"]))
            kinds.append(kind)
    return names, units, kinds


def _is_time(cells: list[str]) -> bool:
    first = next((cell for cell in cells if cell), "")
    return len(first) >= 10 and first[4:5] == "-" and first[7:8] == "-"


def times_of(cells: list[str]) -> Floats:
    """Return times of UTC as MJD, NaN where a cell holds none; of an interval its beginning."""
    values = np.full(len(cells), np.nan)
    for n, cell in enumerate(cells):
        with suppress(ValueError):
            values[n] = mjd_of(cell.partition("/")[0])
    return values


def mjd_of(text: str) -> float:
    """Return a time of UTC, ISO 8601, as MJD; raises ValueError for none."""
    return float((np.datetime64(text.rstrip("Z"), "us") - _MJD_EPOCH) / _DAY)


def numbers_of(cells: list[str]) -> Floats:
    """Return numbers, NaN where a cell holds none."""
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        values = [float(cell) if is_plain(cell) else np.nan for cell in cells]
        return np.array(values, dtype=np.float64)


def is_plain(cell: str) -> bool:
    """Return whether float reads the cell as it stands."""
    return is_number(cell) and "d" not in cell.lower()


def cdf_table(stream: BinaryIO) -> Table:
    """Read the one-dimensional variables of a CDF that have a value for each record of the first.

    A variable of vectors gives one column for each of its first eight components.
    """
    from oais.information.representation.cdf import cdf_series

    names, units, numbers = [], [], {}
    found, left_out = cdf_series(stream)
    for name, unit, values in found:
        names.append(name)
        units.append(unit)
        numbers[name] = values
    if not names:
        raise ValueError("the CDF has no variable with records")
    return Table(names, units, [], numbers=numbers, left_out=left_out)

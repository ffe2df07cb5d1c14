"""Tables of any format as rows of typed columns, a piece at a time, each with what lies in an interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.derived_tables import DerivedTable
from oais.information.representation.fits import hdu_kind
from oais.information.representation.fits_blocks import MOST_HDUS, padded
from oais.information.representation.fits_cards import Cards
from oais.information.representation.fits_tables import (
    NUMPY,
    FitsColumn,
    FoundHdu,
    Source,
    column_values,
    find_hdu,
    fits_columns,
    open_source,
    read_hdu,
    row_chunks,
)
from oais.information.representation.intervals import Interval
from oais.information.representation.time_columns import (
    Mask,
    NoTimeError,
    TimeColumn,
    fits_time_column,
    utc_texts,
)

TABLES = ("binary table",)
PIECE = 8_192
"""Rows of one piece."""

_UNSIGNED = {("B", -128.0): "i2", ("I", 32_768.0): "i4", ("J", 2_147_483_648.0): "i8"}
"""Integers that FITS stores shifted (§5.2.5), by the type that holds them."""

CODES = {"i1": "I", "u1": "B", "i2": "I", "u2": "J", "i4": "J", "u4": "K", "i8": "K", "f4": "E", "f8": "D"}


@dataclass(frozen=True, slots=True)
class Field:
    """A column: ``code`` is its type as FITS names it (L, B, I, J, K, E, D, A), ``size`` its cells a row.

    The size of a text is the longest that occurs, in bytes. ``ucd`` and ``utype`` are its meaning as the
    Virtual Observatory says it, and ``description`` as people do.
    """

    name: str
    unit: str
    code: str
    size: int = 1
    ucd: str = ""
    utype: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows: an array (rows, size) a column, its cells masked where there is no value."""

    columns: tuple[NDArray[Any], ...]

    def kept(self, keep: Mask) -> Piece:
        """Return the rows of a mask."""
        return Piece(tuple(column[keep] for column in self.columns))

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole table: its name, columns, number of rows, time of the rows, and the rows as often as wanted.

    ``time`` is None where no interval was asked for or the rows have no time; then all rows are kept.
    """

    name: str
    fields: tuple[Field, ...]
    total: int
    time: TimeColumn | None
    read: Callable[[], Iterator[Piece]]


@dataclass(slots=True)
class FoundTables:
    """The tables of a product in their order, those that are ``left_out``, and what was ``lacking`` first."""

    rows: list[Rows]
    left_out: list[DerivedTable]
    lacking: str
    told: bool = False

    def lack(self, reason: str) -> None:
        """Remember the first reason why a table is not as it was wanted."""
        self.lacking, self.told = (self.lacking, True) if self.told else (reason, True)

    def checked(self, interval: Interval | None) -> FoundTables:
        """Return them; raises ValueError when there is none, or none that an interval could cut."""
        if not any(rows.time is not None or interval is None for rows in self.rows):
            raise ValueError(self.lacking)
        return self


@dataclass(frozen=True, slots=True)
class FitsTable:
    """A binary table of a FITS file: where it is, its columns and the time of its rows."""

    found: FoundHdu
    columns: tuple[FitsColumn, ...]
    time: TimeColumn | None

    @property
    def width(self) -> int:
        """Bytes of a row."""
        return self.found.cards.integer("NAXIS1") or 0

    @property
    def total(self) -> int:
        """Number of rows."""
        return self.found.cards.integer("NAXIS2") or 0

    def chunks(self, source: Source) -> Iterator[tuple[bytes, int]]:
        """Yield the rows as they are stored; raises ValueError when the file ends before them."""
        read = 0
        for data, count in row_chunks(source, self.found.cards, self.total):
            read += count
            yield data, count
        if read < self.total:
            raise ValueError(f"the table ends after {read} of {self.total} rows")

    def within(self, interval: Interval, data: bytes, count: int) -> Mask:
        """Return which of the stored rows lie in an interval."""
        assert self.time is not None
        column = next(column for column in self.columns if column.name == self.time.name)
        if self.time.bound is not None:
            return self.time.within(interval, column_values(column, data, count, self.width))
        return self.time.within(interval, utc_texts(_texts(column, data, count, self.width)[:, 0]))


def fits_table(found: FoundHdu, primary: Cards, *, timed: bool) -> FitsTable:
    """Describe a binary table; raises NoTimeError when it is to be ``timed`` and its rows have no time."""
    columns = tuple(fits_columns(found.cards))
    return FitsTable(found, columns, fits_time_column(found.cards, primary, columns) if timed else None)


def fits_rows(stream: BinaryIO, interval: Interval | None) -> FoundTables:
    """Read the binary tables of a FITS file; with an interval one at least must have rows with a time.

    Of a table without such a time all rows are in. A table with columns that cannot be written elsewhere is
    left out. Raises ValueError when no table remains, with what is wrong with the first.
    """
    told = FoundTables([], [], "the file has no binary table")
    source, primary = open_source(stream), Cards()
    for number in range(MOST_HDUS):
        found = read_hdu(source, number)
        if found is None:
            break
        primary = found.cards if number == 0 else primary
        if hdu_kind(found.cards) in TABLES:
            _add_table(told, stream, found, primary, interval)
        source.skip(padded(found.size))
    return told.checked(interval)


def _add_table(
    told: FoundTables, stream: BinaryIO, found: FoundHdu, primary: Cards, interval: Interval | None
) -> None:
    """Add a table to those that are written, or to those that are not."""
    try:
        try:
            table = fits_table(found, primary, timed=interval is not None)
        except NoTimeError as error:
            told.lack(str(error))
            table = fits_table(found, primary, timed=False)
        told.rows.append(_rows_of(stream, table, interval if table.time else None))
    except ValueError as error:
        told.lack(str(error))
        name, total = name_of(found), found.cards.integer("NAXIS2") or 0
        told.left_out.append(DerivedTable(name, "", "", 0, total, str(error)))


def _rows_of(stream: BinaryIO, table: FitsTable, interval: Interval | None) -> Rows:
    for column in table.columns:
        if column.code not in NUMPY and column.code != "A":
            raise ValueError(f"{column.name} is of the type {column.format}, which is not converted")
    shown = tuple(column for column in table.columns if column.repeat)
    if not shown:
        raise ValueError(f"{name_of(table.found)} has no columns")

    def read() -> Iterator[Piece]:
        if not table.total:
            return
        source = open_source(stream)
        find_hdu(source, table.found.number, TABLES)
        for data, count in table.chunks(source):
            keep = None if interval is None else table.within(interval, data, count)
            for first in range(0, count, PIECE):
                rows = min(PIECE, count - first)
                part = data[first * table.width : (first + rows) * table.width]
                piece = Piece(tuple(_decoded(column, part, rows, table.width) for column in shown))
                yield piece if keep is None else piece.kept(keep[first : first + rows])

    fields = tuple(_field(column) for column in shown)
    return Rows(name_of(table.found), fields, table.total, table.time, read)


def name_of(found: FoundHdu) -> str:
    """Return what a table is called: by its EXTNAME, or else its number."""
    return found.cards.text("EXTNAME") or f"HDU {found.number}"


def _field(column: FitsColumn) -> Field:
    shifted = _UNSIGNED.get((column.code, column.zero)) if column.scale == 1.0 else None
    plain = column.scale == 1.0 and column.zero == 0.0
    code = column.code if plain or column.code == "A" else CODES[shifted or "f8"]
    return Field(column.name, column.unit, code, column.repeat)


def _texts(column: FitsColumn, data: bytes, rows: int, width: int) -> NDArray[np.str_]:
    """Return a column of texts, shape (rows, 1); a zero byte ends a text (FITS 4.0 §7.3.3.1)."""
    raw = np.ndarray((rows,), f"S{column.repeat}", data, column.offset, (width,))
    texts = [cell.split(b"\0")[0].decode("latin-1").rstrip() for cell in raw.tolist()]
    return np.array(texts, dtype=np.str_).reshape(rows, 1)


def _decoded(column: FitsColumn, data: bytes, rows: int, width: int) -> NDArray[Any]:
    """Return a column, shape (rows, repeat), with its own scale, masked where it has no value."""
    if column.code == "A":
        return _texts(column, data, rows, width)
    dtype = np.dtype(NUMPY[column.code])
    shape, strides = (rows, column.repeat), (width, dtype.itemsize)
    raw = np.ndarray(shape, dtype, data, column.offset, strides)
    field = _field(column)
    if column.code == "L":
        return np.ma.masked_array(np.where(raw == ord("T"), "T", "F"), ~np.isin(raw, (ord("T"), ord("F"))))
    if field.code == column.code:
        values: NDArray[Any] = raw
    elif field.code == "D":
        with np.errstate(all="ignore"):
            values = raw.astype(np.float64) * column.scale + column.zero
    else:
        values = raw.astype(_UNSIGNED[column.code, column.zero]) + int(column.zero)
    no_value = column.null is not None and column.code in "BIJK"
    return np.ma.masked_array(values, raw == column.null) if no_value else values

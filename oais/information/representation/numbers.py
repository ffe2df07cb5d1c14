"""Columns of numbers of a table of any format, a bounded piece at a time, with the time of their rows.

Of a vector its first components are columns of their own, named ``NAME[0]`` and on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import SEEK_END
from time import monotonic
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.cdf import MOST_COMPONENTS
from oais.information.representation.decimation import Floats
from oais.information.representation.fits_cards import Cards
from oais.information.representation.fits_tables import (
    CHUNK,
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
from oais.information.representation.intervals import Interval, moment_of
from oais.information.representation.opening import GzipReader
from oais.information.representation.rows import TABLES, name_of
from oais.information.representation.series import Table, cdf_table, cef_table, mjd_of, text_table
from oais.information.representation.signatures import CDF_FORMATS, CEF_FORMATS, FITS_FORMATS, TEXT_TABLES
from oais.information.representation.time_columns import NoTimeError, fits_time_column

_UTC: Final = "UTC"
_BOUNDS: Final = frozenset({"START", "STOP"})

Mask = NDArray[np.bool_]
Pieces = Iterator[tuple[int, list[Floats]]]
"""Pieces of a table: the number of their first row, counted from 0, and the columns."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time in a column: its scale in words, its values as MJD of UTC, and which lie in an interval.

    ``number`` is what a moment of UTC is in the column.
    """

    scale: str
    days: Callable[[Floats], Floats]
    within: Callable[[Interval, Floats], Mask]
    number: Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Span:
    """Which rows are wanted: by UTC, or by the numbers of the column itself (``low`` and up to ``high``)."""

    interval: Interval | None = None
    low: float = -math.inf
    high: float = math.inf

    @property
    def is_all(self) -> bool:
        """Whether every row is wanted."""
        return self.interval is None and self.low == -math.inf and self.high == math.inf

    def keeps(self, x: Floats, clock: Clock | None) -> Mask:
        """Return which values of a column are wanted; raises ValueError for UTC without a time."""
        if self.interval is None:
            return np.asarray((x >= self.low) & (x <= self.high))
        if clock is None:
            raise ValueError("the column does not tell its time in UTC; give its own numbers")
        return clock.within(self.interval, x)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A table opened for its numbers: ``columns`` are names and units, ``total`` counts its rows.

    ``read(names)`` yields the columns piece by piece, in an order in which the pieces that came so far lie
    all over the table wherever that can be; ``clock(name)`` is the time in a column, None where it tells
    none. ``whole`` is False where the file has more rows than ``total``; ``in_order`` tells that the pieces
    come from the first row on. ``left_out`` are columns of the file that are too large to be read.
    """

    unit: int
    name: str
    columns: Mapping[str, str]
    total: int
    read: Callable[[Sequence[str]], Pieces]
    clock: Callable[[str], Clock | None]
    whole: bool = True
    in_order: bool = True
    left_out: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of the columns; raises ValueError when there is none."""
        if not self.columns:
            raise ValueError("the table has no column of numbers")
        return list(self.columns)

    def chosen(self, names: Sequence[str]) -> None:
        """Raise ValueError when a column is not there."""
        for name in names:
            if name not in self.columns:
                raise ValueError(f"no column of numbers is called {name!r}")


class Pass:
    """One pass over columns of a table, piece by piece, that ends early where its time is over.

    ``rows`` counts those that were read so far, in the span or not; at least one piece is.
    """

    def __init__(self, numbers: Numbers, names: Sequence[str], span: Span, by: str, until: float) -> None:
        """``by`` is the column that the span is about; ``until`` a moment of ``time.monotonic``."""
        numbers.chosen([*names, *([] if span.is_all else [by])])
        self.rows = 0
        self._numbers, self._names, self._until = numbers, names, until
        self._span, self._by = span, by

    def __iter__(self) -> Iterator[tuple[Floats, list[Floats]]]:
        """Yield the numbers of rows that are wanted, ascending in each piece, and their columns."""
        columns = [*self._names] if self._span.is_all else [*self._names, self._by]
        clock = None if self._span.is_all else self._numbers.clock(self._by)
        for first, piece in self._numbers.read(columns):
            rows = np.arange(first, first + len(piece[0]), dtype=np.float64)
            self.rows += len(rows)
            if self._span.is_all:
                yield rows, piece
            else:
                keep = self._span.keeps(piece.pop(), clock)
                yield rows[keep], [column[keep] for column in piece]
            if monotonic() >= self._until:
                return

    @property
    def whole(self) -> bool:
        """Whether all rows were read."""
        return self._numbers.whole and self.rows >= self._numbers.total

    def amounts(self) -> dict[str, Any]:
        """Return how many rows there are, how many of them were read, and which."""
        return {
            "total": self._numbers.total,
            "read": self.rows,
            "whole": self.whole,
            "in_order": self._numbers.in_order,
        }


def days_of(clock: Clock | None, x: Floats) -> list[float]:
    """Return times as MJD of UTC, none where the column tells none or a date is none that is known."""
    if clock is None or not len(x):
        return []
    try:
        days = clock.days(x)
    except (ValueError, ArithmeticError):
        return []
    return days.tolist() if bool(np.isfinite(days).all()) else []


def open_numbers(stream: BinaryIO, format_id: str, unit: int | None) -> Numbers:
    """Open a table, of FITS that in HDU ``unit`` or the first; raises ValueError when there is none."""
    if format_id in FITS_FORMATS:
        return _of_fits(stream, unit)
    return _of_table(open_table(stream, format_id))


def open_table(stream: BinaryIO, format_id: str) -> Table:
    """Read a table that is not FITS; raises ValueError when the format has none."""
    if format_id in CDF_FORMATS:
        return cdf_table(stream)
    if format_id in CEF_FORMATS:
        return cef_table(GzipReader(stream) if format_id == "oais/cef-gzip" else stream)
    if format_id in TEXT_TABLES:
        reader = GzipReader(stream) if format_id == "oais/csv-gzip" else stream
        return text_table(reader, blanks=format_id == "oais/ascii-table")
    raise ValueError(f"no table is read from the format {format_id}")


def _of_table(table: Table) -> Numbers:
    columns = {
        name: table.units[n] or ("MJD (UTC)" if table.is_time(name) else "")
        for n, name in enumerate(table.names)
        if table.holds_numbers(name)
    }

    def read(names: Sequence[str]) -> Pieces:
        yield 0, [table.column(name) for name in names]

    def clock(name: str) -> Clock | None:
        return mjd_clock() if table.is_time(name) else None

    total = len(next(iter(table.numbers.values()))) if table.numbers else len(table.rows)
    return Numbers(0, "", columns, total, read, clock, table.whole, left_out=tuple(table.left_out))


def mjd_clock() -> Clock:
    """Return the clock of a column that holds MJD of UTC."""
    return Clock(_UTC, lambda x: x, _within_mjd, mjd_of)


def _within_mjd(interval: Interval, x: Floats) -> Mask:
    low = mjd_of(interval.start) if interval.start else -math.inf
    high = mjd_of(interval.stop) if interval.stop else math.inf
    return np.asarray((x >= low) & (x < high))


def _of_fits(stream: BinaryIO, unit: int | None) -> Numbers:
    primary = read_hdu(open_source(stream), 0)
    found = find_hdu(open_source(stream), unit, TABLES)
    columns = {column.name: column for column in number_columns(found.cards)}
    width = found.cards.integer("NAXIS1") or 0
    total = max(0, found.cards.integer("NAXIS2") or 0)

    def read(names: Sequence[str]) -> Pieces:
        source = open_source(stream)
        find_hdu(source, found.number, TABLES)
        wanted = [columns[name] for name in names]
        for first, data, count in blocks(source, found, total, width):
            yield first, [column_values(column, data, count, width) for column in wanted]

    def clock(name: str) -> Clock | None:
        return fits_clock(found.cards, primary.cards if primary else Cards(), columns[name])

    units = {name: column.unit for name, column in columns.items()}
    in_order = open_source(stream).plain is None
    return Numbers(found.number, name_of(found), units, total, read, clock, in_order=in_order)


def number_columns(cards: Cards) -> Iterator[FitsColumn]:
    """Yield the columns of one real number a row, and the first components of vectors of them."""
    for column in fits_columns(cards):
        if column.is_number:
            yield column
        elif column.code in NUMPY and column.code != "L" and column.repeat > 1:
            size = np.dtype(NUMPY[column.code]).itemsize
            for n in range(min(column.repeat, MOST_COMPONENTS)):
                offset = column.offset + n * size
                yield replace(column, name=f"{column.name}[{n}]", offset=offset, repeat=1)


def fits_clock(cards: Cards, primary: Cards, column: FitsColumn) -> Clock | None:
    """Return the time in a column of a binary table, None where its header does not tell it."""
    # Good time intervals are counted as the TIME of their events is (OGIP 93-003).
    named = replace(column, name="TIME") if column.name.upper() in _BOUNDS else column
    try:
        time = fits_time_column(cards, primary, [named])
    except NoTimeError:
        return None
    days, bound = time.days, time.bound
    if days is None or bound is None:
        return None
    scale = time.compared.partition(",")[0]
    return Clock(scale, days, time.within, lambda text: float(bound(moment_of(text))))


def blocks(source: Source, found: FoundHdu, rows: int, width: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield all rows block by block: the number of the first, the bytes, and how many there are.

    Inside gzip they come in their order, else spread over the table.
    """
    if source.plain is None or width <= 0:
        first = 0
        for data, count in row_chunks(source, found.cards, rows):
            yield first, data, count
            first += count
        return
    start = source.plain.tell()
    rows = min(rows, (source.plain.seek(0, SEEK_END) - start) // width)
    together = max(1, CHUNK // width)
    for number in spread(-(-rows // together)):
        first = number * together
        count = min(together, rows - first)
        source.plain.seek(start + first * width)
        data = source.plain.read(count * width)
        if len(data) == count * width:
            yield first, data, count


def spread(count: int) -> Iterator[int]:
    """Yield the numbers below ``count``, each once, so that those given so far lie evenly among all."""
    bits = max(0, count - 1).bit_length()
    for number in range(1 << bits):
        place = int(f"{number:0{bits}b}"[::-1], 2) if bits else 0
        if place < count:
            yield place

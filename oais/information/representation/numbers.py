"""Columns of numbers of a table of any format, a bounded piece at a time, with the time of their rows.

Of a vector its first components are columns of their own, named ``NAME[0]`` and on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

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
from oais.information.representation.signatures import CDF_FORMATS, FITS_FORMATS
from oais.information.representation.time_columns import NoTimeError, fits_time_column

MOST_ROWS = 4_000_000
"""Rows of a table that are all read for a drawing; of a longer one, pieces spread over it are."""

MOST_BYTES = 512 << 20
MOST_COMPONENTS = 8
_PIECES = 400
_UTC: Final = "UTC"
_BOUNDS: Final = frozenset({"START", "STOP"})

Mask = NDArray[np.bool_]
Pieces = Iterator[list[Floats]]


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

    ``read(names, most)`` yields the columns piece by piece, at most about ``most`` rows of them;
    ``clock(name)`` is the time in a column, None where it tells none.
    """

    unit: int
    name: str
    columns: Mapping[str, str]
    total: int
    read: Callable[[Sequence[str], int], Pieces]
    clock: Callable[[str], Clock | None]

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

    def arrays(self, names: Sequence[str]) -> list[Floats]:
        """Return whole columns, of a very long table the pieces that are read; raises ValueError."""
        self.chosen(names)
        pieces = list(self.read(names, MOST_ROWS))
        return [np.concatenate([piece[n] for piece in pieces] or [np.empty(0)]) for n in range(len(names))]


def open_numbers(stream: BinaryIO, format_id: str, unit: int | None) -> Numbers:
    """Open a table, of FITS that in HDU ``unit`` or the first; raises ValueError when there is none."""
    if format_id in FITS_FORMATS:
        return _of_fits(stream, unit)
    return _of_table(open_table(stream, format_id))


def open_table(stream: BinaryIO, format_id: str) -> Table:
    """Read a table that is not FITS; raises ValueError when the format has none."""
    if format_id in CDF_FORMATS:
        return cdf_table(stream)
    if format_id in ("oais/cef", "oais/cef-gzip"):
        return cef_table(GzipReader(stream) if format_id == "oais/cef-gzip" else stream)
    if format_id in ("x-fmt/18", "x-fmt/13", "oais/ascii-table", "oais/csv-gzip"):
        reader = GzipReader(stream) if format_id == "oais/csv-gzip" else stream
        return text_table(reader, blanks=format_id == "oais/ascii-table")
    raise ValueError(f"no table is read from the format {format_id}")


def _of_table(table: Table) -> Numbers:
    columns = {
        name: table.units[n] or ("MJD (UTC)" if table.is_time(name) else "")
        for n, name in enumerate(table.names)
        if table.holds_numbers(name)
    }

    def read(names: Sequence[str], _most: int) -> Pieces:
        yield [table.column(name) for name in names]

    def clock(name: str) -> Clock | None:
        return Clock(_UTC, lambda x: x, _within_mjd, mjd_of) if table.is_time(name) else None

    total = len(next(iter(table.numbers.values()))) if table.numbers else len(table.rows)
    return Numbers(0, "", columns, total, read, clock)


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

    def read(names: Sequence[str], most: int) -> Pieces:
        source = open_source(stream)
        find_hdu(source, found.number, TABLES)
        wanted = [columns[name] for name in names]
        for data, count in _chunks(source, found, total, width, most):
            yield [column_values(column, data, count, width) for column in wanted]

    def clock(name: str) -> Clock | None:
        return _fits_clock(found.cards, primary.cards if primary else Cards(), columns[name])

    units = {name: column.unit for name, column in columns.items()}
    return Numbers(found.number, name_of(found), units, total, read, clock)


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


def _fits_clock(cards: Cards, primary: Cards, column: FitsColumn) -> Clock | None:
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


def _chunks(
    source: Source, found: FoundHdu, rows: int, width: int, most_rows: int
) -> Iterator[tuple[Any, int]]:
    """Yield all rows, or of a very long table evenly spread pieces (its first rows when gzip'd)."""
    most = min(most_rows, max(1, MOST_BYTES // max(width, 1)))
    if rows <= most or source.plain is None:
        yield from row_chunks(source, found.cards, min(rows, most))
        return
    start = source.plain.tell()
    piece = max(1, min(most // _PIECES, CHUNK // max(width, 1)))
    for n in range(_PIECES):
        source.plain.seek(start + (rows - piece) * n // (_PIECES - 1) * width)
        data = source.stream.read(piece * width)
        if len(data) == piece * width:
            yield data, piece

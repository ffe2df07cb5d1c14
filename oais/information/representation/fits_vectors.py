"""Vectors of FITS binary tables, and where their axes are told.

The axis is, in this order, what the column's own keywords say (1CRVLn, 1CDLTn and so on: FITS 4.0,
Table 22), a column of the same table with as many components that is an axis by its name, or the bins of
another table of the file: E_MIN and E_MAX of as many rows (OGIP's EBOUNDS), or one row of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from oais.information.representation.choosing import time_column
from oais.information.representation.decimation import Floats
from oais.information.representation.fits import hdu_kind
from oais.information.representation.fits_blocks import MOST_HDUS, padded
from oais.information.representation.fits_cards import Cards
from oais.information.representation.fits_tables import (
    NUMPY,
    FitsColumn,
    column_values,
    find_hdu,
    fits_columns,
    open_source,
    read_hdu,
    real_values,
    row_chunks,
)
from oais.information.representation.numbers import Clock, blocks, fits_clock, number_columns
from oais.information.representation.rows import TABLES, name_of
from oais.information.representation.vectors import (
    FEWEST,
    MOST_VECTORS,
    PIECE_VALUES,
    Axis,
    Moments,
    Rows,
    Vector,
    Vectors,
    size_fault,
)

_AXIS: Final = re.compile(
    r"(ENERG|E_REF|E_CENT|FREQ|WAVE|LAMBDA|PITCH|ANGLE|VELOCITY|SPEED|CHANNEL|BAND|BIN)", re.IGNORECASE
)
_BOUNDS: Final = (("E_MIN", "E_MAX"), ("ENERG_LO", "ENERG_HI"), ("FREQ_MIN", "FREQ_MAX"))
_CENTRES: Final = ("ENERGY", "E_REF", "FREQUENCY", "FREQ", "WAVELENGTH", "PITCH_ANGLE")


@dataclass(frozen=True, slots=True)
class _Columns:
    """A table's vectors by their names, all of its columns, and the column of times, None for none."""

    vectors: dict[str, FitsColumn]
    all: tuple[FitsColumn, ...]
    time: FitsColumn | None


def fits_vectors(stream: BinaryIO, unit: int | None) -> Vectors:
    """Open the vectors of a binary table; raises ValueError when there is no table, or none is a time."""
    primary = read_hdu(open_source(stream), 0)
    found = find_hdu(open_source(stream), unit, TABLES)
    width, total = found.cards.integer("NAXIS1") or 0, max(0, found.cards.integer("NAXIS2") or 0)
    columns = _columns(found.cards)
    time = columns.time
    if time is None:
        raise ValueError("no column of the table is a time, as a spectrogram needs")

    def pieces() -> Iterator[tuple[int, bytes, int]]:
        source = open_source(stream)
        find_hdu(source, found.number, TABLES)
        yield from blocks(source, found, total, width)

    def moments(_name: str) -> Moments:
        for first, data, count in pieces():
            yield first, column_values(time, data, count, width)

    def rows(name: str) -> Rows:
        one = columns.vectors[name]
        told = _by_keywords(found.cards, _number(found.cards, name), one.repeat)
        axis = _companion(columns, name) if told is None else None
        together = max(1, PIECE_VALUES // one.repeat)
        for _, data, count in pieces():
            for start in range(0, count, together):
                part = data[start * width : (start + together) * width]
                held = min(together, count - start)
                axes = None if axis is None else _vector_values(axis, part, held, width)
                yield column_values(time, part, held, width), _vector_values(one, part, held, width), axes

    def clock(_name: str) -> Clock | None:
        return fits_clock(found.cards, primary.cards if primary else Cards(), time)

    described = [_described(found.cards, one, total) for one in columns.vectors.values()]
    return Vectors(
        unit=found.number,
        name=name_of(found),
        columns={one.name: one for one in described[:MOST_VECTORS]},
        time=lambda _name: (time.name, time.unit),
        clock=clock,
        total=lambda _name: total,
        axis=lambda name: _axis(stream, found.cards, found.number, columns, name),
        moments=moments,
        rows=rows,
        in_order=open_source(stream).plain is None,
    )


def fits_vector_names(cards: Cards) -> list[tuple[str, str]]:
    """Return name and unit of the vectors of a table that can be drawn over a time and an axis."""
    columns = _columns(cards)
    if columns.time is None:
        return []
    rows = cards.integer("NAXIS2") or 0
    found = [_described(cards, one, rows) for one in list(columns.vectors.values())[:MOST_VECTORS]]
    return [(one.name, one.unit) for one in found if not one.fault]


def _columns(cards: Cards) -> _Columns:
    found = tuple(fits_columns(cards))
    vectors = {
        one.name: one for one in found if one.repeat >= FEWEST and one.code in NUMPY and one.code != "L"
    }
    scalars = {one.name: one for one in number_columns(cards)}
    time = time_column([name for name, one in scalars.items() if one in found])
    return _Columns(vectors, found, scalars.get(time))


def _described(cards: Cards, column: FitsColumn, rows: int) -> Vector:
    sizes = [column.repeat]
    told = re.fullmatch(r"\(([\d,\s]+)\)", cards.text(f"TDIM{_number(cards, column.name)}").strip())
    if told:
        sizes = [int(size) for size in told[1].split(",") if size.strip().isdecimal()]
    fault = size_fault(sizes, rows)
    if not fault and int(np.prod(sizes)) != column.repeat:
        fault = f"has {column.repeat} numbers a row, its TDIM tells of {int(np.prod(sizes))}"
    return Vector(column.name, column.unit, column.repeat, fault)


def _number(cards: Cards, name: str) -> int:
    """Return the number of a column in the header, from 1."""
    return next(n for n in range(1, 1_000) if str(cards.values.get(f"TTYPE{n}") or f"col{n}") == name)


def _companion(columns: _Columns, name: str) -> FitsColumn | None:
    """Return the column that is the axis of a vector by its name and its number of components."""
    for other, column in columns.vectors.items():
        if other != name and column.repeat == columns.vectors[name].repeat and _AXIS.search(other):
            return column
    return None


def _axis(stream: BinaryIO, cards: Cards, unit: int, columns: _Columns, name: str) -> Axis:
    """Return the axis of a vector, whose components are counted where their values are not told."""
    size = columns.vectors[name].repeat
    told = _by_keywords(cards, _number(cards, name), size)
    if told is not None:
        return told
    companion = _companion(columns, name)
    if companion is not None:
        return Axis(companion.name, companion.unit, varies=True)
    return _of_another_table(stream, unit, size) or Axis("", "", np.arange(1.0, size + 1.0))


def _by_keywords(cards: Cards, number: int, size: int) -> Axis | None:
    """Return the axis that the keywords of a column tell, which are linear along its components."""
    step, value = _card(cards, f"1CDLT{number}"), _card(cards, f"1CRVL{number}")
    if step is None or value is None or step == 0:
        return None
    first = _card(cards, f"1CRPX{number}")
    places = np.arange(1.0, size + 1.0) - (1.0 if first is None else first)
    name = cards.text(f"1CTYP{number}") or "axis"
    return Axis(name, cards.text(f"1CUNI{number}"), value + places * step)


def _card(cards: Cards, keyword: str) -> float | None:
    value = cards.values.get(keyword)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:
        return float(value)
    return None


def _of_another_table(stream: BinaryIO, unit: int, size: int) -> Axis | None:
    """Return the axis that another binary table of the file gives, None where none does."""
    source = open_source(stream)
    for number in range(MOST_HDUS):
        found = read_hdu(source, number)
        if found is None:
            return None
        skipped = padded(found.size)
        if number != unit and hdu_kind(found.cards) in TABLES:
            rows, width = found.cards.integer("NAXIS2") or 0, found.cards.integer("NAXIS1") or 0
            if rows in (1, size) and width * rows <= PIECE_VALUES * 8:
                data, _ = next(iter(row_chunks(source, found.cards, rows)), (b"", 0))
                skipped -= rows * width
                axis = _told_by(found.cards, data, rows, width, size) if len(data) == rows * width else None
                if axis is not None:
                    return axis
        source.skip(skipped)
    return None


def _told_by(cards: Cards, data: bytes, rows: int, width: int, size: int) -> Axis | None:
    """Return the axis that a table tells: the middles of its bins, or a column that is an axis by name."""
    columns = {one.name.upper(): one for one in fits_columns(cards) if one.code in NUMPY and one.code != "L"}

    def values(name: str) -> Floats | None:
        one = columns.get(name)
        if one is None or rows * one.repeat != size:
            return None
        return _vector_values(one, data, rows, width).ravel()

    for low, high in _BOUNDS:
        lows, highs = values(low), values(high)
        if lows is not None and highs is not None:
            positive = bool((lows > 0).all() and (highs > 0).all())
            middles = np.sqrt(lows * highs) if positive else (lows + highs) / 2
            return Axis(f"{low}..{high}", columns[low].unit, middles)
    for name in (*_CENTRES, *(name for name in columns if _AXIS.search(name))):
        found = values(name)
        if found is not None:
            return Axis(columns[name].name, columns[name].unit, found)
    return None


def _vector_values(column: FitsColumn, data: bytes, rows: int, width: int) -> Floats:
    """Return the components of a column, shape (rows, repeat), NaN where the column says there is none."""
    dtype = np.dtype(NUMPY[column.code])
    strides = (width, dtype.itemsize)
    raw = np.ndarray((rows, column.repeat), dtype, data, column.offset, strides)
    return real_values(column, raw)

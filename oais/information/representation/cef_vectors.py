"""Vectors of CEF-2 files (DS-QMW-TN-0010 §2.7): SIZES, DEPEND_0, DEPEND_1 with its DATA, LABEL_1, FILLVAL.

The records are read as often as they are needed, a piece at a time: none of them stays in memory.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, Final

import numpy as np

from oais.information.representation.cef import MOST_HEADER, CefHeader, parse_cef_header, record_sizes
from oais.information.representation.decimation import Floats
from oais.information.representation.numbers import mjd_clock
from oais.information.representation.opening import Readable
from oais.information.representation.series import (
    DATA_BEGINS,
    MJD_UTC,
    MOST_TEXT,
    is_plain,
    numbers_of,
    times_of,
)
from oais.information.representation.vectors import (
    MOST_VECTORS,
    Axis,
    Moments,
    Rows,
    Vector,
    Vectors,
    scale_told,
    size_fault,
)

_PIECE: Final = 1 << 20
_TIMES: Final = frozenset({"ISO_TIME", "ISO_TIME_RANGE"})

Records = Iterator[list[list[str]]]


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable of the records: where its cells begin in each, and what the header says of it."""

    name: str
    start: int
    sizes: list[int]
    told: Mapping[str, Any]

    @property
    def size(self) -> int:
        """How many cells it has in a record."""
        return math.prod(self.sizes)

    def says(self, key: str) -> str:
        """Return an attribute without quotes, empty for none."""
        return str(self.told.get(key, "")).strip().strip('"')

    def values(self, records: list[list[str]]) -> Floats:
        """Return its numbers in some records, shape (records, size), NaN where there is no value."""
        cells = [row[self.start : self.start + self.size] for row in records]
        flat = [cell for row in cells for cell in (*row, *[""] * (self.size - len(row)))]
        values = numbers_of(flat).reshape(len(records), self.size)
        fill = self.says("FILLVAL")
        if is_plain(fill):
            values[values == float(fill)] = np.nan
        return values


@dataclass(frozen=True, slots=True)
class _File:
    """A CEF file that is read from its beginning as often as ``opened`` is asked."""

    opened: Callable[[], Readable]
    header: CefHeader
    variables: Mapping[str, _Variable]
    time: _Variable

    def total(self) -> int:
        """Count the records."""
        return sum(len(records) for records in _records(self.opened()))

    def moments(self, _name: str) -> Moments:
        """Yield the times of the records."""
        first = 0
        for records in _records(self.opened()):
            yield first, _moments(self.time, records)
            first += len(records)

    def rows(self, name: str) -> Rows:
        """Yield times, values and axes of the records."""
        one = self.variables[name]
        axis = self.variables.get(one.says("DEPEND_1"))
        for records in _records(self.opened()):
            axes = axis.values(records) if axis else None
            yield _moments(self.time, records), one.values(records), axes

    def is_whole(self) -> bool:
        """Tell whether the file is no longer than is read of it."""
        return not _is_long(self.opened())


def cef_vectors(stream: BinaryIO, opened: Callable[[], Readable]) -> Vectors:
    """Open the vectors of a CEF file; ``opened`` reads the text of the stream from where that stands.

    Raises ValueError when it has no records over a time.
    """

    def again() -> Readable:
        stream.seek(0)
        return opened()

    header, _ = _header(again())
    variables = _variables(header)
    time = next((one for one in variables.values() if one.says("VALUE_TYPE").upper() in _TIMES), None)
    if time is None:
        raise ValueError("no variable of the file is a time (ISO_TIME)")
    file = _File(again, header, variables, time)
    total = cache(file.total)
    found = [_vector(one, header, variables) for one in variables.values() if one.size > 1]
    return Vectors(
        unit=0,
        name="",
        columns={one.name: one for one in found[:MOST_VECTORS]},
        time=lambda _name: (time.name, MJD_UTC),
        clock=lambda _name: mjd_clock(),
        total=lambda _name: total(),
        axis=lambda name: _axis(variables[name], header, variables),
        moments=file.moments,
        rows=file.rows,
        whole=file.is_whole,
        in_order=True,
    )


def _is_long(stream: Readable) -> bool:
    """Tell whether a text is longer than is read of it."""
    taken = 0
    while taken <= MOST_TEXT and (data := stream.read(_PIECE)):
        taken += len(data)
    return taken > MOST_TEXT


def _header(stream: Readable) -> tuple[CefHeader, bytes]:
    """Return the header of a file, and what was read after it; raises ValueError when it does not end."""
    data = b""
    while len(data) < MOST_HEADER and (more := stream.read(_PIECE)):
        data += more
        start = DATA_BEGINS.search(data)
        if start is not None:
            return parse_cef_header(io.BytesIO(data[: start.end()])), data[start.end() :]
    raise ValueError("the file has no DATA_UNTIL")


def _records(stream: Readable) -> Records:
    """Yield the cells of the records of a file, some at a time."""
    header, rest = _header(stream)
    marker = str(header.values.get("END_OF_RECORD_MARKER") or "\n")
    until = "" if header.data_until.upper() == "EOF" else header.data_until
    kept, taken, data = "", len(rest), rest
    while data:
        *texts, kept = (kept + data.decode("utf-8", "replace")).split(marker)
        ended = [number for number, text in enumerate(texts) if _ends(text, until)]
        yield _cells(texts[: ended[0]] if ended else texts)
        if ended or taken >= MOST_TEXT:
            return
        data = stream.read(min(_PIECE, MOST_TEXT - taken))
        taken += len(data)
    if kept.strip() and not _ends(kept, until):
        yield _cells([kept])


def _ends(text: str, until: str) -> bool:
    """Tell whether a record is the mark after the last one, which may stand in quotes."""
    return bool(until) and text.lstrip(' \t\r\n"').startswith(until)


def _cells(texts: list[str]) -> list[list[str]]:
    return [
        [cell.strip().strip('"') for cell in text.split(",")]
        for text in texts
        if text.strip() and not text.lstrip().startswith("!")
    ]


def _variables(header: CefHeader) -> dict[str, _Variable]:
    """Return the variables that have cells in the records, by their names."""
    found, start = {}, 0
    for told in header.variables:
        if told.get("constant"):
            continue
        name = str(told["name"])
        one = _Variable(name, start, record_sizes(told), header.attributes.get(name, {}))
        found[one.name] = one
        start += one.size
    return found


def _vector(one: _Variable, header: CefHeader, variables: Mapping[str, _Variable]) -> Vector:
    fault, axis = size_fault(one.sizes, 1), one.says("DEPEND_1")
    if axis and not fault:
        if axis in variables:
            told = variables[axis].size
        elif axis in header.attributes:
            told = len(_constants(header, axis))
        else:
            told = -1
        if told < 0:
            fault = f"is told over {axis!r} (DEPEND_1), which the file has not"
        elif told != one.size:
            fault = f"has {one.size} components, its axis {axis} (DEPEND_1) has {told}, expected as many"
    return Vector(one.name, one.says("UNITS"), one.size, fault, scale_told(one.says("SCALETYP")))


def _axis(one: _Variable, header: CefHeader, variables: Mapping[str, _Variable]) -> Axis:
    """Return the axis of a vector, whose components are counted where their values are not told."""
    name = one.says("DEPEND_1")
    if name in variables:
        about = variables[name]
        scale = scale_told(about.says("SCALETYP"))
        return Axis(about.says("LABLAXIS") or name, about.says("UNITS"), varies=True, scale=scale)
    if name in header.attributes:
        told = header.attributes[name]
        values = numbers_of(_constants(header, name))
        scale = scale_told(str(told.get("SCALETYP", "")))
        return Axis(str(told.get("LABLAXIS", "")) or name, str(told.get("UNITS", "")), values, scale=scale)
    labels = tuple(_listed(str(one.told.get("LABEL_1", "")))[: one.size])
    return Axis("", "", np.arange(1.0, one.size + 1.0), labels if len(labels) == one.size else ())


def _constants(header: CefHeader, name: str) -> list[str]:
    return _listed(str(header.attributes[name].get("DATA", "")))


def _listed(text: str) -> list[str]:
    """Return the values of a list as it stands in a header."""
    return [cell.strip()[:80] for row in csv.reader([text], skipinitialspace=True) for cell in row if cell]


def _moments(time: _Variable, records: list[list[str]]) -> Floats:
    return times_of([row[time.start] if time.start < len(row) else "" for row in records])

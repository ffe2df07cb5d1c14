"""Vectors of CDF files over the axes that ISTP's attributes name: DEPEND_0, DEPEND_1, LABL_PTR_1."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np

from oais.information.representation.cdf import epoch_days, is_cdf_time, open_cdf
from oais.information.representation.cdf_records import Records
from oais.information.representation.decimation import Floats
from oais.information.representation.numbers import mjd_clock, spread
from oais.information.representation.series import MJD_UTC
from oais.information.representation.vectors import (
    FEWEST,
    MOST_VECTORS,
    PIECE_VALUES,
    Axis,
    Moments,
    Rows,
    Vector,
    Vectors,
    scale_told,
    size_fault,
)

_OF_TIMES: Final = 16
"""As much as so many values costs a time while it is converted."""

_NO_TIME: Final = -(2**63)
_NO_VALUE: Final = -1e30
"""What is as far below zero is ISTP's fill value (-1e31), whether a file says so or not."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A vector, its time and the variable that is its axis, empty where none is told; its labels likewise."""

    vector: Vector
    time: str
    axis: str
    labels: str


def cdf_vectors(stream: BinaryIO) -> Vectors:
    """Open the vectors of a CDF; raises ValueError when no variable is a time."""
    cdf = open_cdf(stream)
    info = cdf.cdf_info()
    variables = [*info.zVariables, *info.rVariables]
    times = [name for name in variables if is_cdf_time(cdf, name)]
    if not times:
        raise ValueError("the CDF has no time variable with records")
    found = {one.vector.name: one for one in _found(cdf, variables, times)}
    records = Records(cdf)

    def total(name: str) -> int:
        return min(_records(cdf, found[name].time), _records(cdf, name))

    def moments(name: str) -> Moments:
        for first, count in _pieces(total(name), _OF_TIMES):
            yield first, _moments(records, found[name].time, first, count)

    def rows(name: str) -> Rows:
        one = found[name]
        varies = bool(one.axis) and _changes(cdf, one.axis)
        for first, count in _pieces(total(name), one.vector.size):
            axes = _values(cdf, records, one.axis, first, count, one.vector.size) if varies else None
            values = _values(cdf, records, name, first, count, one.vector.size)
            yield _moments(records, one.time, first, count), values, axes

    return Vectors(
        unit=0,
        name="",
        columns={name: one.vector for name, one in found.items()},
        time=lambda name: (found[name].time, MJD_UTC),
        clock=lambda _name: mjd_clock(),
        total=total,
        axis=lambda name: _axis(cdf, records, found[name]),
        moments=moments,
        rows=rows,
    )


def _found(cdf: Any, variables: list[str], times: list[str]) -> Iterator[_Found]:
    left = MOST_VECTORS
    # What is told to be data is offered before what helps to understand them.
    for name in sorted(variables, key=lambda one: str(cdf.varattsget(one).get("VAR_TYPE", "")) != "data"):
        about, attributes = cdf.varinq(name), cdf.varattsget(name)
        sizes = [int(size) for size in about.Dim_Sizes]
        role = str(attributes.get("VAR_TYPE", "")).lower()
        of_numbers = (
            about.Data_Type_Description not in _NOT_NUMBERS and "CHAR" not in about.Data_Type_Description
        )
        if not of_numbers or math.prod(sizes) < FEWEST or role == "metadata" or not _varies(cdf, name):
            continue
        if left == 0:
            return
        left -= 1
        yield _described(cdf, str(name), attributes, sizes, times)


_ATTRIBUTES: Final = ("DEPEND_0", "DEPEND_1", "LABL_PTR_1", "UNITS", "SCALETYP")
_NOT_NUMBERS: Final = frozenset({"CDF_EPOCH", "CDF_EPOCH16", "CDF_TIME_TT2000"})


def _described(
    cdf: Any, name: str, attributes: Mapping[str, Any], sizes: list[int], times: list[str]
) -> _Found:
    told = {key: str(attributes.get(key, "")).strip() for key in _ATTRIBUTES}
    size = math.prod(sizes)
    time = told["DEPEND_0"] if told["DEPEND_0"] in times else times[0]
    fault = size_fault(sizes, _records(cdf, name))
    if told["DEPEND_0"] and told["DEPEND_0"] not in times:
        fault = fault or f"is told over {told['DEPEND_0']!r} (DEPEND_0), expected a time: {', '.join(times)}"
    if not fault and _records(cdf, name) != _records(cdf, time):
        counts = f"{_records(cdf, name)} records, {time} has {_records(cdf, time)}"
        fault = f"has {counts}, expected as many"
    axis, labels = told["DEPEND_1"], told["LABL_PTR_1"]
    if axis and not fault:
        axis, fault = _axis_of(cdf, axis, name, size)
    if not axis and labels and (not _is_there(cdf, labels) or _cells(cdf, labels) != size):
        labels = ""
    return _Found(Vector(name, told["UNITS"], size, fault, scale_told(told["SCALETYP"])), time, axis, labels)


def _axis_of(cdf: Any, axis: str, name: str, size: int) -> tuple[str, str]:
    """Return the variable that DEPEND_1 names, empty where it holds no numbers, and what is wrong with it."""
    if not _is_there(cdf, axis):
        return axis, f"is told over {axis!r} (DEPEND_1), which the file has not"
    if "CHAR" in cdf.varinq(axis).Data_Type_Description:
        return "", ""  # old files name labels there
    cells = _cells(cdf, axis)
    if cells != size:
        return axis, f"has {size} components, its axis {axis} (DEPEND_1) has {cells}, expected as many"
    told, wanted = _records(cdf, axis), _records(cdf, name)
    if told == 0:
        return axis, f"is told over {axis} (DEPEND_1), which has no value"
    if _changes(cdf, axis) and told != wanted:
        return axis, f"has {wanted} records, its axis {axis} (DEPEND_1) has {told}, expected as many, or 1"
    return axis, ""


def _axis(cdf: Any, records: Records, one: _Found) -> Axis:
    """Return the axis of a vector, whose components are counted where their values are not told."""
    size = one.vector.size
    if one.axis:
        attributes = cdf.varattsget(one.axis)
        unit = str(attributes.get("UNITS", "")).strip()
        name = str(attributes.get("LABLAXIS", "")).strip() or one.axis
        scale = scale_told(str(attributes.get("SCALETYP", "")))
        if _changes(cdf, one.axis):
            return Axis(name, unit, varies=True, scale=scale)
        return Axis(name, unit, _values(cdf, records, one.axis, 0, 1, size)[0], scale=scale)
    labels: tuple[str, ...] = ()
    if one.labels:
        told = np.atleast_1d(np.asarray(cdf.varget(one.labels))).ravel()
        labels = tuple(str(label).strip()[:80] for label in told[:size])
    return Axis("", "", np.arange(1.0, size + 1.0), labels if len(labels) == size else ())


def _values(cdf: Any, records: Records, name: str, first: int, count: int, size: int) -> Floats:
    """Return some records of a variable, NaN where it says that there is no value."""
    raw = records.read(name, first, count) if _varies(cdf, name) else np.asarray(cdf.varget(name))
    if raw.dtype.kind not in "iuf" or raw.size != count * size:
        raise ValueError(f"{name} has {raw.size} numbers in {count} records, expected {count * size}")
    values = raw.reshape(count, size).astype(np.float64)
    fill = cdf.varattsget(name).get("FILLVAL")
    if isinstance(fill, int | float | np.number):
        # Compared in the variable's own type: a fill value of -1e31 is another number in 32 bits.
        own = raw.dtype.type(fill) if raw.dtype.kind == "f" else fill
        values[raw.reshape(count, size) == own] = np.nan
    values[values <= _NO_VALUE] = np.nan
    return values


def _moments(records: Records, name: str, first: int, count: int) -> Floats:
    """Return some times as MJD of UTC, NaN for none."""
    read = records.read(name, first, count)
    days: Floats = np.atleast_1d(epoch_days(read))
    if read.dtype.kind in "if":
        # What stands for no time would be read as a date thousands of years away.
        days[(read <= _NO_VALUE) | (read == _NO_TIME)] = np.nan
    return days


def _pieces(records: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the first record and the count of pieces, in an order in which they lie all over the file."""
    together = max(1, PIECE_VALUES // size)
    for number in spread(-(-records // together)):
        first = number * together
        yield first, min(together, records - first)


def _is_there(cdf: Any, name: str) -> bool:
    info = cdf.cdf_info()
    return name in info.zVariables or name in info.rVariables


def _records(cdf: Any, name: str) -> int:
    return int(cdf.varinq(name).Last_Rec) + 1


def _cells(cdf: Any, name: str) -> int:
    return math.prod(int(size) for size in cdf.varinq(name).Dim_Sizes)


def _varies(cdf: Any, name: str) -> bool:
    return bool(cdf.varinq(name).Rec_Vary)


def _changes(cdf: Any, name: str) -> bool:
    """Tell whether a variable has values for more records than one."""
    return _varies(cdf, name) and _records(cdf, name) > 1

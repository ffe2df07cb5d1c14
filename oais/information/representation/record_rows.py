"""Records of CEF and CDF files as rows: a value a record and column, the first time column tells when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.cdf import MOST_VALUES, open_cdf
from oais.information.representation.derived_tables import DerivedTable
from oais.information.representation.intervals import Interval
from oais.information.representation.opening import Readable
from oais.information.representation.rows import CODES, PIECE, Field, FoundTables, Piece, Rows
from oais.information.representation.series import cef_table
from oais.information.representation.time_columns import (
    NoTimeError,
    TimeColumn,
    epoch_milliseconds,
    tt_nanoseconds,
    utc_texts,
)

_CEF_NUMBERS = {"FLOAT": ("D", "f8"), "DOUBLE": ("D", "f8"), "INT": ("K", "i8"), "BYTE": ("I", "i2")}
_CEF_TIMES = ("ISO_TIME", "ISO_TIME_RANGE")
_WIDER = {"i1": "i2", "u2": "i4", "u4": "i8"}
_TT2000_MISSING = -(2**63)
_EPOCH_MISSING = -1e31
_CDF_TIMES = {
    "CDF_TIME_TT2000": ("ns of TT since J2000", tt_nanoseconds, _TT2000_MISSING),
    "CDF_EPOCH": ("ms of UTC since 0000-01-01", epoch_milliseconds, _EPOCH_MISSING),
}
"""Time types of CDF: what they count, where a moment stands in it, and the number that is no time."""


def cef_rows(stream: Readable, interval: Interval | None) -> Rows:
    """Read the records of a CEF-2 file; of a time range the beginning counts.

    Raises ValueError for a file that is too long to be held, or whose records have not all cells.
    """
    table = cef_table(stream)
    if not table.whole:
        raise ValueError("it is too long to be cut or converted")
    cells = [row for row in table.rows if row]
    if any(len(row) != len(table.names) for row in cells):
        raise ValueError(f"not every record has {len(table.names)} values")
    turned = list(zip(*cells, strict=True)) if cells else [()] * len(table.names)
    fields, columns = [], []
    for name, unit, kind, values in zip(table.names, table.units, table.kinds, turned, strict=True):
        field, column = _cef_column(name, "" if kind in _CEF_TIMES else unit, kind, values)
        fields.append(field)
        columns.append(column)
    if interval is None:
        return _held("CEF records", fields, columns, None, None)
    number = next((n for n, kind in enumerate(table.kinds) if kind in _CEF_TIMES), None)
    if number is None:
        raise NoTimeError("no variable is an ISO_TIME")
    time = TimeColumn(table.names[number], "UTC as text", None)
    begins = utc_texts([cell.partition("/")[0] for cell in turned[number]])
    return _held("CEF records", fields, columns, time, time.within(interval, begins))


def _cef_column(name: str, unit: str, kind: str, cells: Any) -> tuple[Field, NDArray[Any]]:
    if kind in _CEF_NUMBERS:
        code, dtype = _CEF_NUMBERS[kind]
        try:
            return Field(name, unit, code), np.array(cells, dtype=dtype).reshape(-1, 1)
        except (ValueError, OverflowError) as error:
            raise ValueError(f"{name} holds a value that is no {kind}") from error
    texts = np.array(cells, dtype=np.str_).reshape(-1, 1)
    return Field(name, unit, "A", max(1, texts.dtype.itemsize // 4)), texts


def cdf_rows(stream: BinaryIO, interval: Interval | None) -> FoundTables:
    """Read the variables of a CDF, a table for each time variable that others depend on.

    A variable that names no time belongs to the first, if it has as many records. A table with a variable
    that is too large to be held, or of a type that is not converted, is left out. Raises ValueError when no
    variable is a time that is compared, or no table remains.
    """
    cdf = open_cdf(stream)
    info = cdf.cdf_info()
    kinds = {str(name): cdf.varinq(str(name)) for name in (*info.zVariables, *info.rVariables)}
    times = [name for name, about in kinds.items() if about.Data_Type_Description in _CDF_TIMES]
    if not times:
        raise NoTimeError("no variable is a CDF_EPOCH or CDF_TIME_TT2000")
    told = FoundTables([], [], "")
    for time in times:
        names = _belonging(cdf, time, times[0], kinds)
        if time == times[0] or len(names) > 1:
            _add_cdf_table(told, cdf, time, {name: kinds[name] for name in names}, interval)
    return told.checked(interval)


def _belonging(cdf: Any, time: str, first: str, kinds: Mapping[str, Any]) -> list[str]:
    """Return the variables that have a value for each record of a time (ISTP: by their DEPEND_0)."""
    records = int(kinds[time].Last_Rec)

    def belongs(name: str, about: Any) -> bool:
        depends = str(cdf.varattsget(name).get("DEPEND_0", first)).strip()
        return depends == time and bool(about.Rec_Vary) and int(about.Last_Rec) == records

    return [name for name, about in kinds.items() if name == time or belongs(name, about)]


def _add_cdf_table(
    told: FoundTables, cdf: Any, time: str, kinds: Mapping[str, Any], interval: Interval | None
) -> None:
    records = int(kinds[time].Last_Rec) + 1
    held = sum(rows.total * sum(field.size for field in rows.fields) for rows in told.rows)
    try:
        if told.rows and held + records * sum(map(_cells_of, kinds.values())) > MOST_VALUES:
            raise ValueError(f"with the tables before it has more than {MOST_VALUES} values")
        read = [_cdf_column(cdf, name, about, records) for name, about in kinds.items()]
    except ValueError as error:
        told.lack(str(error))
        told.left_out.append(DerivedTable(time, "", "", 0, records, str(error)))
        return
    fields, columns = [field for field, _ in read], [values for _, values in read]
    if interval is None:
        told.rows.append(_held(time, fields, columns, None, None))
        return
    compared, bound, missing = _CDF_TIMES[kinds[time].Data_Type_Description]
    column = TimeColumn(time, compared, bound, missing)
    moments = columns[list(kinds).index(time)][:, 0]
    told.rows.append(_held(time, fields, columns, column, column.within(interval, moments)))


def _cells_of(about: Any) -> int:
    """Return how many values a record of a variable has."""
    return int(np.prod([int(length) for length in about.Dim_Sizes] or [1], dtype=object))


def _cdf_column(cdf: Any, name: str, about: Any, records: int) -> tuple[Field, NDArray[Any]]:
    unit = str(cdf.varattsget(name).get("UNITS", "")).strip()
    kind = str(about.Data_Type_Description)
    size = _cells_of(about)
    if records * size > MOST_VALUES:
        raise ValueError(f"{name} has {records * size} values, at most {MOST_VALUES} are held")
    values = np.asarray(cdf.varget(name)) if records else np.empty((0, size), _empty_type(kind))
    if values.dtype.kind in "US":
        texts = values.astype(np.str_).reshape(records, size)
        joined = np.array([" ".join(row) for row in texts], dtype=np.str_).reshape(records, 1)
        return Field(name, unit, "A", max(1, joined.dtype.itemsize // 4)), joined
    stored = values.dtype.str[1:]
    if stored not in CODES:
        raise ValueError(f"{name} is of the type {kind}, which is not converted")
    flat = values.reshape(records, size).astype(_WIDER.get(stored, stored))
    return Field(name, _CDF_TIMES[kind][0] if kind in _CDF_TIMES else unit, CODES[stored], size), flat


def _empty_type(kind: str) -> str:
    return {"CDF_TIME_TT2000": "i8", "CDF_CHAR": "U1", "CDF_UCHAR": "U1"}.get(kind, "f8")


def _held(
    name: str, fields: list[Field], columns: list[NDArray[Any]], time: TimeColumn | None, keep: Any
) -> Rows:
    """Return rows that are in memory, a piece at a time."""
    total = len(columns[0]) if columns else 0

    def read() -> Iterator[Piece]:
        for first in range(0, total, PIECE):
            piece = Piece(tuple(column[first : first + PIECE] for column in columns))
            yield piece if keep is None else piece.kept(keep[first : first + PIECE])

    return Rows(name, tuple(fields), total, time, read)

"""Records of CEF and CDF files as rows: a value a record and column, the first time column tells when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.cdf import MOST_VALUES, open_cdf
from oais.information.representation.intervals import Interval
from oais.information.representation.opening import Readable
from oais.information.representation.rows import CODES, PIECE, Field, Piece, Rows
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


def cdf_rows(stream: BinaryIO, interval: Interval | None) -> Rows:
    """Read the variables of a CDF that have a record for each of its first time variable.

    Raises ValueError when no variable is a time that is compared, or one is too large to be held.
    """
    cdf = open_cdf(stream)
    info = cdf.cdf_info()
    variables = [str(name) for name in (*info.zVariables, *info.rVariables)]
    kinds = {name: cdf.varinq(name) for name in variables}
    named = next((name for name in variables if kinds[name].Data_Type_Description in _CDF_TIMES), None)
    if named is None:
        raise NoTimeError("no variable is a CDF_EPOCH or CDF_TIME_TT2000")
    records = int(kinds[named].Last_Rec) + 1
    fields, columns = [], []
    for name in variables:
        if name == named or _belongs(cdf, name, named, kinds[name], records):
            field, values = _cdf_column(cdf, name, kinds[name], records)
            fields.append(field)
            columns.append(values)
    if interval is None:
        return _held(named, fields, columns, None, None)
    told, bound, missing = _CDF_TIMES[kinds[named].Data_Type_Description]
    time = TimeColumn(named, told, bound, missing)
    moments = columns[[field.name for field in fields].index(named)][:, 0]
    return _held(named, fields, columns, time, time.within(interval, moments))


def _belongs(cdf: Any, name: str, time: str, about: Any, records: int) -> bool:
    """Return whether a variable has a value for each record of the time (ISTP: by its DEPEND_0)."""
    depends = str(cdf.varattsget(name).get("DEPEND_0", time)).strip()
    return depends == time and bool(about.Rec_Vary) and int(about.Last_Rec) + 1 == records


def _cdf_column(cdf: Any, name: str, about: Any, records: int) -> tuple[Field, NDArray[Any]]:
    unit = str(cdf.varattsget(name).get("UNITS", "")).strip()
    kind = str(about.Data_Type_Description)
    size = int(np.prod([int(length) for length in about.Dim_Sizes] or [1], dtype=object))
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

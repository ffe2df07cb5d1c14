"""NASA CDF files: global attributes and variables, read by cdflib from bytes that are already ours.

cdflib takes a name and fetches what looks like a URL or an S3 address; it is given the name of an open
descriptor (``/proc/self/fd/N``), which can be neither. It writes temporary files for compressed CDFs,
so it is run only in the limited child, whose temporary folder is its own.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

from oais.information.findings import finding
from oais.information.representation.contents import LONGEST_VALUE, MOST_ENTRIES, Contents

MAGIC = (b"\xcd\xf3\x00\x01", b"\xcd\xf2\x60\x02", b"\x00\x00\xff\xff")
"""First words of CDF 3, CDF 2.6-2.7 and CDF up to 2.5 (CDF Internal Format Description §2.1)."""


MOST_VALUES = 20_000_000
"""Values of one variable that are held to show it."""

MOST_COMPONENTS = 8
"""Components of a variable of vectors that are shown."""

_DAY = 86_400.0
_MJD_0 = 678_941
"""Days of the Gregorian calendar from the beginning of the year 0 to 1858-11-17, the day 0 of MJD."""

_YEAR_10000 = 3_652_425 * _DAY
"""Seconds from the beginning of the year 0 to that of the year 10000."""

_TIME_TYPES = frozenset({"CDF_EPOCH", "CDF_EPOCH16", "CDF_TIME_TT2000"})
_COMPRESSED = b"\xcc\xcc\x00\x01"


def open_cdf(stream: BinaryIO) -> Any:
    """Open a CDF by its descriptor; raises whatever cdflib raises for a damaged one."""
    import cdflib

    return cdflib.CDF(f"/proc/self/fd/{stream.fileno()}")


def tt2000(*civil: int) -> int:
    """Return the TT2000 of a UTC: year, month, day, hour, minute, second; 60 is the leap second."""
    import cdflib

    return int(cdflib.cdfepoch.compute_tt2000([*civil, 0, 0, 0]))


def read_cdf(stream: BinaryIO, path: str) -> Contents:
    """Read global attributes and the list of variables of a CDF file."""
    missing = missing_bytes(stream)
    if missing:
        return Contents(findings=(finding("FMT-006", path, f"the CDF is cut: {missing}"),))
    try:
        cdf = open_cdf(stream)
        info = cdf.cdf_info()
        values = _global_attributes(cdf)
        columns = [_column(cdf, name) for name in (*info.zVariables, *info.rVariables)]
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file makes cdflib raise anything at all
        message = f"the CDF cannot be read: {type(error).__name__}: {error}"
        return Contents(findings=(finding("FMT-006", path, message),))
    unit = {
        "unit": 0,
        "name": str(values.get("Logical_source") or values.get("TITLE") or ""),
        "kind": "cdf",
        "version": str(info.Version),
        "columns": columns,
    }
    return Contents((values,), (unit,))


def missing_bytes(stream: BinaryIO) -> str:
    """Compare the file's size with the end that its GDR states; empty when all is there.

    CDF Internal Format Description §2.2-2.3; a compressed CDF has no such field (its stream tells).
    """
    stream.seek(0, 2)
    size = stream.tell()
    stream.seek(0)
    head = stream.read(28)
    wide = head.startswith(MAGIC[0])
    if len(head) < 28:
        return f"it has {size} bytes"
    if head[4:8] == _COMPRESSED:
        return ""
    start = struct.unpack(">q" if wide else ">i", head[20:28] if wide else head[16:20])[0]
    layout = ">qiqqqq" if wide else ">iiiiii"
    if not 0 < start < size:
        return f"its global descriptor is at byte {start}, the file has {size}"
    stream.seek(start)
    record = stream.read(struct.calcsize(layout))
    if len(record) < struct.calcsize(layout):
        return "its global descriptor is not whole"
    end = struct.unpack(layout, record)[5]
    return "" if end <= size else f"it has {size} bytes, its global descriptor says {end}"


def _global_attributes(cdf: Any) -> dict[str, Any]:
    """Return the global attributes; entries of one attribute are joined by newlines."""
    values: dict[str, Any] = {}
    for name, entries in cdf.globalattsget().items():
        if len(values) >= MOST_ENTRIES:
            break
        plain = [str(entry) for entry in entries] if isinstance(entries, list) else [str(entries)]
        values[str(name)] = "\n".join(plain)[:LONGEST_VALUE]
    return values


def _column(cdf: Any, name: str) -> dict[str, Any]:
    about = cdf.varinq(name)
    attributes: Mapping[str, Any] = cdf.varattsget(name)
    return {
        "name": str(name),
        "unit": str(attributes.get("UNITS", "")).strip(),
        "format": str(about.Data_Type_Description),
        "shape": [int(size) for size in about.Dim_Sizes],
        "rows": int(about.Last_Rec) + 1,
        "description": str(attributes.get("CATDESC", ""))[:LONGEST_VALUE],
        "role": str(attributes.get("VAR_TYPE", "")),
    }


def cdf_series(stream: BinaryIO) -> tuple[list[tuple[str, str, Any]], list[str]]:
    """Return name, unit and float64 values of the variables that have a number for each record.

    The first is the time, as MJD days; raises ValueError when there is none. Fill values become NaN. With
    them come the names of the variables that are left out because they are too large to be held.
    """
    cdf = open_cdf(stream)
    variables = cdf.cdf_info().zVariables + cdf.cdf_info().rVariables
    time = next((name for name in variables if is_cdf_time(cdf, name)), None)
    if time is None:
        raise ValueError("the CDF has no time variable with records")
    days = epoch_days(cdf.varget(time))
    found, left_out = [(str(time), "MJD (UTC)", days)], []
    for name in variables:
        about = cdf.varinq(name)
        if name == time or int(about.Last_Rec) + 1 != len(days) or "CHAR" in about.Data_Type_Description:
            continue
        cells = math.prod(int(size) for size in about.Dim_Sizes)
        if max(len(days) * min(cells, MOST_COMPONENTS), cells) > MOST_VALUES:
            left_out.append(str(name))
        else:
            found.extend(_components(cdf, str(name), len(days), cells))
    return found, left_out


def epoch_days(epochs: Any) -> Any:
    """Return times of a CDF of any type as MJD of UTC, float64 of their shape; NaN for none.

    CDF_EPOCH counts milliseconds of the years 0 to 9999, and CDF_EPOCH16 seconds of them with picoseconds
    beside; the first and the last stand for no value (CDF User's Guide on CDF_EPOCH; ISTP on FILLVAL).
    cdflib would tell years before 1678 and after 2262 as others.
    """
    import cdflib
    import numpy as np

    told = np.atleast_1d(np.asarray(epochs))
    if told.dtype.kind in "fc":
        unit = 1_000.0 if told.dtype.kind == "f" else 1.0
        seconds = told.real / unit
        with np.errstate(invalid="ignore"):
            days = ((told.real - _MJD_0 * unit * _DAY) / unit + told.imag * 1e-12) / _DAY
            return np.where((seconds > 0) & (seconds < _YEAR_10000 - 1e-3), days, np.nan)
    moments = cdflib.cdfepoch.to_datetime(epochs).astype("datetime64[us]")
    days = (moments - np.datetime64("1858-11-17T00:00:00", "us")) / np.timedelta64(86_400_000_000, "us")
    return days.astype(np.float64)


def is_cdf_time(cdf: Any, name: str) -> bool:
    """Return whether a variable of an open CDF holds times, one at least."""
    about = cdf.varinq(name)
    return about.Data_Type_Description in _TIME_TYPES and int(about.Last_Rec) >= 0


def _components(cdf: Any, name: str, rows: int, cells: int) -> list[tuple[str, str, Any]]:
    """Return the first components of a variable; it is read in pieces, of which no more than these stay."""
    import numpy as np

    flat = np.empty((rows, min(cells, MOST_COMPONENTS)))
    together = max(1, MOST_VALUES // cells)
    for first in range(0, rows, together):
        count = min(together, rows - first)
        values = np.asarray(cdf.varget(name, startrec=first, endrec=first + count - 1))
        if values.dtype.kind not in "iuf" or values.size != count * cells:
            return []
        flat[first : first + count] = values.reshape(count, cells)[:, :MOST_COMPONENTS]
    attributes: Mapping[str, Any] = cdf.varattsget(name)
    unit = str(attributes.get("UNITS", "")).strip()
    fill = attributes.get("FILLVAL")
    if isinstance(fill, int | float | np.number):
        flat[flat == np.float64(fill)] = np.nan
    if flat.shape[1] == 1:
        return [(name, unit, flat[:, 0])]
    return [(f"{name}[{n}]", unit, flat[:, n]) for n in range(flat.shape[1])]

"""Reading the values that headers hold: numbers as texts, dates in many styles, angles, blanks.

Times become MJD in UTC days, angles degrees, wavelengths metres. What cannot be read raises ValueError
with words for the provider.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oais.information.text import printable

BLANK = frozenset(
    {"", "n/a", "na", "nan", "none", "null", "undefined", "unknown", "not applicable", "dummy", "-"}
)
"""What producers write where there is no value, in lower case."""

SCALES = frozenset({"UTC", "TAI", "TT", "TDB"})
"""Time scales; TDB differs from TT by less than 2 ms, which is far below what is described here."""

_LONGEST = 4000
_MJD_EPOCH = datetime(1858, 11, 17, tzinfo=UTC)
_LEAP_DAYS = (
    41317, 41499, 41683, 42048, 42413, 42778, 43144, 43509, 43874, 44239, 44786, 45151, 45516, 46247,
    47161, 47892, 48257, 48804, 49169, 49534, 50083, 50630, 51179, 53736, 54832, 56109, 57204, 57754,
)  # fmt: skip
"""MJD from which TAI − UTC is 10 s, 11 s … 37 s (IERS Bulletin C)."""


def plain(value: Any) -> Any:
    """Return a header value as text, number, boolean or None; blanks of all styles are None."""
    if isinstance(value, list | tuple):
        parts = [str(item).strip() for item in value if plain(item) is not None]
        return ", ".join(parts) or None
    if isinstance(value, bool | int):
        return value if -(2**63) <= value < 2**63 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    stripped = value.strip().strip("'").strip()
    return None if stripped.lower() in BLANK else stripped


def utc_days(mjd: float, scale: str) -> float:
    """Return an MJD of another time scale as UTC; before 1972 it is left as it is."""
    if scale == "UTC" or mjd < _LEAP_DAYS[0]:
        return mjd
    ahead = 0.0 if scale == "TAI" else 32.184
    guess = mjd - (ahead + 10) / 86400
    for _ in range(2):
        guess = mjd - (ahead + 9 + bisect_right(_LEAP_DAYS, guess)) / 86400
    return guess


def to_text(value: Any) -> str:
    """Return the value as a text with single spaces, its control characters escaped, and not endless."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(" ".join(str(value).split()), _LONGEST)


def to_number(value: Any) -> float:
    """Read a finite number; Fortran's ``D`` exponent is one too."""
    if isinstance(value, bool):
        raise ValueError("a number is expected")
    try:
        found = float(
            re.sub(r"(?<=[0-9.])[dD](?=[+-]?[0-9])", "e", value) if isinstance(value, str) else value
        )
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a number is expected") from None
    if not math.isfinite(found):
        raise ValueError("a finite number is expected")
    return found


def to_integer(value: Any) -> int:
    """Read a whole number."""
    found = to_number(value)
    if found != int(found):
        raise ValueError("a whole number is expected")
    return int(found)


def to_degrees(value: Any) -> float:
    """Read an angle in degrees, as a number, ``+22:00:52.2`` or ``22d00m52.2s``."""
    return _sexagesimal(value) if _is_sexagesimal(value) else to_number(value)


def to_hours(value: Any) -> float:
    """Read an angle written in hours, minutes and seconds; return degrees."""
    return 15.0 * (_sexagesimal(value) if _is_sexagesimal(value) else to_number(value))


_SEXAGESIMAL = re.compile(
    r"([+-]?)\s*(\d{1,3})[\s:dh°]+(\d{1,2})(?:[\s:m′']+(\d{1,2}(?:\.\d*)?)[s″\"]?)?\s*[m′']?", re.ASCII
)


def _is_sexagesimal(value: Any) -> bool:
    return isinstance(value, str) and _SEXAGESIMAL.fullmatch(value.strip()) is not None


def _sexagesimal(value: str) -> float:
    match = _SEXAGESIMAL.fullmatch(value.strip())
    if match is None or int(match[3]) > 59 or float(match[4] or 0) >= 60:
        raise ValueError("degrees, minutes below 60 and seconds below 60 are expected")
    size = int(match[2]) + int(match[3]) / 60 + float(match[4] or 0) / 3600
    return -size if match[1] == "-" else size


_CLOCK = r"(?:[T _:]+(\d{1,2}):(\d{2})(?::(\d{2})((?:\.\d*)?))?)?"
_DATES = (
    (
        re.compile(rf"(\d{{4}})[-./](\d{{1,2}})[-./](\d{{1,2}}){_CLOCK}Z?(?:_(?:UTC|TAI|TT))?", re.ASCII),
        (1, 2, 3),
    ),
    (re.compile(rf"(\d{{1,2}})[-./](\d{{1,2}})[-./](\d{{4}}){_CLOCK}Z?", re.ASCII), (3, 2, 1)),
    (
        re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T_-]?(\d{2}):?(\d{2}):?(\d{2})((?:\.\d*)?))?Z?", re.ASCII),
        (1, 2, 3),
    ),
)


def to_mjd(value: Any) -> float:
    """Read a date as MJD, in any style met so far.

    ISO 8601, ``07/06/2011`` (day first), ``20100105_120000``, ``2009.01.28_00:36:00_TAI``.
    The two digits of the FITS dates before 1999, ``dd/mm/yy``, mean the twentieth century (FITS 4.0 §4.4.2).
    """
    found = to_text(value).replace("T-", "T").strip()
    short = re.fullmatch(r"(\d{2})/(\d{2})/(\d{2})", found, re.ASCII)
    if short:
        found = f"{short[1]}/{short[2]}/19{short[3]}"
    found = re.sub(r"(?<=\d)T(\d{2})-(\d{2})-(\d{2})", r"T\1:\2:\3", found)
    for shape, (year, month, day) in _DATES:
        match = shape.fullmatch(found)
        if match:
            parts = (match[year], match[month], match[day], match[4] or 0, match[5] or 0, match[6] or 0)
            return _mjd(parts, match[7] or "0")
    raise ValueError("a date such as 2011-06-07T12:00:00 is expected")


def _mjd(parts: tuple[Any, ...], fraction: str) -> float:
    year, month, day, hour, minute, second = (int(part) for part in parts)
    leap = second == 60
    try:
        moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=UTC)
    except ValueError:
        raise ValueError("a date that exists is expected") from None
    seconds = (moment - _MJD_EPOCH).seconds + leap + float(f"0{fraction}" if fraction.startswith(".") else 0)
    return (moment - _MJD_EPOCH).days + seconds / 86400


def _from_jd(value: Any) -> float:
    return to_number(value) - 2400000.5


def _from_angstrom(value: Any) -> float:
    return to_number(value) * 1e-10


def _from_nanometre(value: Any) -> float:
    return to_number(value) * 1e-9


FORMS: dict[str, Callable[[Any], Any]] = {
    "text": to_text,
    "number": to_number,
    "integer": to_integer,
    "degrees": to_degrees,
    "hours": to_hours,
    "date": to_mjd,
    "mjd": to_number,
    "jd": _from_jd,
    "angstrom": _from_angstrom,
    "nanometre": _from_nanometre,
}
"""The words of ``as:`` in an agreement and what reads such a value."""

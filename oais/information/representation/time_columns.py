"""The time of a row, by what the product says of its column, compared exactly with an interval of UTC.

The ends of the interval go to the column's own scale in exact fractions and are rounded up to the next
value that the column can hold: a row is in exactly when its number is. Barycentric times are compared
with TDB at the barycentre as they stand; no light travel time is taken out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oais.information.representation.cdf import tt2000
from oais.information.representation.fits_cards import Cards
from oais.information.representation.fits_tables import FitsColumn
from oais.information.representation.intervals import Interval, Moment, moment_of, sortable

Mask = NDArray[np.bool_]
Bound = Callable[[Moment], Fraction]
"""Where a moment of UTC stands in the numbers of a column."""

DAY = 86_400
_J2000 = Fraction(2_451_545)
_MJD = Fraction(4_800_001, 2)
_FIRST_DAY = 1_721_425
"""Julian date, at noon, of the day with ordinal 1 (0001-01-01)."""

_TT_MINUS_TAI = Fraction(32_184, 1_000)
_SCALES = {"TT": "TT", "TDT": "TT", "ET": "TT", "TAI": "TAI", "IAT": "TAI", "TDB": "TDB", "UTC": "UTC"}
_DAYS = frozenset({"d", "day", "days"})
_SECONDS = frozenset({"s", "sec", "second", "seconds"})
_COUNTED_FROM = re.compile(r"(B?JD|MJD) *- *(\d+(?:\.\d+)?)(?:, *days?)?\Z")
_ORIGINS = (("MJDREF", _MJD), ("JDREF", Fraction(0)), ("BJDREF", Fraction(0)))


class NoTimeError(ValueError):
    """A table whose rows have no time that can be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """The column that tells when a row is, and ``compared``: its scale and origin in words.

    ``bound`` is None for texts in UTC; ``missing`` is the number that stands for no time; ``days`` makes
    MJD of UTC, to about a microsecond, of the numbers of a FITS column.
    """

    name: str
    compared: str
    bound: Bound | None
    missing: float | None = None
    days: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None

    def within(self, interval: Interval, values: NDArray[Any]) -> Mask:
        """Return which of the values (texts made ``sortable``, or numbers) lie in the interval."""
        if self.bound is None:
            keep: Mask = values != ""
            start: Any = interval.start
            stop: Any = interval.stop
        else:
            keep = np.isfinite(values) if self.missing is None else values != self.missing
            ends = [self.bound(moment_of(end)) if end else None for end in (interval.start, interval.stop)]
            start, stop = (None if end is None else _next_number(end, values.dtype) for end in ends)
        if interval.start:
            keep = keep & (values >= start)
        return keep & (values < stop) if interval.stop else keep


def _next_number(exact: Fraction, dtype: np.dtype[Any]) -> float | int:
    """Return the smallest number of a type that is not below an exact one: rows below it are before."""
    if dtype.kind in "iu":
        return math.ceil(exact)
    nearest = float(exact)
    return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)


def utc_texts(values: Iterable[str]) -> NDArray[np.str_]:
    """Return the times of a column of texts so that they can be compared."""
    return np.array([sortable(value) for value in values], dtype=np.str_)


def tt_nanoseconds(moment: Moment) -> Fraction:
    """Return nanoseconds of TT since 2000-01-01T12:00:00 TT, as CDF_TIME_TT2000 counts them."""
    second = math.floor(moment.second)
    day = moment.day
    whole = tt2000(day.year, day.month, day.day, moment.hour, moment.minute, second)
    return whole + (moment.second - second) * 10**9


def epoch_milliseconds(moment: Moment) -> Fraction:
    """Return milliseconds since 0000-01-01 without leap seconds, as CDF_EPOCH counts them."""
    return ((moment.day.toordinal() + 365) * DAY + moment.second_of_day) * 1_000


def julian_date(moment: Moment, scale: str) -> Fraction:
    """Return the Julian date of a moment of UTC in TT, TAI, TDB or UTC."""
    if scale == "UTC":
        return moment.day.toordinal() + _FIRST_DAY - Fraction(1, 2) + moment.second_of_day / DAY
    terrestrial = _J2000 + tt_nanoseconds(moment) / (DAY * 10**9)
    if scale == "TAI":
        return terrestrial - _TT_MINUS_TAI / DAY
    return terrestrial + (_tdb_minus_tt(terrestrial) / DAY if scale == "TDB" else 0)


def _tdb_minus_tt(terrestrial: Fraction) -> Fraction:
    """Return TDB - TT at the centre of the Earth, in seconds, at a Julian date of TT."""
    from astropy.time import Time
    from astropy.utils import iers

    iers.conf.auto_download = False
    whole = math.floor(terrestrial)
    moment = Time(float(whole), float(terrestrial - whole), format="jd", scale="tt")
    return Fraction(float(moment.delta_tdb_tt))


def fits_time_column(cards: Cards, primary: Cards, columns: Sequence[FitsColumn]) -> TimeColumn:
    """Find the time of the rows of a FITS table (FITS 4.0 §9): UTC as text, TIME, or MJD_TIME and MJD.

    Raises NoTimeError when there is none, or one that does not tell its scale and origin.
    """
    for column in columns:
        if column.code == "A" and ("UTC" in column.name.upper() or column.unit == "TIMESYS=UTC"):
            return TimeColumn(column.name, "UTC as text", None)
    named = {column.name.upper(): column for column in columns if column.is_number}
    found = next((named[name] for name in ("TIME", "MJD_TIME", "MJD") if name in named), None)
    if found is None:
        raise NoTimeError("no column is described as time")
    said = {**primary.values, **cards.values}
    scale = _SCALES.get(str(said.get("TIMESYS", "")).strip().upper())
    if scale is None:
        raise NoTimeError(f"{found.name} has no time scale: TIMESYS is {said.get('TIMESYS')!r}")
    if said.get("TIMEOFFS") or said.get("TIMEZERO"):
        raise NoTimeError(f"{found.name} is shifted by TIMEOFFS or TIMEZERO")
    origin, unit = _origin_and_unit(found, said)
    if scale == "UTC" and unit != DAY:
        raise NoTimeError(f"{found.name} counts seconds of UTC, which leap seconds make ambiguous")
    told = f"{scale}, in {'days' if unit == DAY else 'seconds'} since JD {float(origin)!r}"
    return TimeColumn(
        found.name,
        told,
        lambda moment: (julian_date(moment, scale) - origin) * DAY / unit,
        days=lambda values: utc_days(values, scale, origin, unit),
    )


def utc_days(values: NDArray[np.float64], scale: str, origin: Fraction, unit: int) -> NDArray[np.float64]:
    """Return times counted from the Julian date ``origin`` in ``unit`` seconds of a scale as MJD of UTC.

    Raises ValueError for a date that astropy does not know.
    """
    from astropy.time import Time
    from astropy.utils import iers

    iers.conf.auto_download = False
    whole = math.floor(origin)
    days = values * (unit / DAY) + float(origin - whole)
    moments = Time(float(whole), days, format="jd", scale=scale.lower())
    return np.asarray(moments.utc.mjd, dtype=np.float64)


def _origin_and_unit(column: FitsColumn, said: dict[str, Any]) -> tuple[Fraction, int]:
    """Return the Julian date that a column counts from, and the seconds of its unit."""
    counted = _COUNTED_FROM.match(column.unit.strip())
    unit = "d" if counted else (column.unit.strip() or str(said.get("TIMEUNIT", ""))).lower()
    if unit not in _DAYS | _SECONDS:
        raise NoTimeError(f"{column.name} has the unit {column.unit!r}, expected days or seconds")
    seconds = DAY if unit in _DAYS else 1
    if column.name.upper().startswith("MJD"):
        return _MJD, seconds
    for keyword, zero in _ORIGINS:
        parts = [said.get(keyword + part) for part in ("", "I", "F")]
        known = [Fraction(part) for part in parts if isinstance(part, int | float)]
        if known:
            return zero + sum(known, Fraction(0)), seconds
    if counted is None:
        raise NoTimeError(f"{column.name} does not say what it counts from: there is no MJDREF")
    return (_MJD if counted[1] == "MJD" else Fraction(0)) + Fraction(counted[2]), seconds

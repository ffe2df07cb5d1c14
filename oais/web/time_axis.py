"""Ticks of an axis of UTC, at moments that people read: whole seconds, hours, days, months or years."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from oais.web.plots import Tick

_ORIGIN: Final = datetime(1858, 11, 17, tzinfo=UTC)
_FIRST, _LAST = -600_000.0, 2_900_000.0
_DAY: Final = 86_400.0
_SECONDS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAYS: Final = (1, 2, 5, 10)
_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200)
_MONTH: Final = 30.4


def moment_of(mjd: float) -> datetime | None:
    """Return the moment of an MJD of UTC, None for one that no calendar of ours holds."""
    return _ORIGIN + timedelta(days=mjd) if _FIRST <= mjd <= _LAST else None


def utc_text(mjd: float) -> str:
    """Return an MJD as UTC to the millisecond, ``2018-11-16T12:00:00.000Z``; empty for none."""
    moment = moment_of(mjd)
    if moment is None:
        return ""
    rounded = moment + timedelta(microseconds=500)
    return rounded.strftime("%Y-%m-%dT%H:%M:%S.") + f"{rounded.microsecond // 1000:03}Z"


def time_ticks(low: float, high: float, about: int) -> list[Tick]:
    """Return moments between two MJD, about as many as asked for; none outside of the calendar."""
    start, end = moment_of(low), moment_of(high)
    if start is None or end is None or not high > low:
        return []
    seconds = (high - low) * _DAY / about
    if seconds < _DAY * 0.75:
        return list(_within_days(low, high, seconds))
    if seconds < _DAY * 15:
        step = min(_DAYS, key=lambda days: abs(math.log(days * _DAY / seconds)))
        first = math.ceil(low / step) * step
        return [_of_day(mjd) for mjd in range(first, math.floor(high) + 1, step)]
    return list(_months(start, end, seconds / _DAY / _MONTH))


def _of_day(mjd: float) -> Tick:
    return Tick(mjd, f"{_ORIGIN + timedelta(days=mjd):%Y-%m-%d}")


def _within_days(low: float, high: float, seconds: float) -> Iterator[Tick]:
    """Yield times of day; the date stands below the first of each."""
    step = _step_below_a_day(seconds)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    # Counted from the day's beginning: large numbers of small steps would not be exact.
    day = math.floor(low)
    first, last = math.ceil((low - day) * _DAY / step), math.floor((high - day) * _DAY / step)
    shown = ""
    for count in range(first, last + 1):
        moment = _ORIGIN + timedelta(days=day, seconds=round(count * step, 6))
        date = f"{moment:%Y-%m-%d}"
        text = f"{moment:%H:%M}" if step >= 60 else f"{moment:%H:%M:%S}"
        text += f"{moment.microsecond / 1e6:.{min(decimals, 6)}f}"[1:] if step < 1 else ""
        yield Tick(day + count * step / _DAY, text, date if date != shown else "")
        shown = date


def _step_below_a_day(seconds: float) -> float:
    if seconds >= 1:
        return min(_SECONDS, key=lambda size: abs(math.log(size / seconds)))
    power = 10.0 ** math.floor(math.log10(max(seconds, 1e-6)))
    return min((factor * power for factor in (1, 2, 5, 10)), key=lambda size: abs(size - seconds))


def _months(start: datetime, end: datetime, months: float) -> Iterator[Tick]:
    step = min(_MONTHS, key=lambda size: abs(math.log(size / months)))
    count = math.ceil((start.year * 12 + start.month - 1) / step) * step
    while (year := count // 12) < 9_999:
        moment = datetime(max(year, 1), count % 12 + 1, 1, tzinfo=UTC)
        if moment > end:
            return
        if moment >= start:
            text = f"{moment:%Y-%m}" if step < 12 else f"{moment:%Y}"
            yield Tick((moment - _ORIGIN) / timedelta(days=1), text)
        count += step

"""Closed-open intervals of UTC, kept as they are written, so that no boundary is moved by rounding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from oais.errors import WrongUsageError
from oais.information.text import printable

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|\+00:00)?\Z", re.ASCII
)
_STORED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d*)?Z?\Z", re.ASCII)
_LEAP = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of UTC; ``second`` may be 60, the leap second, and has up to nine decimals."""

    day: date
    hour: int
    minute: int
    second: Fraction

    @property
    def second_of_day(self) -> Fraction:
        """Seconds since midnight."""
        return self.hour * 3600 + self.minute * 60 + self.second


@dataclass(frozen=True, slots=True)
class Interval:
    """All moments of UTC from ``start`` on and before ``stop``, empty for an open end.

    They are written ``2018-01-01T00:00:00.5``. Such texts sort as the moments do, leap seconds too,
    whatever the number of their decimals.
    """

    start: str
    stop: str

    def __str__(self) -> str:
        """``[start, stop)`` in UTC, two dots for an open end."""
        return f"[{self.start or '..'}, {self.stop or '..'}) UTC"


def parse_interval(start: str, end: str) -> Interval | None:
    """Read the ends of an interval, each an ISO 8601 date or time in UTC or empty; None without both.

    A date alone means the whole of that day at either end; a time as the end is not in it. Raises
    WrongUsageError for what is no such time, and for an interval that ends before it begins.
    """
    interval = Interval(_boundary(start.strip(), 0), _boundary(end.strip(), 1))
    if interval.start and interval.stop and interval.stop <= interval.start:
        raise WrongUsageError(
            f"the interval {printable(start)}/{printable(end)} ends where it begins or before",
            remedy="name the earlier time first",
        )
    return interval if interval.start or interval.stop else None


def _boundary(text: str, days: int) -> str:
    if not text:
        return ""
    try:
        if _DATE.fullmatch(text):
            return f"{date.fromisoformat(text) + timedelta(days=days)}T00:00:00"
        found = _MOMENT.match(text)
        if found is None:
            raise ValueError(text)
        day, hour, minute, second, decimals = found.groups(default="00")
        leap = (hour, minute, second) == ("23", "59", str(_LEAP))
        datetime.fromisoformat(f"{day}T{hour}:{minute}:{'59' if leap else second}")
    except (ValueError, OverflowError):
        raise WrongUsageError(
            f"{printable(text)!r} is not a time",
            remedy="write UTC as 2018-01-31, 2018-01-31T12:00:00 or 2018-01-31T12:00:00.123456789Z",
        ) from None
    return sortable(f"{day}T{hour}:{minute}:{second}.{decimals}")


def sortable(text: str) -> str:
    """Return a time of a table (ISO 8601, UTC) so that it sorts as ``Interval``'s do; empty for no time."""
    stripped = text.strip()
    if not _STORED.match(stripped):
        return ""
    whole, point, decimals = stripped.removesuffix("Z").replace(" ", "T").partition(".")
    return (whole + point + decimals.rstrip("0")).rstrip(".")


def moment_of(text: str) -> Moment:
    """Return the moment of an end of an interval."""
    day, _, clock = text.partition("T")
    hour, minute, second = clock.split(":")
    return Moment(date.fromisoformat(day), int(hour), int(minute), Fraction(second))

"""Whether the audits that are due can be done in time: how much, at which pace, by when."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from oais.archive import Home
from oais.functions.audit.depths import Depth, cadence_days
from oais.functions.audit.register import Register
from oais.functions.audit.running import days_before
from oais.functions.copies.locations import HOME, roots
from oais.information.text import show_size

_GRACE_DAYS: Final = 1.0
"""An AIP is due when its cadence is over; it is late when it was not read within a day from then."""

_DAY: Final = 86400.0
_RUNS: Final = 20
"""How many of the newest runs tell the pace."""

_RUNS_TOLD: Final = 10


@dataclass(frozen=True, slots=True)
class Coverage:
    """One depth: its cadence, the AIPs proven within it, how many are due, and the oldest proof.

    ``overdue`` are those of the due whose grace is over too.
    """

    depth: str
    days: int
    aips: int
    current: int
    due: int
    overdue: int
    due_bytes: int
    oldest_at: str


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that ended: what it was to read, when, and how much it read and found."""

    scope: str
    started_at: str
    ended_at: str
    aips: int
    bytes: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is due in one location and whether it will be read in time.

    ``pace`` is what audits read in a second (0: not known yet), ``steady`` what the cadences ask for in the
    long run, ``needed`` what it takes at least to read all in time from now on. ``late`` AIPs will miss
    their time, the last of them by ``late_by`` seconds.
    """

    location: str
    aips: int
    bytes: int
    coverage: tuple[Coverage, ...]
    runs: tuple[LastRun, ...]
    troubled: int
    pace: float
    steady: float
    needed: float
    late: int
    late_bytes: int
    late_by: float

    @property
    def kept(self) -> bool:
        """Whether the cadences can be kept, as far as is known."""
        return not self.late and (self.pace == 0 or self.steady <= self.pace)

    def warnings(self) -> tuple[str, ...]:
        """Return in words which deadlines will be missed, with what would help."""
        where = "" if self.location == HOME else f" of {self.location}"
        told = []
        if self.late:
            told.append(
                f"{self.late} audits{where} will come too late, the last by {_long(self.late_by)}: "
                f"{show_size(self.late_bytes)} are to be read until then, at {show_size(self.pace)}/s; "
                f"it takes at least {show_size(self.needed)}/s"
            )
        if self.pace and self.steady > self.pace:
            told.append(
                f"the audits{where} ask for {show_size(self.steady)}/s day and night and get "
                f"{show_size(self.pace)}/s: raise audit_bytes_per_second, or the days between audits"
            )
        return tuple(told)


def _long(seconds: float) -> str:
    for unit, size in (("days", _DAY), ("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def forecast(archive: Home, location: str = HOME) -> Forecast:
    """Foretell the audits of one location from its register; reads no data. Raises NotFoundError."""
    root = roots(archive)[location]
    with closing(Register(archive, location, root)) as register:
        return foretold(archive, location, register)


def foretold(archive: Home, location: str, register: Register) -> Forecast:
    """Foretell the audits of one location by a register that is open."""
    now = archive.now()
    query = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(trouble <> ''), 0) FROM aip"
    aips, size, troubled = next(register.rows(query))
    pace = _pace(register, archive.settings.audit_bytes_per_second)
    coming = _Coming(datetime.fromisoformat(now), pace)
    coming.look(_deadlines(archive, register))
    days = [cadence_days(archive.settings, depth) for depth in (Depth.FAST, Depth.FULL)]
    return Forecast(
        location,
        aips,
        size,
        tuple(_coverage(archive, register, depth, now) for depth in Depth),
        _runs(register),
        troubled,
        pace,
        sum(size / (_DAY * each) for each in days if each),
        coming.needed,
        coming.late,
        coming.late_bytes,
        coming.late_by,
    )


def forecasts(archive: Home) -> list[Forecast]:
    """Foretell the audits of every location; raises DamageError, StorageError."""
    return [forecast(archive, name) for name in roots(archive)]


def _coverage(archive: Home, register: Register, depth: Depth, now: str) -> Coverage:
    days = cadence_days(archive.settings, depth)
    query = (
        f"SELECT count(*), coalesce(sum({depth}_at <= ?), 0), "  # noqa: S608 - the depth is one of ours
        f"coalesce(sum({depth}_at <= ?), 0), "
        f"coalesce(sum(CASE WHEN {depth}_at <= ? THEN bytes ELSE 0 END), 0), "
        f"coalesce(min({depth}_at), '') FROM aip"
    )
    limit, late = (days_before(now, days), days_before(now, days + _GRACE_DAYS)) if days else ("", "")
    aips, due, overdue, size, oldest = next(register.rows(query, (limit, late, limit)))
    size = 0 if depth is Depth.LIGHT else size
    return Coverage(depth, days, aips, aips - due, due, overdue, size, oldest)


def _pace(register: Register, limit: int) -> float:
    """Return what the newest runs read in a second, no more than is allowed; 0 before the first."""
    query = (
        "SELECT coalesce(sum(bytes) / sum(seconds), 0) FROM (SELECT bytes, seconds FROM run "
        "WHERE bytes > 0 AND seconds > 0 ORDER BY id DESC LIMIT ?)"
    )
    pace = float(next(register.rows(query, (_RUNS,)))[0])
    return min(pace, limit) if limit else pace


def _runs(register: Register) -> tuple[LastRun, ...]:
    query = (
        "SELECT scope, started_at, ended_at, aips, bytes, damaged FROM run WHERE ended_at <> '' "
        "ORDER BY id DESC LIMIT ?"
    )
    return tuple(LastRun(*row) for row in register.rows(query, (_RUNS_TOLD,)))


def _deadlines(archive: Home, register: Register) -> Iterable[tuple[str, int, int]]:
    """Yield the last proof, the bytes and the cadence of every audit to come, the first due first."""
    parts, values = [], []
    for depth in (Depth.FAST, Depth.FULL):
        if days := cadence_days(archive.settings, depth):
            parts.append(f"SELECT {depth}_at AS at, bytes, {days} AS days FROM aip")  # noqa: S608
            values.append(days)
    if not parts:
        return ()
    order = "ORDER BY julianday(at) + days"
    return register.rows(f"SELECT at, bytes, days FROM ({' UNION ALL '.join(parts)}) {order}")  # noqa: S608


class _Coming:
    """Reads everything at one pace, the first due first, and counts what comes too late."""

    def __init__(self, now: datetime, pace: float) -> None:
        self._now, self._pace = now, pace
        self.needed = self.late_by = 0.0
        self.late = self.late_bytes = 0

    def look(self, audits: Iterable[tuple[Any, int, int]]) -> None:
        """Take in the audits to come; each begins when it is due, or when those before it are done."""
        if not self._pace:
            return
        free_at = since = 0.0
        read = before = 0
        for at, size, days in audits:
            age = (self._now - datetime.fromisoformat(at)).total_seconds() if at else days * _DAY
            due = days * _DAY - age
            if free_at < due:  # nothing to read until then: what comes now is a bout of its own
                free_at = since = due
                before = read
            free_at += size / self._pace
            read += size
            rest = max(due, 0.0) + _GRACE_DAYS * _DAY
            self.needed = max(self.needed, (read - before) / (rest - since))
            if free_at > rest:
                self.late += 1
                self.late_bytes = read
                self.late_by = max(self.late_by, free_at - rest)

"""Whether the audits that are due can be done in time: how much, at which pace, by when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from oais.archive import Home
from oais.errors import DamageError
from oais.functions.audit.depths import Depth, cadence_days
from oais.functions.audit.due import days_before
from oais.functions.audit.register import Register, register_path
from oais.functions.audit.tallies import READING, Floats, Tally, tally_of
from oais.functions.copies.locations import HOME, roots
from oais.information.text import show_size

_GRACE_DAYS: Final = 1.0
"""An AIP is due when its cadence is over; it is late when it was not read within a day from then."""

_DAY: Final = 86400.0
_UNIX_EPOCH: Final = 2440587.5
"""Julian date of 1970-01-01T00:00:00Z."""

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
    with closing(Register(archive, location, root, reading=True)) as register:
        return foretold(archive, location, register)


def audited(archive: Home, name: str) -> Forecast | None:
    """Return what the register of audits tells of a location, nothing before its first audit."""
    if not register_path(archive, name).exists():
        return None
    try:
        return forecast(archive, name)
    except DamageError:
        return None  # the list of locations is damaged, which is told of already


def foretold(archive: Home, location: str, register: Register) -> Forecast:
    """Foretell the audits of one location by a register that is open."""
    now = archive.now()
    tally = tally_of(archive, location, register)
    size = int(tally.sizes.sum())
    pace = _pace(register, archive.settings.audit_bytes_per_second)
    days = [cadence_days(archive.settings, depth) for depth in READING]
    coming = _coming(tally, days, datetime.fromisoformat(now), pace)
    return Forecast(
        location,
        len(tally.sizes),
        size,
        tuple(_covered(archive, tally, now)),
        _runs(register),
        tally.troubled,
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


def _covered(archive: Home, tally: Tally, now: str) -> Iterator[Coverage]:
    """Yield how far each depth is."""
    for depth in Depth:
        days, at = cadence_days(archive.settings, depth), tally.at[depth]
        limit, late = (days_before(now, days), days_before(now, days + _GRACE_DAYS)) if days else ("", "")
        due, overdue = at <= limit, int((at <= late).sum())
        size = 0 if depth is Depth.LIGHT else int(tally.sizes[due].sum())
        yield _coverage(depth, days, len(at), int(due.sum()), overdue, size, tally.oldest[depth])


def _coverage(depth: Depth, days: int, aips: int, due: int, overdue: int, size: int, oldest: str) -> Coverage:
    return Coverage(depth, days, aips, aips - due, due, overdue, size, oldest)


def _pace(register: Register, limit: int) -> float:
    """Return what the newest runs read in a second, no more than is allowed; 0 before the first."""
    query = (
        "SELECT coalesce(sum(bytes) / sum(seconds), 0) FROM (SELECT bytes, seconds FROM run "
        "WHERE bytes > 0 AND seconds > 0 ORDER BY id DESC LIMIT ?)"
    )
    pace = float(next(register.rows(query, (_RUNS,)))[0])
    return min(pace, limit) if limit else pace


def newest_run(register: Register) -> LastRun | None:
    """Return the run that ended last, if any did."""
    return next(iter(_runs(register, most=1)), None)


def _runs(register: Register, most: int = _RUNS_TOLD) -> tuple[LastRun, ...]:
    query = (
        "SELECT scope, started_at, ended_at, aips, bytes, damaged FROM run WHERE ended_at <> '' "
        "ORDER BY id DESC LIMIT ?"
    )
    return tuple(LastRun(*row) for row in register.rows(query, (most,)))


@dataclass(frozen=True, slots=True)
class _Coming:
    """What comes of reading everything at one pace, the first due first."""

    needed: float = 0.0
    late: int = 0
    late_bytes: int = 0
    late_by: float = 0.0


def _coming(tally: Tally, days: Sequence[int], now: datetime, pace: float) -> _Coming:
    """Look at the audits to come; each begins when it is due, or when those before it are done."""
    due, sizes = _deadlines(tally, days, now)
    if not pace or not len(due):
        return _Coming()
    read = np.cumsum(sizes)
    before = read - sizes
    # Nobody reads before the work is due: what was waited for until then moves all that follows.
    done = read / pace + np.maximum.accumulate(np.maximum(due - before / pace, 0.0))
    # Where there is nothing to read until the next is due, that begins a bout of its own.
    begins = np.flatnonzero(due > np.concatenate(([0.0], done[:-1])))
    bout = np.searchsorted(begins, np.arange(len(due)), side="right")
    since = np.concatenate(([0.0], due[begins]))[bout]
    rest = np.maximum(due, 0.0) + _GRACE_DAYS * _DAY
    needed = (read - np.concatenate(([0.0], before[begins]))[bout]) / (rest - since)
    late = np.flatnonzero(done > rest)
    if not len(late):
        return _Coming(float(needed.max()))
    return _Coming(float(needed.max()), len(late), int(read[late[-1]]), float((done - rest).max()))


def _deadlines(tally: Tally, days: Sequence[int], now: datetime) -> tuple[Floats, Floats]:
    """Return in how many seconds every audit is due and the bytes it reads, the first due first."""
    today = now.timestamp() / _DAY + _UNIX_EPOCH
    # Without a proof so far an audit is due at once.
    due = [np.nan_to_num((tally.days[:, at] + each - today) * _DAY) for at, each in enumerate(days) if each]
    if not due:
        return np.zeros(0), np.zeros(0)
    every = np.concatenate(due)
    order = np.argsort(every, kind="stable")
    return every[order], np.tile(tally.sizes.astype(np.float64), len(due))[order]

"""When an observation request becomes public: a rule, the visits declared complete, and the calendar.

The release is computed whenever somebody asks and is kept nowhere, so no job can forget to lift it.
Missing dates, and dates beyond the calendar, give no release: the data stay private.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """What a period counts."""

    MONTHS = "months"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time by the calendar of UTC: whole months or whole days."""

    count: int
    unit: Unit

    def after(self, moment: datetime) -> datetime | None:
        """Return 00:00:00 UTC of the day that lies this long after the day of ``moment``.

        A month without that day ends earlier: 31 August and 18 months is 28 February. None when the day lies
        beyond the year 9999.
        """
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            return day + timedelta(days=self.count) if self.unit is Unit.DAYS else _later(day, self.count)
        except (OverflowError, ValueError):
            return None

    def __str__(self) -> str:
        return f"{self.count} {self.unit}"


def _later(day: datetime, months: int) -> datetime:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return day.replace(year=year, month=month + 1, day=min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Periods:
    """How long data stay private after the last and the first visit; None: that visit ends nothing."""

    after_last: Period | None = None
    after_first: Period | None = None


@dataclass(frozen=True, slots=True)
class EmbargoRule:
    """The periods of a policy, and whether those of the products' headers go before them."""

    periods: Periods
    from_headers: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of an observation request; ``completed_at`` when it was declared complete, or None."""

    identifier: str
    completed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.completed_at is not None and self.completed_at.tzinfo is None:
            raise ValueError(f"the completion of visit {self.identifier} has no time zone")


@dataclass(frozen=True, slots=True)
class Waiver:
    """That the owner gave up the rest of the embargo: from when on, who, and why."""

    at: datetime
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ObservationRequest:
    """What is known of one request: all its visits flip together.

    ``identifier`` is the mission's slug, a colon and the request's own name. ``headers`` are the periods
    that its products' headers give, ``fault`` what is wrong with those: then no period of any kind counts.
    """

    identifier: str
    visits: tuple[Visit, ...] = ()
    waiver: Waiver | None = None
    headers: Periods = Periods()
    fault: str = ""


class Basis(StrEnum):
    """What a release rests on."""

    WAIVER = "the owner's waiver"
    LAST_VISIT = "the completion of the last visit"
    FIRST_VISIT = "the completion of the first visit"
    NOTHING = "no date that is known"


@dataclass(frozen=True, slots=True)
class Release:
    """When a request becomes public (None: no date is known), and by what."""

    at: datetime | None
    basis: Basis


_NEVER = Release(None, Basis.NOTHING)


def release_of(request: ObservationRequest | None, rule: EmbargoRule) -> Release:
    """Return the release of a request: the earliest of its waiver, its last and its first visit's end.

    The last visit ends nothing while any visit is not declared complete; the first one does, however late
    others come.
    """
    ends = [] if request is None else _ends(request, rule)
    known = [(at, basis) for at, basis in ends if at is not None]
    return Release(*min(known)) if known else _NEVER


def _ends(request: ObservationRequest, rule: EmbargoRule) -> list[tuple[datetime | None, Basis]]:
    """Return what may end the embargo, and when; None where no date is known."""
    waiver, periods = request.waiver, periods_of(request, rule)
    ends = [(waiver.at if waiver is not None else None, Basis.WAIVER)]
    completed = [visit.completed_at for visit in request.visits if visit.completed_at is not None]
    if completed and periods is not None:
        ends.append((_end(periods.after_first, min(completed)), Basis.FIRST_VISIT))
        if len(completed) == len(request.visits):
            ends.append((_end(periods.after_last, max(completed)), Basis.LAST_VISIT))
    return ends


def _end(period: Period | None, completed_at: datetime) -> datetime | None:
    return None if period is None else period.after(completed_at)


def periods_of(request: ObservationRequest, rule: EmbargoRule) -> Periods | None:
    """Return the periods that count for a request; None when its headers give periods that cannot be."""
    if not rule.from_headers:
        return rule.periods
    if request.fault:
        return None
    given = request.headers
    return Periods(given.after_last or rule.periods.after_last, given.after_first or rule.periods.after_first)

"""When an observation request becomes public: the calendar, the visits, the waiver, whatever comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.access import ANONYMOUS, AccessObject, AccessWords, Action, decide
from policies.embargo import (
    Basis,
    EmbargoRule,
    ObservationRequest,
    Period,
    Periods,
    Release,
    Unit,
    Visit,
    Waiver,
    release_of,
)

YEAR, YEAR_AND_HALF = Period(12, Unit.MONTHS), Period(18, Unit.MONTHS)
RULE = EmbargoRule(Periods(after_last=YEAR, after_first=YEAR_AND_HALF))
HEADERS = replace(RULE, from_headers=True)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(*completed: datetime | None, **more: object) -> ObservationRequest:
    """A request with a visit for each of these completions."""
    visits = tuple(Visit(f"v{number}", moment) for number, moment in enumerate(completed))
    return replace(ObservationRequest("m:1", visits), **more)  # type: ignore[arg-type]


CALENDAR = [
    ("2024-02-29", YEAR, "2025-02-28"),
    ("2024-08-31", YEAR_AND_HALF, "2026-02-28"),
    ("2026-08-31", YEAR_AND_HALF, "2028-02-29"),
    ("2023-02-28", YEAR, "2024-02-28"),
    ("2024-01-31", Period(1, Unit.MONTHS), "2024-02-29"),
    ("2023-12-31", Period(1, Unit.MONTHS), "2024-01-31"),
    ("2023-11-30", Period(1, Unit.MONTHS), "2023-12-30"),
    ("2023-06-15", Period(6, Unit.MONTHS), "2023-12-15"),
    ("2023-06-15", Period(7, Unit.MONTHS), "2024-01-15"),
    ("2024-02-29", Period(365, Unit.DAYS), "2025-02-28"),
    ("2024-03-31T23:59:59.999999", Period(1, Unit.DAYS), "2024-04-01"),
    ("2024-03-30T02:30:00", YEAR, "2025-03-30"),
    ("9998-12-31", YEAR, "9999-12-31"),
]


@pytest.mark.parametrize(("completed", "period", "end"), CALENDAR)
def test_the_calendar(completed: str, period: Period, end: str) -> None:
    """Months clamp to the month's end, and every end is the first moment of a day in UTC."""
    assert period.after(at(completed)) == at(end)


@pytest.mark.parametrize("period", [YEAR, Period(365, Unit.DAYS)])
def test_beyond_the_calendar_is_never(period: Period) -> None:
    """What would end after the year 9999 gives no release."""
    assert period.after(at("9999-06-01")) is None
    assert release_of(of(at("9999-06-01")), RULE) == Release(None, Basis.NOTHING)


def test_the_day_is_that_of_utc() -> None:
    """A completion written in another zone counts on its day in UTC."""
    east = datetime(2024, 3, 1, 5, tzinfo=timezone(timedelta(hours=14)))
    assert YEAR.after(east) == at("2025-02-28")


def test_a_completion_has_a_zone() -> None:
    """A visit with a moment that could mean any hour cannot be made."""
    with pytest.raises(ValueError, match="no time zone"):
        Visit("v", datetime(2024, 1, 1))  # noqa: DTZ001


JANUARY, MARCH = at("2024-01-10"), at("2024-03-31")
WAIVED = Waiver(at("2024-04-01T12:00:00"), "the PI")
EVERY = [
    ("last visit first", of(JANUARY, MARCH), RULE, "2025-03-31", Basis.LAST_VISIT),
    ("first visit first", of(JANUARY, at("2025-06-30")), RULE, "2025-07-10", Basis.FIRST_VISIT),
    ("a visit is not complete", of(JANUARY, None), RULE, "2025-07-10", Basis.FIRST_VISIT),
    ("no visit is complete", of(None, None), RULE, None, Basis.NOTHING),
    ("no visits", of(), RULE, None, Basis.NOTHING),
    ("waived", of(JANUARY, waiver=WAIVED), RULE, "2024-04-01T12:00:00", Basis.WAIVER),
    ("waived, no visits", of(waiver=WAIVED), RULE, "2024-04-01T12:00:00", Basis.WAIVER),
    ("waived too late", of(at("2022-01-01"), waiver=WAIVED), RULE, "2023-01-01", Basis.LAST_VISIT),
    ("only the last", of(JANUARY), EmbargoRule(Periods(after_last=YEAR)), "2025-01-10", Basis.LAST_VISIT),
    ("only the first", of(JANUARY), EmbargoRule(Periods(after_first=YEAR)), "2025-01-10", Basis.FIRST_VISIT),
    (
        "only the last, and it is not complete",
        of(JANUARY, None),
        EmbargoRule(Periods(after_last=YEAR)),
        None,
        Basis.NOTHING,
    ),
    (
        "headers",
        of(MARCH, headers=Periods(Period(10, Unit.DAYS), Period(20, Unit.DAYS))),
        HEADERS,
        "2024-04-10",
        Basis.LAST_VISIT,
    ),
    (
        "headers of the first visit",
        of(MARCH, headers=Periods(after_first=Period(5, Unit.DAYS))),
        HEADERS,
        "2024-04-05",
        Basis.FIRST_VISIT,
    ),
    (
        "headers that the policy does not ask",
        of(MARCH, headers=Periods(Period(10, Unit.DAYS)), fault="-1 days"),
        RULE,
        "2025-03-31",
        Basis.LAST_VISIT,
    ),
    ("faulty headers", of(MARCH, fault="-1 days"), HEADERS, None, Basis.NOTHING),
    ("faulty headers, waived", of(MARCH, fault="-1 days", waiver=WAIVED), HEADERS, "2024-04-01T12:00:00",
     Basis.WAIVER),
    ("unknown request", None, RULE, None, Basis.NOTHING),
]  # fmt: skip


@pytest.mark.parametrize(("name", "request_", "rule", "end", "basis"), EVERY, ids=[row[0] for row in EVERY])
def test_every_way_a_release_comes(
    name: str, request_: ObservationRequest | None, rule: EmbargoRule, end: str | None, basis: Basis
) -> None:
    """The earliest end counts; what is missing or bad gives none."""
    assert release_of(request_, rule) == Release(None if end is None else at(end), basis), name


# Properties, with a calendar of their own: months are counted one by one.

MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COMPLETED = st.lists(MOMENTS, min_size=1, max_size=6)


def months_after(moment: datetime, months: int) -> datetime:
    """The day so many months later, or the last day of a shorter month, found by trying."""
    year, month = moment.year, moment.month
    for _month in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for day in (moment.day, 30, 29, 28):
        try:
            found = date(year, month, min(day, moment.day))
        except ValueError:
            continue
        return datetime(found.year, found.month, found.day, tzinfo=UTC)
    raise AssertionError("every month has 28 days")


def released(request: ObservationRequest) -> datetime:
    """The release of a request that has one."""
    at = release_of(request, RULE).at
    assert at is not None
    return at


@given(COMPLETED)
def test_release_is_the_earlier_of_both_ends(completed: list[datetime]) -> None:
    """A year after the last visit or a year and a half after the first, whichever comes first."""
    expected = min(months_after(max(completed), 12), months_after(min(completed), 18))
    assert released(of(*completed)) == expected


@given(COMPLETED, st.randoms(use_true_random=False))
def test_the_order_of_visits_does_not_matter(completed: list[datetime], chance: object) -> None:
    """All visits of a request flip together, in whatever order they came."""
    shuffled = sorted(completed, key=lambda _moment: chance.random())  # type: ignore[attr-defined]
    assert released(of(*shuffled)) == released(of(*completed))


@given(COMPLETED, MOMENTS)
def test_a_late_visit_never_moves_it_past_the_first_visits_end(
    completed: list[datetime], another: datetime
) -> None:
    """However late a visit comes, the first one ends the embargo after eighteen months."""
    assert released(of(*completed, another)) <= months_after(min(completed), 18)


@given(COMPLETED, st.data())
def test_what_is_not_known_never_releases_earlier(completed: list[datetime], data: st.DataObject) -> None:
    """Without the dates of some visits the data open later or never, not before."""
    kept: list[datetime | None] = [data.draw(st.sampled_from([moment, None])) for moment in completed]
    known = release_of(of(*kept), RULE).at
    assert known is None or known >= released(of(*completed))


@given(COMPLETED, MOMENTS)
def test_a_waiver_never_releases_later(completed: list[datetime], waived_at: datetime) -> None:
    """The owner can only shorten an embargo."""
    waiver = Waiver(waived_at, "the PI")
    assert released(of(*completed, waiver=waiver)) == min(waived_at, released(of(*completed)))


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_the_zone_a_completion_is_written_in_does_not_matter(moment: datetime, minutes: int) -> None:
    """The same instant in another zone releases at the same instant."""
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes)))
    assert released(of(elsewhere)) == released(of(moment))


@given(COMPLETED)
def test_the_data_flip_once_at_midnight(completed: list[datetime]) -> None:
    """Closed until the microsecond before 00:00:00 UTC, open from then on."""
    request = of(*completed)
    release = released(request)
    assert (release.hour, release.minute, release.second, release.microsecond) == (0, 0, 0, 0)
    words = AccessWords("public", "embargo", "p", rule=RULE)
    target = AccessObject("m/n", words, "m.1", request=request)
    moments = [min(completed), release - timedelta(microseconds=1), release, release + timedelta(days=9999)]
    open_ = [decide(ANONYMOUS, Action.DOWNLOAD, target, moment).allowed for moment in moments]
    assert open_ == [False, False, True, True]

"""What is known of observation requests: the visits that packages are of, and what people declared.

Nothing here is kept: the packages tell their visits through the index, the database has the declarations,
and both are put together whenever somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from oais.database import embargoes
from oais.database.embargoes import Completion, Waived
from oais.database.engine import Database
from oais.errors import InvalidError
from oais.information.observations import Observation
from oais.information.text import printable
from policies.embargo import ObservationRequest, Period, Periods, Unit, Visit, Waiver
from search_index.index import Index

_LONGEST_DAYS = 36525


def declared_of(
    database: Database | None, requests: Sequence[str], observed: Iterable[Observation]
) -> dict[str, ObservationRequest]:
    """Return what is known of requests of which the packages tell what was ``observed``."""
    if database is None or not requests:
        return put_together(requests, observed, (), ())
    with database.reading() as connection:
        completed = embargoes.completions(connection, requests)
        waived = embargoes.waivers(connection, requests)
    return put_together(requests, observed, completed, waived)


def all_requests(index: Index, database: Database) -> list[ObservationRequest]:
    """Return every observation request that a package is of, or of which anything was declared, by name."""
    with database.reading() as connection:
        names = embargoes.requests_declared(connection)
    names |= {request for request, _node, _aip_id in index.requests_observed()}
    return list(declared_of(database, sorted(names), index.observations()).values())


def put_together(
    requests: Iterable[str],
    observed: Iterable[Observation],
    completed: Iterable[Completion],
    waived: Iterable[Waived],
) -> dict[str, ObservationRequest]:
    """Return each request with all its visits: those of packages and those that were declared complete."""
    seen: defaultdict[str, list[Observation]] = defaultdict(list)
    for observation in observed:
        seen[observation.request].append(observation)
    declared: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for completion in completed:
        declared[completion.request][completion.visit] = completion.completed_at
    waivers = {item.request: _waiver(item.waived_at, item.waived_by, item.reason) for item in waived}
    return {
        request: _request(request, seen[request], declared[request], waivers.get(request))
        for request in requests
    }


def _request(
    identifier: str, observed: list[Observation], declared: dict[str, str], waiver: Waiver | None
) -> ObservationRequest:
    told = (_waiver(item.waived_at, item.waived_by, "as the provider delivered") for item in observed)
    after_first, first_fault = _period(item.period_after_first for item in observed)
    after_last, last_fault = _period(item.period_after_last for item in observed)
    return ObservationRequest(
        identifier,
        visits=tuple(_visits(observed, declared)),
        waiver=waiver or next((item for item in told if item is not None), None),
        headers=Periods(after_last, after_first),
        fault=first_fault or last_fault,
    )


def _visits(observed: list[Observation], declared: dict[str, str]) -> Iterable[Visit]:
    """Yield all visits by name; what people declared goes before what the provider delivered."""
    delivered: defaultdict[str, list[str]] = defaultdict(list)
    for item in observed:
        delivered[item.visit] += [item.completed] if item.completed else []
    for name in sorted({*delivered, *declared}):
        yield Visit(name, _latest([declared[name]] if name in declared else delivered[name]))


def _latest(texts: list[str]) -> datetime | None:
    """Return the latest of some moments; None when one of them is no moment, or there is none."""
    if len(texts) == 1:
        return moment_of(texts[0])  # as of nearly every visit
    moments = [moment_of(text) for text in texts]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


@lru_cache(maxsize=4096)
def moment_of(text: str) -> datetime | None:
    """Return the moment of a text: a day as its first moment in UTC, a time only with its zone; else None."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC) if len(text) == len("2026-02-28") else None
        return moment.astimezone(UTC)
    except (
        ValueError,
        OverflowError,
    ):  # in UTC the first and the last day of the calendar may lie outside it
        return None


def moment_named(text: str) -> datetime:
    """Return the moment of a text that must name one; raises InvalidError."""
    moment = moment_of(text)
    if moment is None:
        raise InvalidError(
            f"{printable(text)!r} is no day and no moment",
            remedy="write 2026-02-28, or 2026-02-28T12:00:00Z with its zone",
        )
    return moment


def _waiver(at: str, by: str, reason: str) -> Waiver | None:
    moment = moment_of(at)
    return None if moment is None else Waiver(moment, by, reason)


def _period(days: Iterable[str]) -> tuple[Period | None, str]:
    """Return the longest period that the headers give, or what is wrong with one of them."""
    longest: Period | None = None
    for text in days:
        if not text:
            continue
        if not text.isdecimal() or not text.isascii() or int(text) > _LONGEST_DAYS:
            return None, f"a header gives a period of {text[:40]!r} days"
        if longest is None or int(text) > longest.count:
            longest = Period(int(text), Unit.DAYS)
    return longest, ""

"""A plan of many visits as a table: read whole, with the faults of all lines, then told to each owner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from oais.database import Connection, people, requests
from oais.errors import InvalidError
from oais.functions.embargo.inputs import moment_named
from oais.functions.notifications.planned import PLANNED_VISITS, visit_planned
from oais.functions.notifications.telling import MOST_LINES, News, tell
from oais.functions.people.proposals import require_request
from oais.functions.service import Service
from oais.information.lists import read_list
from oais.information.text import printable

COLUMNS: Final = ("request", "visit", "at")

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """A line of a plan: a visit of an observation request, MISSION:NAME, and when it is planned for."""

    line: int
    request: str
    visit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Announced:
    """What became of a plan: its visits, how many of them lie in the past, and the letters queued."""

    visits: int
    past: int
    letters: int


def read_plan(text: str, missions: Collection[str]) -> list[PlannedVisit]:
    """Read a plan, a CSV table with ``COLUMNS``, for an archive of these missions, named by slug.

    A day is its first moment in UTC, a time has its zone. Raises InvalidError that tells
    the faults of all lines.
    """
    rows, faults = _read(text, missions)
    _raise(faults)
    return rows


def announce_plan(service: Service, text: str) -> Announced:
    """Tell the owners of all requests of a plan of their visits still to come, up to a hundred in a letter.

    What somebody was told before he is not told again. Raises InvalidError with the faults of all lines, also
    those whose request belongs to nobody; then nobody is told anything.
    """
    missions = {agreement.slug for agreement in service.archive.policies.agreements.values()}
    rows, faults = _read(text, missions)
    news: defaultdict[str, list[News]] = defaultdict(list)
    past = 0
    with service.database.writing() as connection:
        for row in rows:
            owners = _owners(connection, row.request)
            if not owners:
                faults[row.line] = f"the observation request {printable(row.request)!r} belongs to nobody"
            elif row.at <= service.now():
                past += 1
            else:
                for owner in owners:
                    news[owner].append(visit_planned(row.request, row.visit, row.at))
        _raise(faults)
        told = [
            tell(connection, service, person, PLANNED_VISITS, mine[first : first + MOST_LINES])
            for owner, mine in news.items()
            if (person := people.by_identifier(connection, owner)) is not None
            for first in range(0, len(mine), MOST_LINES)
        ]
    return Announced(len(rows), past, sum(told))


def _owners(connection: Connection, request: str) -> set[str]:
    return {owner.person for owner in requests.owners_of(connection, request)}


def _read(text: str, missions: Collection[str]) -> tuple[list[PlannedVisit], dict[int, str]]:
    """Return the lines that can be read, and the faults of the others by line."""
    rows: list[PlannedVisit] = []
    faults: dict[int, str] = {}
    seen: dict[tuple[str, str], int] = {}
    for line, row in read_list(text, COLUMNS, "the plan"):
        try:
            planned = _planned(line, row, missions)
            first = seen.setdefault((planned.request, planned.visit), planned.line)
            if first != line:
                raise InvalidError(f"the visit stands in line {first} already")
            rows.append(planned)
        except InvalidError as error:
            faults[line] = error.message
    if not rows and not faults:
        raise InvalidError("the plan has no visit", remedy="write one visit a line below the head")
    return rows, faults


def _planned(line: int, row: Mapping[str, str], missions: Collection[str]) -> PlannedVisit:
    request, visit, at = (row[name].strip() for name in COLUMNS)
    if row.get("") or not at:
        raise InvalidError("expected three columns: the request, its visit, and when it is planned for")
    require_request(request, missions)
    if not 0 < len(visit) <= _LONGEST_NAME:
        raise InvalidError("the visit has no name, or one that is too long")
    return PlannedVisit(line, request, visit, moment_named(at))


def _raise(faults: Mapping[int, str]) -> None:
    if faults:
        told = "\n".join(f"line {line}: {fault}" for line, fault in sorted(faults.items()))
        raise InvalidError(told, remedy="mend these lines; nobody was told anything")

"""What was taken, counted by month, data set and country; groups too small to hide anybody are not shown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from oais.database import Connection, people, statistics
from oais.errors import InvalidError, WrongUsageError
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import parse_address
from policies.access import Principal

SMALLEST_GROUP = 5
"""Visitors below which a group is not shown."""

UNKNOWN = "unknown"

_MONTHS = "name the months from first to last as 2026-11: ?first=2026-01&last=2026-11"
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one group took in a month: ``name`` is a data set or a country, ``size`` in bytes."""

    month: str
    name: str
    visitors: int
    downloads: int
    size: int


@dataclass(frozen=True, slots=True)
class UsageView:
    """Downloads from one month to another by data set and by country, and how many groups are not shown."""

    first: str
    last: str
    data_sets: tuple[Usage, ...]
    countries: tuple[Usage, ...]
    not_shown: int


def count_download(
    service: Service,
    principal: Principal,
    address: str,
    sizes: Iterable[tuple[str, int]],
    *,
    country: str = "",
) -> None:
    """Count a download of so many bytes from each data set (node); raises StorageError.

    Neither address nor account is kept: who came is a keyed digest that no other month shares. ``country`` is
    that of the address to which an access code went; an account's own address counts before it.
    """
    month = service.archive.now()[:7]
    visitor = service.hmac("visitor", f"{month} {principal.identifier or address}")
    taken: dict[str, int] = defaultdict(int)
    for node, size in sizes:
        taken[node] += size
    with service.database.writing() as connection:
        country = _country(connection, principal) or country or UNKNOWN
        for node, size in taken.items():
            statistics.count(connection, month, node, country, visitor, size)


def _country(connection: Connection, principal: Principal) -> str:
    """Return the country that the domain of an account's mail address names, or nothing."""
    person = people.by_identifier(connection, principal.identifier) if principal.identifier else None
    if person is not None:
        with suppress(WrongUsageError):
            return parse_address(person.email).country
    return ""


def usage(service: Service, first: str, last: str) -> UsageView:
    """Return what was taken from one month (``2026-11``) to another, without groups below five visitors.

    Raises InvalidError for what is no month, and for a last month before the first.
    """
    _check_months(first, last)
    with service.database.reading() as connection:
        data_sets = [Usage(*row) for row in statistics.by_data_set(connection, first, last)]
        countries = [Usage(*row) for row in statistics.by_country(connection, first, last)]
    shown = [tuple(row for row in rows if row.visitors >= SMALLEST_GROUP) for rows in (data_sets, countries)]
    hidden = len(data_sets) + len(countries) - sum(map(len, shown))
    return UsageView(first, last, shown[0], shown[1], hidden)


def _check_months(first: str, last: str) -> None:
    if not (first and last):
        missing = " and ".join(name for name, month in (("first", first), ("last", last)) if not month)
        raise InvalidError(f"it is not said which months are meant; {missing} missing", remedy=_MONTHS)
    if wrong := [printable(month, 40) for month in (first, last) if not _MONTH.fullmatch(month)]:
        told = ", ".join(map(repr, wrong))
        raise InvalidError(f"{told} is no month", remedy=_MONTHS)
    if last < first:
        raise InvalidError(f"the last month, {last}, is before the first, {first}", remedy="exchange them")

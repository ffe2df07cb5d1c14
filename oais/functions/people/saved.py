"""Favourite searches and profiles of data: each person keeps his own and sees nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeVar

from dip.layout import known_form
from oais.database.saved_queries import Profile, SavedQuery, forget, keep, kept
from oais.errors import InvalidError, NotFoundError, WrongUsageError
from oais.functions.service import Service
from search_index.query import LONGEST_CHOICE, parse_time

LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 2_000
LONGEST_QUERY: Final = 8_000
MOST_DATA_SETS: Final = 200
MOST_KEPT: Final = 500

_Saved = TypeVar("_Saved", SavedQuery, Profile)


def save_query(service: Service, person: str, name: str, query: str, *, description: str = "") -> SavedQuery:
    """Keep a search under a name, instead of one that had the name; raises InvalidError.

    ``query`` is the query string of the search page, without its question mark.
    """
    faults = _too_long(name=(name, LONGEST_NAME), query=(query, LONGEST_QUERY))
    faults += _too_long(description=(description, LONGEST_DESCRIPTION))
    saved = SavedQuery(
        person=person,
        name=name.strip(),
        description=description.strip(),
        query=query.removeprefix("?"),
        saved_at=service.archive.now(),
    )
    _keep(service, saved, faults)
    return saved


def save_profile(
    service: Service,
    person: str,
    name: str,
    data_sets: Iterable[str],
    *,
    starts: str = "",
    ends: str = "",
    package_format: str = "",
) -> Profile:
    """Keep a profile: data sets by identifier or place in the tree, an interval, the format of the package.

    Raises InvalidError.
    """
    sets = [data_set.strip() for data_set in data_sets if data_set.strip()]
    saved = Profile(
        person=person,
        name=name.strip(),
        data_sets="\n".join(sets),
        starts=starts.strip(),
        ends=ends.strip(),
        format=package_format.strip(),
        saved_at=service.archive.now(),
    )
    faults = _too_long(name=(name, LONGEST_NAME))
    if not 0 < len(sets) <= MOST_DATA_SETS or any(len(one) > LONGEST_CHOICE or "\n" in one for one in sets):
        faults.append(f"it does not name 1 to {MOST_DATA_SETS} data sets")
    _keep(service, saved, faults + _unusable(saved))
    return saved


def _unusable(profile: Profile) -> list[str]:
    """Return why a profile's interval or format could not be asked for."""
    faults = []
    try:
        if profile.interval:
            parse_time(profile.interval)
    except WrongUsageError as error:
        faults.append(error.message)
    try:
        if profile.format:
            known_form(profile.format)
    except WrongUsageError as error:
        faults.append(error.message)
    return faults


def saved_queries(service: Service, person: str) -> list[SavedQuery]:
    """Return the searches a person keeps, by name."""
    return _kept(service, SavedQuery, person)


def saved_profiles(service: Service, person: str) -> list[Profile]:
    """Return the profiles a person keeps, by name."""
    return _kept(service, Profile, person)


def delete_query(service: Service, person: str, identifier: str) -> None:
    """Delete one of a person's searches; raises NotFoundError when it is not his."""
    _forget(service, SavedQuery, person, identifier)


def delete_profile(service: Service, person: str, identifier: str) -> None:
    """Delete one of a person's profiles; raises NotFoundError when it is not his."""
    _forget(service, Profile, person, identifier)


def _too_long(**fields: tuple[str, int]) -> list[str]:
    return [
        f"the {name} is longer than {most} characters"
        for name, (text, most) in fields.items()
        if len(text) > most
    ]


def _keep(service: Service, saved: _Saved, faults: list[str]) -> None:
    if not saved.name:
        faults.append("it has no name")
    with service.database.writing() as connection:
        others = {found.name for found in kept(connection, type(saved), saved.person)} - {saved.name}
        if len(others) >= MOST_KEPT:
            faults.append(f"{MOST_KEPT} are kept already")
        if faults:
            raise InvalidError(f"this cannot be kept: {'; '.join(faults)}", remedy="mend what is named")
        keep(connection, saved)


def _kept(service: Service, kind: type[_Saved], person: str) -> list[_Saved]:
    with service.database.reading() as connection:
        return kept(connection, kind, person)


def _forget(service: Service, kind: type[_Saved], person: str, identifier: str) -> None:
    with service.database.writing() as connection:
        if not forget(connection, kind, person, identifier):
            raise NotFoundError("there is nothing of yours with this name", remedy="list what you keep")

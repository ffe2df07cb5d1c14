"""Who may change what of people: asked by every function that changes somebody's rights.

``by`` is the identifier of whoever asks, or ``OPERATOR`` for a command given on the archive's own machine.
"""

from __future__ import annotations

from typing import Final

from oais.database import Connection, people
from oais.database.people import Person
from oais.errors import NotFoundError, RefusedError
from oais.functions.people.principals import is_active, principal_of
from oais.functions.service import Service
from policies.principals import Duty, Role, State, may

OPERATOR: Final = "operator"
"""Whoever gives commands on the machine that holds the archive; he could change its files as well."""


def require_manager(service: Service, connection: Connection, by: str) -> None:
    """Make sure that ``by`` may manage people; raises RefusedError."""
    if by == OPERATOR:
        return
    asker, now = people.by_identifier(connection, by), service.now()
    if asker is None or not may(principal_of(connection, asker, now), Duty.MANAGE_PEOPLE):
        raise RefusedError("only an administrator may change people and groups", remedy="ask one of them")


def require_another(by: str, person: Person) -> None:
    """Make sure that nobody changes his own rights; raises RefusedError."""
    if by == person.identifier:
        raise RefusedError(
            "nobody may change his own rights", remedy="ask another administrator to do it for you"
        )


def require_remaining_administrator(service: Service, connection: Connection, leaving: Person) -> None:
    """Make sure that the archive keeps an administrator without ``leaving``; raises RefusedError."""
    if is_last_administrator(service, connection, leaving):
        raise RefusedError(
            f"{leaving.login} is the last administrator", remedy="make another administrator first"
        )


def is_last_administrator(service: Service, connection: Connection, leaving: Person) -> bool:
    """Return whether the archive would have no administrator left without ``leaving``."""
    now = service.now()
    able = people.listed(connection, role=Role.ADMINISTRATOR, state=State.ACTIVE)
    return leaving.role == Role.ADMINISTRATOR and not any(
        is_active(person, now) for person in able if person.identifier != leaving.identifier
    )


def person_named(connection: Connection, reference: str) -> Person:
    """Return the account with this identifier or login; raises NotFoundError."""
    found = people.by_identifier(connection, reference) or people.by_login(connection, reference.casefold())
    if found is None:
        raise NotFoundError(f"there is no account {reference!r}", remedy="oais person list shows all of them")
    return found

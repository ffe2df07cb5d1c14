"""From an account to the principal that decisions are made for, anew at each request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from oais.archive import timestamp
from oais.database import Connection, people
from oais.database.people import Person
from oais.database.standing import standing_of
from oais.functions.service import Service
from policies.principals import ANONYMOUS, Membership, Principal, Role, State


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who proved who he is: his account, his rights now, and the session or token he came with.

    ``credential`` is the identifier of that session or token, empty for a password given with the request.
    """

    person: Person
    principal: Principal
    credential: str = ""


def principal_for(
    service: Service,
    person: str,
    now: datetime,
    *,
    scopes: Iterable[str] | None = None,
    code_confirmed: bool = False,
) -> Principal:
    """Return the principal of an account by its identifier; a stranger for one that is not there."""
    with service.database.reading() as connection:
        found = people.by_identifier(connection, person)
        if found is None:
            return ANONYMOUS
        return principal_of(connection, found, now, scopes=scopes, code_confirmed=code_confirmed)


def principal_of(
    connection: Connection,
    person: Person,
    now: datetime,
    *,
    scopes: Iterable[str] | None = None,
    code_confirmed: bool = False,
) -> Principal:
    """Return the principal of an account with all that it may rely on at this moment."""
    standing = standing_of(connection, person.identifier, State.ACTIVE, timestamp(now))
    return Principal(
        identifier=person.identifier,
        role=Role(person.role),
        state=state_of(person, now),
        groups=tuple(
            Membership(group, None if until is None else datetime.fromisoformat(until))
            for group, until in standing.groups
        ),
        requests=standing.owned,
        delegated=standing.shared,
        agreements=standing.agreements,
        scopes=None if scopes is None else frozenset(scopes),
        code_confirmed=code_confirmed,
    )


def state_of(person: Person, now: datetime) -> State:
    """Return the state of an account; one whose time is over has expired by itself."""
    state = State(person.state)
    over = person.expires_at is not None and person.expires_at <= timestamp(now)
    return State.EXPIRED if over and state is State.ACTIVE else state


def is_active(person: Person, now: datetime) -> bool:
    """Return whether an account may be used now."""
    return state_of(person, now) is State.ACTIVE

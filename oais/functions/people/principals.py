"""From an account to the principal that decisions are made for, anew at each request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from oais.archive import timestamp
from oais.database import Connection, delegations, groups, people, requests
from oais.database.people import Person
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
    moment = timestamp(now)
    return Principal(
        identifier=person.identifier,
        role=Role(person.role),
        state=state_of(person, now),
        groups=tuple(
            Membership(member.group, None if member.until is None else datetime.fromisoformat(member.until))
            for member in groups.memberships(connection, person.identifier)
        ),
        requests=frozenset(owner.request for owner in requests.owned_by(connection, person.identifier)),
        delegated=delegations.in_force(connection, person.identifier, State.ACTIVE, moment),
        agreements=people.agreements(connection, person.identifier),
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

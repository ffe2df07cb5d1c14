"""Delegation: an owner shares the data of one observation request with one registered person.

It holds from the delegate's next request on. Only owners delegate, so nothing is ever passed on twice; it
ends by itself when owner or delegate is disabled or the request belongs to the owner no more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, delegations, people, requests
from oais.database.delegations import Delegation
from oais.database.people import Person
from oais.database.requests import Owner
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.mailing import link, queue_mail
from oais.functions.people.principals import is_active
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address
from policies.principals import Role, State

LONGEST_NOTE: Final = 500
_MOST_SUGGESTED: Final = 20


def delegate(
    service: Service, owner: str, request: str, to: str, *, until: datetime | None = None, note: str = ""
) -> Delegation:
    """Share an observation request with a registered person, named by login, before ``until`` (None: always).

    Raises RefusedError for a request that is not the owner's, NotFoundError for a person who is not
    registered, InvalidError for an end that is over and for whoever has the right already.
    """
    moment = _end(service, until)
    with service.database.writing() as connection:
        giver = _active_owner(service, connection, owner, request)
        taker = _registered(service, connection, to)
        _require_new(service, connection, request, taker)
        made = Delegation(
            request=request,
            owner=giver.identifier,
            delegate=taker.identifier,
            note=_checked_note(note),
            created_at=service.archive.now(),
            until=moment,
        )
        delegations.add(connection, made)
        _told(service, "delegation made", made)
        text = f"{giver.name} shares the data of the observation request {request} with you."
        address = parse_address(taker.email)
        queue_mail(connection, service, Letter(address, Subject.ACCOUNT, f"{text}\n{link(service, '/me')}"))
    return made


def edit_delegation(
    service: Service, owner: str, identifier: str, *, until: datetime | None, note: str | None = None
) -> Delegation:
    """Change until when a delegation holds, and its note if one is given; raises as ``delegate`` does."""
    moment = _end(service, until)
    with service.database.writing() as connection:
        found = _own(service, connection, owner, identifier)
        if found.cancelled_at is not None:
            raise InvalidError("this delegation was cancelled", remedy="make a new one")
        changed = replace(found, until=moment, note=found.note if note is None else _checked_note(note))
        delegations.change(connection, identifier, until=changed.until, note=changed.note)
        _told(service, "delegation edited", changed)
    return changed


def cancel_delegation(service: Service, owner: str, identifier: str) -> Delegation:
    """End a delegation now; one that was cancelled stays as it is. Raises NotFoundError."""
    with service.database.writing() as connection:
        found = _own(service, connection, owner, identifier)
        if found.cancelled_at is not None:
            return found
        cancelled = replace(found, cancelled_at=service.archive.now())
        delegations.change(connection, identifier, cancelled_at=cancelled.cancelled_at)
        _told(service, "delegation cancelled", cancelled)
    return cancelled


def delegations_given(service: Service, owner: str) -> list[Delegation]:
    """Return what an owner ever delegated, the newest first."""
    with service.database.reading() as connection:
        return delegations.given(connection, owner)


def delegations_received(service: Service, person: str) -> list[Delegation]:
    """Return what was ever delegated to a person, the newest first."""
    with service.database.reading() as connection:
        return delegations.received(connection, person)


def requests_of(service: Service, person: str) -> list[Owner]:
    """Return the observation requests that belong to a person."""
    with service.database.reading() as connection:
        return requests.owned_by(connection, person)


def possible_delegates(service: Service, owner: str, request: str, text: str = "") -> list[Person]:
    """Return up to 20 registered people an owner may share a request with, whose login or name fits.

    Raises RefusedError for a request that is not his: the list of people is for owners alone.
    """
    now = service.now()
    with service.database.reading() as connection:
        _active_owner(service, connection, owner, request)
        owners = {found.person for found in requests.owners_of(connection, request)}
        found = people.listed(connection, role=Role.REGISTERED, state=State.ACTIVE)
    fitting = (
        person
        for person in found
        if is_active(person, now)
        and person.identifier not in owners
        and text.casefold() in f"{person.login} {person.name.casefold()}"
    )
    return [person for person, _number in zip(fitting, range(_MOST_SUGGESTED), strict=False)]


def _active_owner(service: Service, connection: Connection, owner: str, request: str) -> Person:
    giver = people.by_identifier(connection, owner)
    owners = {found.person for found in requests.owners_of(connection, request)}
    if giver is None or owner not in owners or not is_active(giver, service.now()):
        raise RefusedError(
            "only the PI or co-PI of an observation request shares it; who was given it cannot pass it on",
            remedy="ask the PI to share it",
        )
    return giver


def _registered(service: Service, connection: Connection, to: str) -> Person:
    taker = people.by_login(connection, to.strip().casefold())
    if taker is None or taker.role != Role.REGISTERED or not is_active(taker, service.now()):
        raise NotFoundError(
            "there is no registered person of this login", remedy="the person needs an account first"
        )
    return taker


def _require_new(service: Service, connection: Connection, request: str, taker: Person) -> None:
    now = service.archive.now()
    owns = request in {owner.request for owner in requests.owned_by(connection, taker.identifier)}
    if owns or request in delegations.in_force(connection, taker.identifier, State.ACTIVE, now):
        raise InvalidError(
            f"{taker.login} may use the data of {request} already", remedy="edit that delegation, or leave it"
        )


def _own(service: Service, connection: Connection, owner: str, identifier: str) -> Delegation:
    found = delegations.by_identifier(connection, identifier)
    giver = people.by_identifier(connection, owner)
    if found is None or found.owner != owner or giver is None or not is_active(giver, service.now()):
        raise NotFoundError("there is no such delegation of yours", remedy="list them to see what there is")
    return found


def _end(service: Service, until: datetime | None) -> str | None:
    if until is not None and until <= service.now():
        raise InvalidError("the end of the delegation is over already", remedy="choose a later day")
    return None if until is None else timestamp(until)


def _checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise InvalidError(f"the note is longer than {LONGEST_NOTE} characters", remedy="shorten it")
    return note.strip()


def _told(service: Service, event: str, delegation: Delegation) -> None:
    facts = {"request": delegation.request, "delegate": delegation.delegate, "until": delegation.until or ""}
    record(service, event, who=delegation.owner, subject=delegation.identifier, **facts)

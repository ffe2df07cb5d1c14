"""Accounts in the hands of administrators, and what people change of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, delegations, people, sessions, tokens
from oais.database.people import Person
from oais.errors import InvalidError, RefusedError
from oais.functions.people.authority import (
    OPERATOR,
    person_named,
    require_another,
    require_manager,
    require_remaining_administrator,
)
from oais.functions.people.passwords import check_password, fits, hash_password
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import parse_address
from policies.principals import Role, State

LONGEST_NAME: Final = 200
_LOGIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])")


@dataclass(frozen=True, slots=True)
class Entry:
    """Who an account is for; ``checked`` brings it into the form that is kept."""

    login: str
    name: str
    email: str

    def checked(self) -> Entry:
        """Return login and address as they are kept; raises InvalidError that tells every fault at once."""
        faults = []
        login, name, email = self.login.strip().casefold(), self.name.strip(), self.email.strip()
        if not _LOGIN.fullmatch(login):
            told = printable(login, 40)
            faults.append(f"the login {told!r} is not 2 to 32 of the letters a-z, digits, dots and dashes")
        if not 0 < len(name) <= LONGEST_NAME or name != printable(name, LONGEST_NAME):
            faults.append(f"the name is not 1 to {LONGEST_NAME} characters that can be printed")
        try:
            email = parse_address(email).text
        except InvalidError as error:
            faults.append(error.message)
        if faults:
            raise InvalidError("; ".join(faults), remedy="mend what is named and try again")
        return Entry(login, name, email)


def person_of(service: Service, reference: str) -> Person:
    """Return the account with this identifier or login; raises NotFoundError."""
    with service.database.reading() as connection:
        return person_named(connection, reference)


def people_listed(service: Service, *, role: str = "", state: str = "", text: str = "") -> list[Person]:
    """Return the accounts that fit, by login; ``text`` is part of a login, name or address."""
    with service.database.reading() as connection:
        return people.listed(connection, role=role, state=state, text=text)


def agreements_of(service: Service, person: str) -> frozenset[str]:
    """Return the agreements an account may deliver under."""
    with service.database.reading() as connection:
        return people.agreements(connection, person)


def create_administrator(service: Service, entry: Entry, password: str) -> Person:
    """Make the account of an administrator, for the operator who sets the archive up; raises InvalidError."""
    entry = entry.checked()
    check_password(password, entry.login, entry.name, entry.email)
    hashed = hash_password(password)
    with service.database.writing() as connection:
        made = new_account(service, connection, entry, Role.ADMINISTRATOR, State.ACTIVE, password=hashed)
        record(service, "account made", who=OPERATOR, subject=made.identifier, role=made.role)
    return made


def create_provider(service: Service, by: str, entry: Entry, agreements: Iterable[str]) -> Person:
    """Make the machine account of a provider: it has no password, only tokens, bound to its agreements.

    Raises InvalidError for an agreement that is not known, RefusedError.
    """
    entry = entry.checked()
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        made = new_account(service, connection, entry, Role.PROVIDER, State.ACTIVE)
        event, facts = _bind(service, connection, made, agreements)
        record(service, event, who=by, subject=made.identifier, **facts)
    return made


def change_account(
    service: Service,
    by: str,
    reference: str,
    *,
    role: Role | None = None,
    agreements: Iterable[str] | None = None,
    state: State | None = None,
) -> Person:
    """Change role, agreements and state of an account at once: where one is refused, none is changed.

    What is None stays. Raises as ``change_role``, ``bind_agreements``, ``disable`` and ``enable`` do.
    """
    if state not in {None, State.ACTIVE, State.DISABLED}:
        raise InvalidError(f"no account is made {state}", remedy="say active or disabled")
    events: list[_Event] = []
    with service.database.writing() as connection:
        person = person_named(connection, reference)
        if role is not None:
            events.append(_give_role(service, connection, by, person, role))
        if agreements is not None:
            require_manager(service, connection, by)
            require_another(by, person)
            events.append(_bind(service, connection, person, agreements))
        if state is not None:
            switch = _enable if state is State.ACTIVE else _disable
            events.append(switch(service, connection, by, person_named(connection, person.identifier)))
        # The log is no part of the transaction: it hears of what was done when nothing is refused any more.
        for event, facts in events:
            record(service, event, who=by, subject=person.identifier, **facts)
        return person_named(connection, person.identifier)


def bind_agreements(service: Service, by: str, reference: str, agreements: Iterable[str]) -> Person:
    """Say under which agreements an account may deliver, from the next request on; raises InvalidError."""
    return change_account(service, by, reference, agreements=agreements)


def change_role(service: Service, by: str, reference: str, role: Role) -> Person:
    """Give an account another role, effective at its next request.

    Raises RefusedError for one's own account, for whoever is no administrator, and for the last one.
    """
    return change_account(service, by, reference, role=role)


def disable(service: Service, by: str, reference: str) -> Person:
    """Let an account be used no more; its sessions, tokens and delegations, either way, end for good."""
    return change_account(service, by, reference, state=State.DISABLED)


def enable(service: Service, by: str, reference: str) -> Person:
    """Let a disabled account be used again; raises RefusedError for one that waits for approval."""
    return change_account(service, by, reference, state=State.ACTIVE)


def limit(service: Service, by: str, reference: str, until: datetime | None) -> Person:
    """Set when an account expires (None: never); raises RefusedError for an administrator's."""
    moment = None if until is None else timestamp(until)
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        person = person_named(connection, reference)
        require_another(by, person)
        if person.role == Role.ADMINISTRATOR:
            raise _no_end()
        record(service, "account limited", who=by, subject=person.identifier, until=moment or "")
        return people.change(connection, person.identifier, expires_at=moment)


def change_password(
    service: Service, person: str, old: str, new: str, *, session: str = "", end_tokens: bool = False
) -> None:
    """Set a person's own new password; all his sessions but ``session`` end, and his tokens if asked.

    Raises InvalidError when the old one is wrong or the new one breaks a rule, BusyError.
    """
    account = person_of(service, person)
    check_password(new, account.login, account.name, account.email)
    require_password(service, account, old, failed="password change failed")
    hashed = hash_password(new)
    with service.database.writing() as connection:
        if person_named(connection, person).password != account.password:
            raise InvalidError("the password was changed meanwhile", remedy="log in with the new one")
        set_password(service, connection, account, hashed, keeping=session, end_tokens=end_tokens)


def require_password(service: Service, account: Person, password: str, *, failed: str) -> None:
    """Make sure that whoever is logged in is the person: a session left open must not take an account.

    Raises InvalidError, which the log of security events knows as ``failed``, and BusyError.
    """
    if not fits(password, account.password):
        record(service, failed, who=account.identifier)
        raise InvalidError("the present password is not right", remedy="type the one you log in with")


def set_password(
    service: Service,
    connection: Connection,
    person: Person,
    hashed: str,
    *,
    keeping: str = "",
    end_tokens: bool,
) -> Person:
    """Set a hash and end the person's sessions, all but ``keeping``, in the caller's transaction.

    Tokens outlive a password, as programs use them; with ``end_tokens`` they end as well.
    """
    sessions.end_all(connection, person.identifier, but=keeping)
    if end_tokens:
        tokens.revoke_all(connection, person.identifier, service.archive.now())
    record(service, "password changed", who=person.identifier, tokens="ended" if end_tokens else "kept")
    return people.change(connection, person.identifier, password=hashed)


def new_account(
    service: Service,
    connection: Connection,
    entry: Entry,
    role: Role,
    state: State,
    *,
    password: str = "",
    purpose: str = "",
) -> Person:
    """Enter an account in the caller's transaction; raises InvalidError when login or address is taken."""
    for name, taken in (
        ("login", people.by_login(connection, entry.login)),
        ("address", people.by_email(connection, entry.email)),
    ):
        if taken is not None:
            raise InvalidError(f"the {name} of {entry.login} is taken", remedy=f"choose another {name}")
    person = Person(
        login=entry.login,
        name=entry.name,
        email=entry.email,
        role=role,
        state=state,
        password=password,
        purpose=purpose,
        created_at=service.archive.now(),
    )
    people.add(connection, person)
    return person


def _no_end() -> RefusedError:
    return RefusedError(
        "an administrator's account has no end, so that the archive never loses its last one",
        remedy="give it another role, or no end, first",
    )


_Event = tuple[str, Mapping[str, str]]  # what the log is to hear: the event and its facts


def _give_role(service: Service, connection: Connection, by: str, person: Person, role: Role) -> _Event:
    if role is Role.ANONYMOUS:
        raise InvalidError("no account is anonymous", remedy="disable it instead")
    require_manager(service, connection, by)
    require_another(by, person)
    if role is not Role.ADMINISTRATOR:
        require_remaining_administrator(service, connection, person)
    elif person.expires_at is not None:
        raise _no_end()
    people.change(connection, person.identifier, role=role)
    return "role changed", {"before": person.role, "after": role}


def _disable(service: Service, connection: Connection, by: str, person: Person) -> _Event:
    if by != person.identifier:
        require_manager(service, connection, by)
    require_remaining_administrator(service, connection, person)
    sessions.end_all(connection, person.identifier)
    tokens.revoke_all(connection, person.identifier, service.archive.now())
    delegations.end_all(connection, person.identifier, service.archive.now())
    people.change(connection, person.identifier, state=State.DISABLED)
    return "account disabled", {}


def _enable(service: Service, connection: Connection, by: str, person: Person) -> _Event:
    require_manager(service, connection, by)
    if person.state == State.PENDING:
        raise RefusedError(f"{person.login} waits for approval", remedy="approve or refuse it")
    people.change(connection, person.identifier, state=State.ACTIVE)
    return "account enabled", {}


def _bind(service: Service, connection: Connection, person: Person, agreements: Iterable[str]) -> _Event:
    names = sorted(set(agreements))
    known = service.archive.policies.agreements
    if unknown := [name for name in names if name not in known]:
        raise InvalidError(
            f"there is no agreement {', '.join(unknown)}; there are {', '.join(sorted(known))}",
            remedy="name agreements that are in policies/agreements",
        )
    people.bind(connection, person.identifier, names)
    return "agreements bound", {"agreements": " ".join(names)}

"""How people come to an account: by themselves, as far as the sign-up policy lets them, or by import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, notices, people, requests
from oais.database.people import Person
from oais.database.requests import Owner
from oais.errors import InvalidError, RefusedError
from oais.functions.mailing import link, queue_mail
from oais.functions.people.accounts import Entry, new_account
from oais.functions.people.authority import person_named, require_manager
from oais.functions.people.confirmations import (
    REGISTRATION_LASTS,
    send_registration_link,
    spend_registration_secret,
)
from oais.functions.people.passwords import hash_password, password_fault
from oais.functions.people.proposals import Proposal, read_proposals
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address
from oais.settings import SignUp
from policies.principals import Role, State

LONGEST_PURPOSE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody enters who wants an account; ``purpose`` says what for.

    ``agreed`` is that he read what is kept of him and agreed to it; the security log keeps that it was said.
    """

    entry: Entry
    password: str = field(repr=False)
    purpose: str = ""
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of a proposal list did: accounts made, and those that were there already."""

    made: tuple[str, ...]
    known: tuple[str, ...]
    requests: int


def register(service: Service, registration: Registration, *, address: str = "") -> None:
    """Take a registration and mail a link to its address; whoever asks is told the same in every case.

    When login or address is taken, it is the mail that says so. Raises InvalidError with all faults at once,
    RefusedError when accounts are made by import only, BusyError.
    """
    if service.archive.settings.sign_up is SignUp.CLOSED:
        raise RefusedError(
            "accounts are made from the list of accepted proposals only",
            remedy="public data need no account; ask the archive if your proposal was accepted",
        )
    entry = _checked(registration)
    hashed = hash_password(registration.password)
    with service.database.writing() as connection:
        _sweep_unconfirmed(service, connection)
        if taken := _taken(service, connection, entry):
            _mail_once_a_day(service, connection, entry, taken)
            record(service, "registration of a taken name", address=address)
            return
        person = new_account(
            service,
            connection,
            entry,
            Role.REGISTERED,
            State.PENDING,
            password=hashed,
            purpose=registration.purpose.strip(),
        )
        send_registration_link(service, connection, person)
        told = {"agreed": "what is kept of people"} if registration.agreed else {}
        record(service, "registration", subject=person.identifier, address=address, **told)


def confirm_registration(service: Service, secret: str) -> Person:
    """Confirm the address of a new account by the secret mailed to it; raises InvalidError.

    Where sign-up is open the account is active at once, else it waits for an administrator.
    """
    with service.database.writing() as connection:
        person = spend_registration_secret(service, connection, secret)
        opens = service.archive.settings.sign_up is SignUp.OPEN and person.state == State.PENDING
        state = State.ACTIVE if opens else person.state
        record(service, "address confirmed", subject=person.identifier, state=state)
        if state == State.PENDING:
            _tell_administrators(service, connection, person)
        now = service.archive.now()
        return people.change(connection, person.identifier, state=state, email_verified_at=now)


def waiting_for_approval(service: Service) -> list[Person]:
    """Return the accounts whose address is confirmed and that wait for an administrator."""
    with service.database.reading() as connection:
        return [
            person for person in people.listed(connection, state=State.PENDING) if person.email_verified_at
        ]


def approve(service: Service, by: str, reference: str) -> Person:
    """Let a new account be used and tell its owner; raises RefusedError when it does not wait for that."""
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        person = _waiting(connection, reference)
        if person.email_verified_at is None:
            raise RefusedError(
                f"the address of {person.login} is not confirmed",
                remedy="wait until its owner opens the link",
            )
        record(service, "account approved", who=by, subject=person.identifier)
        text = f"Your account {person.login} can be used now:\n{link(service, '/login')}"
        _mail(service, connection, person.email, text)
        return people.change(connection, person.identifier, state=State.ACTIVE)


def refuse(service: Service, by: str, reference: str, reason: str = "") -> None:
    """Remove a new account with all that was entered, and tell its owner why; raises RefusedError."""
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        person = _waiting(connection, reference)
        record(service, "account refused", who=by, subject=person.identifier)
        people.remove(connection, person.identifier)
        if person.email_verified_at is not None:
            told = f"Your request for an account was not granted. {reason}".strip()
            _mail(service, connection, person.email, f"{told}\nWhat you had entered was deleted.")


def import_people(service: Service, by: str, text: str) -> Imported:
    """Make the accounts of a proposal list, as ``read_proposals`` reads it.

    An account that is there already only gets the requests. Either the whole list is taken or nothing: raises
    InvalidError with the faults by line, RefusedError.
    """
    missions = {agreement.slug for agreement in service.archive.policies.agreements.values()}
    rows, faults = read_proposals(text, missions), []
    made: list[Person] = []
    known: list[Person] = []
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        for row in rows:
            try:
                person, is_new = _owner(service, connection, row)
            except InvalidError as error:
                faults.append(f"line {row.line}: {error.message}")
                continue
            (made if is_new else known).append(person)
            owners = [Owner(name, person.identifier, row.role) for name in row.requests]
            requests.assign(connection, owners)
        if faults:
            raise InvalidError("\n".join(faults), remedy="mend these lines; nothing was imported")
        # By identifiers, as all of the log: a login would stay in it when the account is erased.
        told = {"made": _identifiers(made), "known": _identifiers(known)}
        record(service, "accounts imported", who=by, **told)
    assigned = sum(len(row.requests) for row in rows)
    return Imported(tuple(one.login for one in made), tuple(one.login for one in known), assigned)


def _identifiers(people: Iterable[Person]) -> str:
    return " ".join(person.identifier for person in people)


def _checked(registration: Registration) -> Entry:
    entry, faults = registration.entry, []
    try:
        entry = entry.checked()
    except InvalidError as error:
        faults.append(error.message)
    if fault := password_fault(registration.password, entry.login, entry.name, entry.email):
        faults.append(fault)
    if len(registration.purpose) > LONGEST_PURPOSE:
        faults.append(f"the purpose is longer than {LONGEST_PURPOSE} characters")
    if faults:
        raise InvalidError("; ".join(faults), remedy="mend what is named and try again")
    return entry


def _taken(service: Service, connection: Connection, entry: Entry) -> str:
    """Return what to tell by mail when a registration meets an account, or nothing."""
    if people.by_email(connection, entry.email) is not None:
        told = "Somebody asked for an account with this address, which has one. Here you set a new password:"
        return f"{told}\n{link(service, '/reset')}"
    if people.by_login(connection, entry.login) is not None:
        return f"You asked for the account {entry.login}. This login is taken: please choose another."
    return ""


def _mail_once_a_day(service: Service, connection: Connection, entry: Entry, text: str) -> None:
    """Tell an address that a name is taken; whoever asks for it again and again floods no mailbox."""
    holder = people.by_email(connection, entry.email) or people.by_login(connection, entry.login)
    assert holder is not None
    now = service.archive.now()
    about = f"{now[:10]} {service.hmac('address', entry.email)}"
    if notices.note(connection, holder.identifier, "taken name", about, now):
        _mail(service, connection, entry.email, text)


def _waiting(connection: Connection, reference: str) -> Person:
    person = person_named(connection, reference)
    if person.state != State.PENDING:
        raise RefusedError(
            f"{person.login} does not wait for approval", remedy="oais person list --state pending"
        )
    return person


def _sweep_unconfirmed(service: Service, connection: Connection) -> None:
    """Forget who never opened the link, so that his login is free again."""
    oldest = timestamp(service.now() - REGISTRATION_LASTS)
    for person in people.listed(connection, state=State.PENDING):
        if person.email_verified_at is None and person.created_at <= oldest:
            people.remove(connection, person.identifier)


def _tell_administrators(service: Service, connection: Connection, waiting: Person) -> None:
    text = f"{waiting.login} asks for an account and waits for approval:\n{link(service, '/desk/approvals')}"
    for administrator in people.listed(connection, role=Role.ADMINISTRATOR, state=State.ACTIVE):
        _mail(service, connection, administrator.email, text)


def _mail(service: Service, connection: Connection, email: str, text: str) -> None:
    queue_mail(connection, service, Letter(parse_address(email), Subject.ACCOUNT, text))


def _owner(service: Service, connection: Connection, row: Proposal) -> tuple[Person, bool]:
    """Return the account of a row, and whether it was made for it; raises InvalidError."""
    person = people.by_login(connection, row.entry.login)
    if person is None:
        person = new_account(service, connection, row.entry, Role.REGISTERED, State.ACTIVE)
        text = f"You have the account {person.login} now. Here you set your password:"
        _mail(service, connection, person.email, f"{text}\n{link(service, '/reset')}")
        return person, True
    if person.email.lower() != row.entry.email.lower():
        raise InvalidError(f"{person.login} is there already, with another address")
    return person, False

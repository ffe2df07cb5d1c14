"""Secrets sent by mail: setting a new password, confirming an address. Each works once, for 15 minutes."""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, confirmations, notices, people
from oais.database.confirmations import Confirmation
from oais.database.people import Person
from oais.errors import BusyError, InvalidError
from oais.functions.mailing import link, queue_mail
from oais.functions.people.accounts import person_of, require_password, set_password
from oais.functions.people.passwords import check_password, hash_password
from oais.functions.people.principals import is_active
from oais.functions.people.sessions import digest_of
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address
from policies.principals import State

SECRET_LASTS: Final = timedelta(minutes=15)
REGISTRATION_LASTS: Final = timedelta(days=1)
MAILED_AGAIN_AFTER: Final = timedelta(minutes=2)
"""How long nobody can have another link for a password mailed, so that no mailbox is flooded."""

_MINUTE: Final = len("2026-11-21T12:00")


class Purpose(StrEnum):
    """What a secret is good for."""

    PASSWORD = "password"  # noqa: S105 - a word, no password
    REGISTRATION = "registration"
    ADDRESS = "address"


def ask_reset(service: Service, login: str, *, address: str = "") -> None:
    """Mail the link to set a new password to whoever has this login or e-mail address, if anybody has.

    What it does is not told to whoever asks; call it after the answer is on its way, so that the time it
    takes tells nothing either.
    """
    with service.database.writing() as connection:
        find = people.by_email if "@" in login else people.by_login
        person = find(connection, login.strip().casefold())
        record(service, "password reset asked", subject=person.identifier if person else "", address=address)
        if person is None or not is_active(person, service.now()):
            return
        if not _just_mailed(service, connection, person):
            _send(service, connection, person, Purpose.PASSWORD, person.email)


def reset_password(service: Service, secret: str, password: str) -> Person:
    """Set a new password by the secret of a mail, once; all sessions and tokens end.

    Whoever lost his password may have lost it to somebody, who may have made tokens with it.

    A password that breaks a rule leaves the secret as it is. Raises InvalidError and BusyError.
    """
    with service.database.reading() as connection:
        person = _owner(service, connection, secret, Purpose.PASSWORD)
    check_password(password, person.login, person.name, person.email)
    hashed = hash_password(password)
    with service.database.writing() as connection:
        person = _owner(service, connection, secret, Purpose.PASSWORD)
        confirmations.withdraw(connection, person.identifier, Purpose.PASSWORD)
        set_password(service, connection, person, hashed, end_tokens=True)
        return people.change(connection, person.identifier, email_verified_at=service.archive.now())


def ask_new_address(service: Service, person: str, email: str, password: str) -> None:
    """Mail a link to a new address of a person; it becomes his when he opens it.

    Whoever has the address can set the password, so the present ``password`` is asked for. An address that
    another account has gets no link, and whoever asks is not told. Raises InvalidError for a wrong password
    or address, BusyError for a second wish in the same minute, whatever became of the first.
    """
    address = parse_address(email).text
    require_password(service, person_of(service, person), password, failed="new address refused")
    with service.database.writing() as connection:
        found = people.by_identifier(connection, person)
        assert found is not None
        now = service.archive.now()
        if not notices.note(connection, person, "new address", now[:_MINUTE], now):
            raise BusyError("you asked for this a moment ago", remedy="wait a minute", retry_after=60)
        record(service, "new address asked", who=person)
        if people.by_email(connection, address) is None:
            _send(service, connection, found, Purpose.ADDRESS, address)


def confirm_new_address(service: Service, secret: str) -> Person:
    """Take a person's new address for his own by the secret mailed to it, once; raises InvalidError."""
    with service.database.writing() as connection:
        sent = _valid(service, connection, secret, Purpose.ADDRESS)
        person = people.by_identifier(connection, sent.person)
        if person is None or people.by_email(connection, sent.email) not in (None, person):
            raise _spent()
        confirmations.withdraw(connection, person.identifier, Purpose.ADDRESS)
        confirmations.withdraw(connection, person.identifier, Purpose.PASSWORD)
        record(service, "address changed", who=person.identifier)
        _tell_old_address(service, connection, person)
        now = service.archive.now()
        return people.change(connection, person.identifier, email=sent.email, email_verified_at=now)


def send_registration_link(service: Service, connection: Connection, person: Person) -> None:
    """Mail the link that confirms the address of a new account, in the caller's transaction."""
    _send(service, connection, person, Purpose.REGISTRATION, person.email, lasts=REGISTRATION_LASTS)


def spend_registration_secret(service: Service, connection: Connection, secret: str) -> Person:
    """Return the new account whose address a secret confirms; it works no more. Raises InvalidError."""
    person = _owner(service, connection, secret, Purpose.REGISTRATION)
    confirmations.withdraw(connection, person.identifier, Purpose.REGISTRATION)
    return person


def _just_mailed(service: Service, connection: Connection, person: Person) -> bool:
    """Return whether a link for a password was mailed to a person a moment ago."""
    ends = timestamp(service.now() + SECRET_LASTS - MAILED_AGAIN_AFTER)
    return any(
        sent.expires_at > ends
        for sent in confirmations.of_person(connection, person.identifier, Purpose.PASSWORD)
    )


def _send(
    service: Service,
    connection: Connection,
    person: Person,
    purpose: Purpose,
    email: str,
    *,
    lasts: timedelta = SECRET_LASTS,
) -> None:
    secret, ends = secrets.token_urlsafe(32), service.now() + lasts
    confirmations.sweep(connection, service.archive.now())
    confirmations.replace(
        connection,
        Confirmation(
            digest=digest_of(secret),
            person=person.identifier,
            purpose=purpose,
            email=email,
            expires_at=timestamp(ends),
        ),
    )
    subject, text, page = _LETTERS[purpose]
    told = f"{text}\n{link(service, f'{page}?secret={secret}')}\n\n{_UNASKED}"
    queue_mail(connection, service, Letter(parse_address(email), subject, told), until=ends)


_UNASKED: Final = "If you did not ask for this, do nothing: nothing is changed."
_LETTERS: Final = {
    Purpose.PASSWORD: (
        Subject.PASSWORD_RESET,
        "With this link you set a new password. It works once, for 15 minutes:",
        "/reset",
    ),
    Purpose.REGISTRATION: (
        Subject.ADDRESS_CHECK,
        "With this link you confirm your address for your new account. It works once, for a day:",
        "/verify",
    ),
    Purpose.ADDRESS: (
        Subject.ADDRESS_CHECK,
        "With this link you confirm your new address. It works once, for 15 minutes:",
        "/me/address",
    ),
}


def _tell_old_address(service: Service, connection: Connection, person: Person) -> None:
    text = "The address of your account was changed. If this was not you, write to the archive at once."
    queue_mail(connection, service, Letter(parse_address(person.email), Subject.ACCOUNT, text))


def _owner(service: Service, connection: Connection, secret: str, purpose: Purpose) -> Person:
    """Return whose secret it is, as long as his address is the one it was sent to."""
    sent = _valid(service, connection, secret, purpose)
    person = people.by_identifier(connection, sent.person)
    if person is None or person.email != sent.email or person.state == State.DISABLED:
        raise _spent()
    return person


def _valid(service: Service, connection: Connection, secret: str, purpose: Purpose) -> Confirmation:
    sent = confirmations.by_digest(connection, digest_of(secret))
    if sent is None or sent.purpose != purpose or sent.expires_at <= service.archive.now():
        raise _spent()
    return sent


def _spent() -> InvalidError:
    return InvalidError("this link does not work, or no longer", remedy="ask for a new one")

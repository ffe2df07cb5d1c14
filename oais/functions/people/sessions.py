"""Logging in and out: sessions lie on the server, the browser holds a secret that means nothing by itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from oais.archive import timestamp
from oais.database import people, sessions
from oais.database.people import Person
from oais.database.sessions import Session
from oais.errors import NotFoundError, UnauthenticatedError
from oais.functions.people.passwords import fits, hash_password, is_outdated
from oais.functions.people.principals import Known, is_active, principal_of
from oais.functions.security_log import record
from oais.functions.service import Service

SESSION_LASTS: Final = timedelta(hours=12)
IDLE_LASTS: Final = timedelta(hours=2)
REMEMBERED_LASTS: Final = timedelta(days=30)

_SEEN_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session: its secret for the browser, shown this once, and the login before it."""

    secret: str = field(repr=False)
    person: Person
    session: Session


def digest_of(secret: str) -> str:
    """Return what is kept of a secret of 256 random bits: it needs no salt and moves with the database."""
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def log_in(
    service: Service,
    login: str,
    password: str,
    *,
    remember: bool = False,
    replaces: str = "",
    address: str = "",
) -> LoggedIn:
    """Open a session by login or e-mail address and password; the session ``replaces`` ends with it.

    Raises UnauthenticatedError with one text whatever was wrong, BusyError when too many log in at once.
    """
    person = authenticated(service, login, password, address=address)
    secret, now = secrets.token_urlsafe(32), service.now()
    session = Session(
        person=person.identifier,
        digest=digest_of(secret),
        created_at=timestamp(now),
        seen_at=timestamp(now),
        expires_at=timestamp(now + (REMEMBERED_LASTS if remember else SESSION_LASTS)),
        last_login_at=person.last_login_at,
        remembered=remember,
    )
    with service.database.writing() as connection:
        sessions.sweep(connection, timestamp(now))
        if old := sessions.by_digest(connection, digest_of(replaces)):
            sessions.end(connection, old.identifier)
        current = people.by_identifier(connection, person.identifier)
        if current is None or current.password != person.password or not is_active(current, now):
            raise _wrong()  # changed while the hash was reckoned
        sessions.add(connection, session)
        person = people.change(connection, person.identifier, last_login_at=timestamp(now))
        record(service, "login", who=person.identifier, address=address)
    return LoggedIn(secret, person, session)


def authenticated(service: Service, login: str, password: str, *, address: str = "") -> Person:
    """Return the account whose password this is; one of an unknown login takes as long and says the same.

    Raises UnauthenticatedError and BusyError.
    """
    person = _account(service, login)
    right = fits(password, "" if person is None else person.password)
    if person is None or not right or not is_active(person, service.now()):
        record(service, "login failed", subject="" if person is None else person.identifier, address=address)
        raise _wrong()
    if is_outdated(person.password):
        person = _rehashed(service, person, password)
    return person


def authenticated_again(
    service: Service, login: str, password: str, *, address: str = "", count: Callable[[], None]
) -> Person:
    """Return the account whose password came with this request, as it may have come with the one before.

    What was proven a moment ago is not reckoned anew; else ``count`` is called first, which may raise.
    Raises UnauthenticatedError and BusyError.
    """
    person = _account(service, login)
    if person is not None and service.proven.holds(person, password, service.now()):
        if not is_active(person, service.now()):
            raise _wrong()
        return person
    count()
    person = authenticated(service, login, password, address=address)
    service.proven.add(person, password, service.now())
    return person


def _account(service: Service, login: str) -> Person | None:
    with service.database.reading() as connection:
        find = people.by_email if "@" in login else people.by_login
        return find(connection, login.casefold())


def known_by_session(service: Service, secret: str) -> Known:
    """Return whose session a secret opens; raises UnauthenticatedError when it has ended."""
    now = service.now()
    with service.database.reading() as connection:
        session = sessions.by_digest(connection, digest_of(secret))
        person = None if session is None else people.by_identifier(connection, session.person)
        if session is None or person is None or not _lasts(service, session) or not is_active(person, now):
            raise UnauthenticatedError("your session has ended", remedy="log in again")
        confirmed = session.confirmed_at is not None
        known = Known(
            person, principal_of(connection, person, now, code_confirmed=confirmed), session.identifier
        )
    if session.seen_at <= timestamp(now - _SEEN_EVERY):
        with service.database.writing() as connection:
            sessions.change(connection, session.identifier, seen_at=timestamp(now))
    return known


def confirm_session(service: Service, identifier: str) -> None:
    """Note that a code mailed to the account's own address was given in this session."""
    with service.database.writing() as connection:
        sessions.change(connection, identifier, confirmed_at=service.archive.now())


def log_out(service: Service, secret: str) -> None:
    """End the session of a secret; one that has ended already is no fault."""
    with service.database.writing() as connection:
        if session := sessions.by_digest(connection, digest_of(secret)):
            sessions.end(connection, session.identifier)
            record(service, "logout", who=session.person)


def sessions_of(service: Service, person: str) -> list[Session]:
    """Return the sessions of a person that last, the newest first."""
    with service.database.reading() as connection:
        return [found for found in sessions.of_person(connection, person) if _lasts(service, found)]


def end_session(service: Service, person: str, identifier: str) -> None:
    """End one of a person's own sessions; raises NotFoundError when it is not his."""
    with service.database.writing() as connection:
        if identifier not in {found.identifier for found in sessions.of_person(connection, person)}:
            raise NotFoundError("there is no such session", remedy="it may have ended already")
        sessions.end(connection, identifier)
        record(service, "session ended", who=person, subject=identifier)


def end_other_sessions(service: Service, person: str, *, but: str = "") -> int:
    """End all of a person's sessions ``but`` one, and return how many there were."""
    with service.database.writing() as connection:
        ended = sessions.end_all(connection, person, but=but)
        record(service, "sessions ended", who=person, count=str(ended))
    return ended


def _lasts(service: Service, session: Session) -> bool:
    now = service.now()
    idle = not session.remembered and session.seen_at <= timestamp(now - IDLE_LASTS)
    return session.expires_at > timestamp(now) and not idle


def _rehashed(service: Service, person: Person, password: str) -> Person:
    """Bring a hash of older costs to those of today, now that the password is at hand."""
    hashed = hash_password(password)
    with service.database.writing() as connection:
        current = people.by_identifier(connection, person.identifier)
        if current is None or current.password != person.password:
            raise _wrong()
        return people.change(connection, person.identifier, password=hashed)


def _wrong() -> UnauthenticatedError:
    return UnauthenticatedError(
        "name or password is not right, or the account cannot be used",
        remedy="try again, or set a new password",
    )

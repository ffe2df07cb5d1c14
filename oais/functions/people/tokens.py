"""API tokens: for programs of people, and for the machine accounts of providers."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, people, tokens
from oais.database.people import Person
from oais.database.tokens import Token
from oais.errors import InvalidError, NotFoundError, RefusedError, UnauthenticatedError
from oais.functions.people.authority import OPERATOR, person_named, require_manager
from oais.functions.people.principals import Known, is_active, principal_of
from oais.functions.people.sessions import authenticated_again, digest_of
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from policies.principals import STAFF, Role, Scope

PREFIX: Final = "oais_"
"""How a token begins, so that programs that look for leaked secrets know it."""

USUAL_DAYS: Final = 90
MOST_DAYS: Final = 366

_LONGEST_NAME: Final = 100
_ROLES_OF_SCOPES: Final = {Scope.DEPOSIT: STAFF | {Role.PROVIDER}, Scope.ADMINISTER: STAFF}


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: ``secret`` is shown this once and kept nowhere."""

    secret: str = field(repr=False)
    token: Token


def make_token(
    service: Service,
    by: str,
    reference: str,
    name: str,
    scopes: Iterable[str],
    days: int = USUAL_DAYS,
    *,
    within: Collection[str] | None = None,
) -> NewToken:
    """Make a token for one's own account, or as administrator for a provider's.

    ``scopes`` are words of ``Scope``; a token never may more than its account, nor than the token ``within``
    whose scopes it was asked for (None: by the person himself). Raises InvalidError with all faults at once,
    RefusedError, NotFoundError.
    """
    wanted = list(scopes)
    if within is not None and (wider := sorted(set(wanted) - set(within))):
        raise RefusedError(
            f"a token makes none that may more than itself: {', '.join(wider)}",
            remedy="log in, and make it on the page of your tokens",
        )
    with service.database.writing() as connection:
        person = person_named(connection, reference)
        _require_right(service, connection, by, person)
        allowed = _checked_scopes(person, name, wanted, days)
        now, secret = service.now(), f"{PREFIX}{secrets.token_urlsafe(32)}"
        token = Token(
            person=person.identifier,
            digest=digest_of(secret),
            name=name.strip(),
            scopes=" ".join(allowed),
            created_at=timestamp(now),
            expires_at=timestamp(now + timedelta(days=days)),
        )
        tokens.add(connection, token)
        record(service, "token made", who=by, subject=token.identifier, scopes=token.scopes)
    return NewToken(secret, token)


def tokens_of(service: Service, person: str) -> list[Token]:
    """Return the tokens an account ever had, the newest first."""
    with service.database.reading() as connection:
        return tokens.of_person(connection, person)


def revoke_token(service: Service, by: str, identifier: str) -> Token:
    """Let a token be used no more; raises NotFoundError for one that ``by`` has no say over."""
    with service.database.writing() as connection:
        token = tokens.by_identifier(connection, identifier)
        if token is None:
            raise _unknown()
        if by != token.person:
            try:
                require_manager(service, connection, by)
            except RefusedError:
                raise _unknown() from None
        tokens.revoke(connection, identifier, service.archive.now())
        record(service, "token revoked", who=by, subject=identifier)
    return token


def known_by_token(service: Service, secret: str) -> Known:
    """Return whose token this is; raises UnauthenticatedError for one that is unknown, over or revoked."""
    now = service.now()
    with service.database.reading() as connection:
        token = tokens.by_digest(connection, digest_of(secret))
        person = None if token is None else people.by_identifier(connection, token.person)
        if token is None or person is None or not is_active(person, now) or not _lasts(service, token):
            raise UnauthenticatedError("this token does not count, or no longer", remedy="make a new one")
        principal = principal_of(connection, person, now, scopes=token.scopes.split())
    return Known(person, principal, token.identifier)


def known_by_basic(
    service: Service, login: str, secret: str, *, address: str = "", count: Callable[[], None]
) -> Known:
    """Return who proves himself by HTTP Basic: with a token as the password, or with his own password.

    ``count`` is called before a password is reckoned, and may raise. Raises UnauthenticatedError, also for a
    token of somebody else than ``login``, and BusyError.
    """
    if not secret.startswith(PREFIX):
        person = authenticated_again(service, login, secret, address=address, count=count)
        with service.database.reading() as connection:
            return Known(person, principal_of(connection, person, service.now()))
    known = known_by_token(service, secret)
    if login.casefold() not in {"", known.person.login, known.person.email.casefold()}:
        raise UnauthenticatedError("this token belongs to somebody else", remedy="give its owner's login")
    return known


def _require_right(service: Service, connection: Connection, by: str, person: Person) -> None:
    if by in {person.identifier, OPERATOR}:
        return
    require_manager(service, connection, by)
    if person.role != Role.PROVIDER:
        raise RefusedError(
            "an administrator makes tokens for providers only", remedy="its owner can make one"
        )


def _checked_scopes(person: Person, name: str, scopes: list[str], days: int) -> list[str]:
    faults = []
    known = {scope for scope in Scope if person.role in _ROLES_OF_SCOPES.get(scope, frozenset(Role))}
    if wrong := sorted(set(scopes) - known):
        told = ", ".join(printable(scope, 40) for scope in wrong)
        faults.append(f"{told} is no scope for this account; it may have {', '.join(sorted(known))}")
    if not scopes:
        faults.append("it has no scope")
    if not 1 <= days <= MOST_DAYS:
        faults.append(f"it lasts {days} days, expected 1 to {MOST_DAYS}")
    if not 0 < len(name.strip()) <= _LONGEST_NAME or name != printable(name, _LONGEST_NAME):
        faults.append(f"its name is not 1 to {_LONGEST_NAME} characters that can be printed")
    if faults:
        raise InvalidError(f"the token cannot be made: {'; '.join(faults)}", remedy="mend what is named")
    return sorted(set(scopes))


def _lasts(service: Service, token: Token) -> bool:
    return token.revoked_at is None and token.expires_at > service.archive.now()


def _unknown() -> NotFoundError:
    return NotFoundError("there is no such token", remedy="oais token list shows the tokens of an account")

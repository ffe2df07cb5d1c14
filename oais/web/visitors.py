"""Who asks: found once for each request; a proof that does not count is never overlooked."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from starlette.requests import Request

from oais.errors import StorageError, UnauthenticatedError
from oais.functions.codes import opened_downloads
from oais.functions.people.accounts import person_of
from oais.functions.people.principals import Known, principal_for
from oais.functions.people.sessions import known_by_session
from oais.functions.people.tokens import known_by_basic, known_by_token
from oais.functions.service import Service
from oais.web.addresses import address_of
from oais.web.cookies import DOWNLOADS, SESSION, cookie_of, is_bound
from oais.web.limits import check_guess
from policies.principals import ANONYMOUS, Principal


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and how he proved it.

    ``session`` is the secret of his session, for binding forms to it, ``credential`` the identifier of that
    session or of his token, ``password`` the hash of his password when that came with the request instead.
    ``by_header`` says that the request itself carried the proof, which no browser adds unasked. ``country``
    is what the address said to which an access code was mailed, for statistics.
    """

    principal: Principal = ANONYMOUS
    name: str = ""
    session: str = field(default="", repr=False)
    credential: str = ""
    by_header: bool = False
    country: str = ""
    password: str = field(default="", repr=False)


STRANGER = Visitor()


class WrongCredentialError(UnauthenticatedError):
    """The request proves itself with something that does not count, or no longer."""


def service_of(request: Request) -> Service:
    """Return the archive with its people; raises StorageError when the database could not be opened."""
    service: Service | None = request.scope["app"].state.service
    if service is None:
        raise StorageError(
            "accounts cannot be used: the archive lies on a disk that takes no writes",
            remedy="look at what is open to all, or come back when the disk can be written to",
        )
    return service


def knows_people(request: Request) -> bool:
    """Return whether there is a database of people; on a disk that takes no writes there is none."""
    return request.scope["app"].state.service is not None


def visitor_of(request: Request) -> Visitor:
    """Return who asks, for which it may ask the database; raises WrongCredentialError."""
    known = known_visitor(request)
    if known is None:
        known = request.state.visitor = _with_code(request, _found(request))
    return known


def known_visitor(request: Request) -> Visitor | None:
    """Return who asks when that was found already."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor


def principal_of(request: Request) -> Principal:
    """Return who asks, for the decision; raises WrongCredentialError."""
    return visitor_of(request).principal


def principal_by_now(request: Request) -> Principal:
    """Return who asks as his proof counts by now, while an answer is on its way.

    A session may have ended meanwhile, a token been revoked, a password been changed: raises
    WrongCredentialError. A password that came with the request is not reckoned anew: its hash is compared.
    """
    before = visitor_of(request)
    if before.credential or not before.principal.identifier:
        return _with_code(request, _found(request)).principal
    service = service_of(request)
    person = before.principal.identifier
    if person_of(service, person).password != before.password:
        raise WrongCredentialError("the password was changed meanwhile", remedy="ask with the new one")
    principal = principal_for(service, person, service.now())
    return _with_code(request, replace(before, principal=principal)).principal


def _with_code(request: Request, visitor: Visitor) -> Visitor:
    """Return the visitor with the downloads that an access code opened in this browser.

    One that is over is no false proof: it named nobody.
    """
    secret = cookie_of(request, DOWNLOADS)
    opened = opened_downloads(service_of(request), secret) if secret else None
    if opened is None:
        return visitor
    principal = replace(visitor.principal, code_until=datetime.fromisoformat(opened.expires_at))
    return replace(visitor, principal=principal, country=opened.country)


def _found(request: Request) -> Visitor:
    given = request.headers.getlist("authorization")
    secret = cookie_of(request, SESSION)
    try:
        if given:
            return _greeted(_known_by_header(request, given), by_header=True)
        if secret is not None:
            return _greeted(known_by_session(service_of(request), secret), session=secret)
    except UnauthenticatedError as error:
        raise WrongCredentialError(error.message, remedy=error.remedy) from error
    return STRANGER


def kept_by_caches(request: Request) -> dict[str, str]:
    """Return the header that lets caches keep an answer and ask about it again: only a stranger's.

    What is made for one person, or for one browser, may not be kept at all, as every answer says that tells
    nothing else. Ask once the answer is made, since that may bind it to a browser.
    """
    stranger = visitor_of(request) == STRANGER and not is_bound(request)
    return {"Cache-Control": "no-cache"} if stranger else {}


def was_counted(request: Request) -> bool:
    """Return whether finding out who asks was counted as an attempt to log in."""
    return bool(getattr(request.state, "attempted", False))


def _attempt(request: Request) -> None:
    """Count a password before it is reckoned, or a right guess would be told from a wrong one for ever."""
    check_guess(request)
    request.state.attempted = True


def _greeted(known: Known, *, session: str = "", by_header: bool = False) -> Visitor:
    password = "" if known.credential else known.person.password
    return Visitor(
        known.principal, known.person.name, session, known.credential, by_header, password=password
    )


def _known_by_header(request: Request, given: list[str]) -> Known:
    """Return who an ``Authorization`` header names: a token (RFC 6750), or name and password (RFC 7617)."""
    scheme, _, proof = given[0].partition(" ")
    if len(given) == 1 and scheme.lower() == "bearer":
        return known_by_token(service_of(request), proof.strip())
    if len(given) == 1 and scheme.lower() == "basic":
        with suppress(ValueError):
            login, _, secret = b64decode(proof.strip(), validate=True).decode().partition(":")
            count = partial(_attempt, request)
            return known_by_basic(
                service_of(request), login, secret, address=address_of(request), count=count
            )
    raise UnauthenticatedError(
        "the Authorization header is not understood",
        remedy="send a token as Bearer, or name and password as Basic",
    )

"""Who asks: found once for each request; a proof that does not count is never overlooked."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from oais.errors import StorageError, UnauthenticatedError
from oais.functions.service import Service
from oais.web.cookies import SESSION, cookie_of
from policies.principals import ANONYMOUS, Principal


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and how he proved it.

    ``session`` is the secret of his session, for binding forms to it; ``by_header`` says that the request
    itself carried the proof, which no browser adds unasked.
    """

    principal: Principal = ANONYMOUS
    name: str = ""
    session: str = ""
    by_header: bool = False


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


def visitor_of(request: Request) -> Visitor:
    """Return who asks, for which it may ask the database; raises WrongCredentialError."""
    known = known_visitor(request)
    if known is None:
        known = request.state.visitor = _found(request)
    return known


def known_visitor(request: Request) -> Visitor | None:
    """Return who asks when that was found already."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor


def principal_of(request: Request) -> Principal:
    """Return who asks, for the decision; raises WrongCredentialError."""
    return visitor_of(request).principal


def _found(request: Request) -> Visitor:
    if "authorization" in request.headers or cookie_of(request, SESSION) is not None:
        raise WrongCredentialError("your session has ended", remedy="log in again")
    return STRANGER

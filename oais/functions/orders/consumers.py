"""Who takes data out: the Consumer of OAIS, an account or a browser, and what he may at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oais.database import Connection, baskets, orders, people
from oais.errors import NotFoundError
from oais.functions.access.facade import Access
from oais.functions.service import Service
from policies.access import Principal, Role
from policies.principals import Duty, may

BROWSER = "browser:"
"""How the owner begins of what is nobody's account's: its rest is a keyed digest of the browser's cookie."""

OPERATOR = Principal("operator", Role.ARCHIVIST)
"""Who works at the archive's own machine."""

_PERSON = "person:"


@dataclass(frozen=True, slots=True)
class Consumer:
    """Whoever asks: his access to the archive, and by what his baskets and orders are known.

    ``network`` is a keyed digest of where a stranger comes from, empty where nobody can tell.

    ``by_now`` tells who he is by his proof as it counts at that moment, and raises when it counts no more.
    """

    service: Service
    access: Access
    owner: str
    by_now: Callable[[], Principal] | None = None
    network: str = ""

    @property
    def principal(self) -> Principal:
        """Who decisions are made for."""
        return self.access.principal

    @property
    def sees_all(self) -> bool:
        """Whether he looks after everybody's orders."""
        return may(self.principal, Duty.MANAGE_ARCHIVE)

    def again(self) -> Access:
        """Return his access as his rights are by now.

        An account may have been disabled, a token revoked, a code have run out. Raises as ``by_now``.
        """
        known = self.principal if self.by_now is None else self.by_now()
        return self.access.asked_by(known, self.service.now())


def consumer_of(
    service: Service,
    access: Access,
    browser: str,
    by_now: Callable[[], Principal] | None = None,
    *,
    network: str = "",
) -> Consumer:
    """Return the consumer that asks; without an account he is known by his ``browser``'s secret.

    Without ``by_now`` he is who he is, as at the archive's own machine.
    """
    known = service.hmac("order network", network) if network and not access.principal.identifier else ""
    return Consumer(service, access, _owner(service, access.principal, browser), by_now, known)


def _owner(service: Service, principal: Principal, browser: str) -> str:
    if principal.identifier:
        return owner_of(principal.identifier)
    return _browser(service, browser)


def _browser(service: Service, secret: str) -> str:
    return f"{BROWSER}{service.hmac('basket', secret)}"


def owner_of(person: str) -> str:
    """Return what an account is as an owner, by its identifier."""
    return f"{_PERSON}{person}"


def person_of(owner: str) -> str:
    """Return the identifier of the account that an owner is, empty for a browser."""
    return owner.removeprefix(_PERSON) if owner.startswith(_PERSON) else ""


def require_owner(connection: Connection, consumer: Consumer) -> None:
    """Raise NotFoundError where the account of a consumer was erased after he asked.

    What is kept for it then would be nobody's, and never go.
    """
    person = person_of(consumer.owner)
    if person not in {"", OPERATOR.identifier} and people.by_identifier(connection, person) is None:
        raise NotFoundError("your account was erased meanwhile", remedy="nothing was kept; log in as another")


def take_over(service: Service, browser: str, person: str) -> None:
    """Make the baskets and orders of a browser those of the account that logs in there."""
    with service.database.writing() as connection:
        if people.by_identifier(connection, person) is None:
            return  # erased meanwhile: they stay the browser's
        for subject in (baskets, orders):
            subject.hand_over(connection, _browser(service, browser), owner_of(person))

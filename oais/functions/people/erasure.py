"""Erasing an account: what is personal goes for good, what the archive answers for stays without a name.

What goes and what stays follows article 17 of the GDPR (Regulation (EU) 2016/679): the log of security events
and the ledger are chained, so nothing is ever taken out of them; they know people by identifiers, and with
the account goes the only table that says whose an identifier was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oais.database import (
    Connection,
    baskets,
    codes,
    delegations,
    deposits,
    embargoes,
    groups,
    notices,
    orders,
    people,
    requests,
    tokens,
)
from oais.database.people import Person
from oais.database.requests import Owner
from oais.database.saved_queries import Profile, SavedQuery, kept
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.access.facade import open_access
from oais.functions.deposit.uploads import upload_path
from oais.functions.embargo.listing import not_yet_public
from oais.functions.mailing import link, queue_mail, unqueue
from oais.functions.orders.consumers import OPERATOR as STAFF
from oais.functions.orders.consumers import owner_of
from oais.functions.people.accounts import require_password
from oais.functions.people.authority import (
    is_last_administrator,
    person_named,
    require_another,
    require_manager,
    require_remaining_administrator,
)
from oais.functions.people.principals import is_active
from oais.functions.people.sessions import sessions_of
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import Letter, Subject, parse_address

ERASED: Final = "an account that was erased"
"""What stands in the place of a name that is public together with data: who gave up an embargo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """What erasing an account would take away, told before; numbers of what belongs to the account alone.

    ``alone`` are the observation requests that nobody else owns and whose data are private, or have not come
    yet: somebody must take them over. ``deliveries`` are those that are not decided on, or whose upload stays
    until what is kept of it is proven: they must end first. That of the ``last_administrator`` cannot be
    erased at all.
    """

    identifier: str
    login: str
    name: str
    alone: tuple[str, ...]
    deliveries: int
    last_administrator: bool
    orders: int
    baskets: int
    sessions: int
    tokens: int
    queries: int
    profiles: int
    subscriptions: int
    delegations: int
    groups: int


def erasure_view(service: Service, reference: str) -> ErasureView:
    """Return what erasing an account would do; raises NotFoundError."""
    with service.database.reading() as connection:
        person = person_named(connection, reference)
        who, owner = person.identifier, owner_of(person.identifier)
        given, received = delegations.given(connection, who), delegations.received(connection, who)
        counted = {
            "deliveries": _under_way(service, connection, who),
            "orders": orders.count(connection, owner),
            "baskets": baskets.count(connection, owner),
            "tokens": len(tokens.of_person(connection, who)),
            "queries": len(kept(connection, SavedQuery, who)),
            "profiles": len(kept(connection, Profile, who)),
            "subscriptions": len(notices.subscriptions(connection, who)),
            "delegations": len(given) + len(received),
            "groups": len(groups.memberships(connection, who)),
        }
        owned = _owned_alone(connection, who)
        last = is_last_administrator(service, connection, person)
    return ErasureView(
        identifier=who,
        login=person.login,
        name=person.name,
        alone=_private(service, owned),
        last_administrator=last,
        sessions=len(sessions_of(service, who)),
        **counted,
    )


def erase(service: Service, by: str, reference: str, *, heir: str = "") -> None:
    """Erase somebody's account; ``heir`` is the login of whoever takes over what would have no owner.

    Raises NotFoundError, RefusedError for who is no administrator, for one's own account, for the last
    administrator's, while a delivery is not decided on, and where private data would have no owner left.
    """
    with service.database.reading() as connection:
        require_manager(service, connection, by)
        person = person_named(connection, reference)
    require_another(by, person)
    _erase(service, by, person, heir)


def erase_own(service: Service, person: str, password: str, *, heir: str = "") -> None:
    """Erase one's own account, with the present password; raises as ``erase``, InvalidError and BusyError."""
    with service.database.reading() as connection:
        account = person_named(connection, person)
    require_password(service, account, password, failed="erasure refused")
    _erase(service, account.identifier, account, heir)


def _erase(service: Service, by: str, person: Person, heir: str) -> None:
    """Do it in one transaction; what was delegated or assigned meanwhile is decided on in it."""
    with service.database.reading() as connection:
        before = _owned_alone(connection, person.identifier)
    private, known = set(_private(service, before)), set(before)
    with service.database.writing() as connection:
        person = person_named(connection, person.identifier)
        if by != person.identifier:
            require_manager(service, connection, by)
        require_remaining_administrator(service, connection, person)
        _require_nothing_under_way(service, connection, person)
        now_owned = _owned_alone(connection, person.identifier)
        left = {name: role for name, role in now_owned.items() if name in private or name not in known}
        taker = _hand_over(service, connection, person, left, heir)
        _remove(service, connection, person)
        facts = {"heir": taker, "requests": " ".join(sorted(left))} if left else {}
        record(service, "account erased", who=by, subject=person.identifier, **facts)
    service.database.drop_traces()


def _owned_alone(connection: Connection, person: str) -> dict[str, str]:
    """Return the requests that nobody else owns, each with the person's role in it."""
    owned = requests.owned_by(connection, person)
    return {one.request: one.role for one in owned if len(requests.owners_of(connection, one.request)) == 1}


def _private(service: Service, owned: dict[str, str]) -> tuple[str, ...]:
    return not_yet_public(open_access(service.archive, STAFF, service.database), owned) if owned else ()


def _under_way(service: Service, connection: Connection, person: str) -> int:
    """Count the deliveries that still need their row: an upload without one is removed as nobody's."""
    kept = deposits.kept_of(connection, person)
    return sum(
        one.state in deposits.LIVE or upload_path(service.archive, one).parent.exists() for one in kept
    )


def _require_nothing_under_way(service: Service, connection: Connection, person: Person) -> None:
    if count := _under_way(service, connection, person.identifier):
        raise RefusedError(
            f"{person.login} has {count} deliveries that are not decided on, or not proven to be kept",
            remedy="wait until they are: 'oais work' does it, and the page of the ingest queue tells what is "
            "missing; what is not whole can be taken back at /me/deposits",
        )


def _hand_over(
    service: Service, connection: Connection, person: Person, left: dict[str, str], heir: str
) -> str:
    """Give the requests that would have no owner to the heir; return who that is, by identifier."""
    if not left:
        return ""
    names = ", ".join(printable(name) for name in sorted(left))
    if not heir.strip():
        raise RefusedError(
            f"{person.login} alone owns {names}, whose data are private or have not come yet",
            remedy="name the username of whoever takes them over",
        )
    taker = _heir(service, connection, person, heir)
    requests.assign(connection, (Owner(name, taker.identifier, role) for name, role in left.items()))
    text = f"You own these observation requests now, as their owner left the archive: {names}."
    told = Letter(parse_address(taker.email), Subject.ACCOUNT, f"{text}\n{link(service, '/me')}")
    queue_mail(connection, service, told)
    return taker.identifier


def _heir(service: Service, connection: Connection, person: Person, login: str) -> Person:
    found = people.by_login(connection, login.strip().casefold())
    if found is None or not is_active(found, service.now()):
        raise NotFoundError(
            f"there is no account {printable(login.strip())!r} that can be used",
            remedy="name another username, or ask the archive who takes the observation requests over",
        )
    if found.identifier == person.identifier:
        raise InvalidError("the account that goes cannot take over", remedy="name somebody else's username")
    return found


def _remove(service: Service, connection: Connection, person: Person) -> None:
    """Take away all that is the person's, and write to him a last time."""
    unqueue(connection, service, person.email)
    for owned in (baskets, orders):
        owned.remove_all(connection, owner_of(person.identifier))
    codes.remove_all(connection, person.identifier)
    embargoes.unname(connection, person.name, ERASED)
    people.remove(connection, person.identifier)
    if person.email_verified_at is not None:
        text = (
            f"Your account {person.login} was erased with all that was yours in it.\n"
            f"What the archive still keeps, and why: {link(service, '/help#privacy')}"
        )
        queue_mail(connection, service, Letter(parse_address(person.email), Subject.ACCOUNT, text))

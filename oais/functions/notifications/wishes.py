"""Asking for access: a person's wish for closed data, passed on to those who can grant it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, notices, people, requests
from oais.database.people import Person
from oais.errors import BusyError, InvalidError, RefusedError
from oais.functions.access.facade import Access
from oais.functions.access.views import AipView
from oais.functions.mailing import link, queue_mail
from oais.functions.notifications.telling import News, Occasion, tell
from oais.functions.people.principals import is_active
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import Letter, Subject, parse_address
from oais.mail.address import AddressError
from policies.access import Step
from policies.principals import STAFF, State

LONGEST_PURPOSE: Final = 1_000
MOST_A_DAY: Final = 10
"""Wishes of one person in 24 hours."""

_WISH: Final = "wish for access"
_DAY: Final = timedelta(days=1)
_CAN_BE_ASKED: Final = frozenset({Step.OWNER, Step.CONTACT})


def can_ask(view: AipView) -> bool:
    """Return whether somebody else's word could open the data of a package to who looks at it."""
    return not view.access.open and view.access.step in _CAN_BE_ASKED


def ask_for_access(service: Service, access: Access, about: str, purpose: str) -> bool:
    """Pass on the wish of whoever asks for the data of ``ID`` or ``ID@vN``; return whether it was new.

    The owners of its observation request, the contact that its policies name and the archivists get one
    letter each; who they are is told to nobody. The same wish is passed on once. Raises as ``Access.show``,
    RefusedError when no word of theirs would help, InvalidError for a purpose that is none or too long, and
    BusyError past ten wishes in a day.
    """
    view = access.show(about.strip())
    if not can_ask(view):
        raise RefusedError(
            "there is nobody to ask for these data",
            remedy=view.access.remedy or "download them, they are open",
        )
    if not 0 < len(purpose.strip()) <= LONGEST_PURPOSE:
        raise InvalidError(
            "it is not said what the data are wanted for", remedy=f"write 1 to {LONGEST_PURPOSE} characters"
        )
    contacts = set(_contacts(access, view))
    with service.database.writing() as connection:
        asker = people.by_identifier(connection, access.principal.identifier)
        if asker is None:
            raise RefusedError("only who has an account asks for access", remedy="log in and come back")
        _require_few(service, connection, asker)
        now = service.archive.now()
        if not notices.note(connection, asker.identifier, _WISH, view.card.aip_id, now):
            return False
        _pass_on(service, connection, asker, view, purpose, contacts)
        record(service, "access asked", who=asker.identifier, subject=view.reference)
    return True


def _require_few(service: Service, connection: Connection, asker: Person) -> None:
    since = timestamp(service.now() - _DAY)
    if notices.told_since(connection, asker.identifier, _WISH, since) >= MOST_A_DAY:
        raise BusyError(
            f"you asked for access {MOST_A_DAY} times within a day, as often as can be",
            remedy="ask again tomorrow, or write to the archive about all of it",
            retry_after=3600,
        )


def _contacts(access: Access, view: AipView) -> Iterator[str]:
    """Yield the addresses that the policies of the package's place name to be asked."""
    for words in access.asker().target(view.card.node, view.card.aip_id, view.version).words.layers():
        with suppress(AddressError):
            yield parse_address(words.contact).text


def _pass_on(
    service: Service, connection: Connection, asker: Person, view: AipView, purpose: str, contacts: set[str]
) -> None:
    request = view.access.release.request if view.access.release else ""
    lines = "\n".join(f"    {printable(line)}" for line in purpose.strip().splitlines())
    who = f"{printable(asker.name)} ({asker.login}, {asker.email})"
    page = link(service, f"/aip/{view.card.aip_id}/v{view.version}")
    wish = f"{who} asks for the data of {view.reference}:\n{lines}\n    {page}"
    news = [News(f"{asker.identifier} {view.card.aip_id}", wish)]
    for person in _deciders(service, connection, request):
        contacts.discard(person.email)
        tell(connection, service, person, _occasion(service, person, asker, request), news)
    for contact in contacts:
        text = f"{_OPENING}\n\n  {wish}\n\nAnswer {who}, or tell the archive whether access may be given."
        queue_mail(connection, service, Letter(parse_address(contact), Subject.ACCESS_ASKED, text))


def _deciders(service: Service, connection: Connection, request: str) -> list[Person]:
    """Return the owners of an observation request and the archive's staff, each once."""
    owned = requests.owners_of(connection, request) if request else []
    owners = [people.by_identifier(connection, owner.person) for owner in owned]
    staff = [
        person
        for role in sorted(STAFF)
        for person in people.listed(connection, role=role, state=State.ACTIVE)
    ]
    found = {person.identifier: person for person in [*owners, *staff] if person is not None}
    return [person for person in found.values() if is_active(person, service.now())]


def _occasion(service: Service, person: Person, asker: Person, request: str) -> Occasion:
    """Return the words around a wish, which say what the reader can do about it."""
    if person.role in STAFF or not request:
        closing = f"Groups, roles and policies are changed at the desk: {link(service, '/desk/policies')}"
    else:
        page = link(
            service, f"/me/delegations?observation={request.replace(' ', '%20')}&person={asker.login}"
        )
        closing = f"You can share the data of {request} here: {page}\nOr answer by mail, or do nothing."
    return Occasion(Subject.ACCESS_ASKED, _WISH, _OPENING, closing)


_OPENING: Final = "Somebody asks for access to closed data:"

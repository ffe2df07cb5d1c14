"""Telling one person some things at once: what he was told before is left out, and with it the letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from oais.database import Connection, notices, people
from oais.database.people import Person
from oais.functions.mailing import queue_mail
from oais.functions.people.principals import is_active
from oais.functions.service import Service
from oais.mail import Letter, Subject, parse_address
from oais.mail.address import AddressError
from policies.principals import Role

MOST_LINES: Final = 100
"""News in one letter; of more it tells how many."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell: ``about`` is what makes it the same thing another time, ``line`` how it is told."""

    about: str
    line: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a letter is written: its subject, the kind of its news, and the words around them."""

    subject: Subject
    kind: str
    opening: str
    closing: str = ""


def tell(
    connection: Connection, service: Service, person: Person, occasion: Occasion, news: Sequence[News]
) -> bool:
    """Queue one letter with the news that the person was not told before; return whether there was any.

    Nobody is told anything whose account is not active or has no usable address.
    """
    if not is_active(person, service.now()):
        return False
    try:
        address = parse_address(person.email)
    except AddressError:
        return False
    now = service.archive.now()
    fresh = [
        item for item in news if notices.note(connection, person.identifier, occasion.kind, item.about, now)
    ]
    if not fresh:
        return False
    lines = [f"  {item.line}" for item in fresh[:MOST_LINES]]
    if len(fresh) > MOST_LINES:
        lines.append(f"  and {len(fresh) - MOST_LINES} more")
    text = "\n".join((occasion.opening, "", *lines, "", occasion.closing))
    queue_mail(connection, service, Letter(address, occasion.subject, text))
    return True


def administrators(connection: Connection) -> list[Person]:
    """Return whoever keeps the archive running."""
    return people.listed(connection, role=Role.ADMINISTRATOR)

"""Observation requests as the archive's people know them: who is PI or co-PI of which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, bindparam, delete, insert, select

from oais.database.schema import METADATA, reference, texts

OWNERS: Final = Table(
    "request_owners",
    METADATA,
    Column("request", Text, primary_key=True),
    reference("person", "people.identifier", primary_key=True),
    *texts("role"),
)

OWNED_BY: Final = select(OWNERS).where(OWNERS.c.person == bindparam("person")).order_by(OWNERS.c.request)
"""Made once: it is asked at each request."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A person to whom an observation request belongs; ``role`` is ``PI`` or ``co-PI``."""

    request: str
    person: str
    role: str


def assign(connection: Connection, owners: Iterable[Owner]) -> None:
    """Make people owners of observation requests; an owner that was one already gets the new role."""
    for owner in owners:
        disown(connection, owner.request, owner.person)
        connection.execute(insert(OWNERS).values(asdict(owner)))


def disown(connection: Connection, request: str, person: str) -> bool:
    """Take a request from a person; return whether it was his."""
    his = (OWNERS.c.request == request) & (OWNERS.c.person == person)
    return connection.execute(delete(OWNERS).where(his)).rowcount > 0


def owned_by(connection: Connection, person: str) -> list[Owner]:
    """Return what belongs to a person, by request."""
    return [Owner(**row) for row in connection.execute(OWNED_BY, {"person": person}).mappings()]


def owners_of(connection: Connection, request: str) -> list[Owner]:
    """Return the people to whom a request belongs."""
    wanted = select(OWNERS).where(OWNERS.c.request == request).order_by(OWNERS.c.role.desc(), OWNERS.c.person)
    return [Owner(**row) for row in connection.execute(wanted).mappings()]

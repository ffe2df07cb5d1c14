"""Secrets sent by mail: who has one reads the mail of that address. Known here by their digests alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Column, Connection, Table, Text, delete, insert, select

from oais.database.schema import METADATA, reference, texts

CONFIRMATIONS: Final = Table(
    "confirmations",
    METADATA,
    Column("digest", Text, primary_key=True),
    reference("person", "people.identifier"),
    *texts("purpose", "email", "expires_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One secret: whose it is, what for, and the address it was sent to."""

    digest: str = field(repr=False)
    person: str
    purpose: str
    email: str
    expires_at: str


def replace(connection: Connection, confirmation: Confirmation) -> None:
    """Enter a secret; an earlier one for the same purpose counts no more."""
    withdraw(connection, confirmation.person, confirmation.purpose)
    connection.execute(insert(CONFIRMATIONS).values(asdict(confirmation)))


def withdraw(connection: Connection, person: str, purpose: str) -> None:
    """Let a person's secrets of one purpose count no more."""
    his = (CONFIRMATIONS.c.person == person) & (CONFIRMATIONS.c.purpose == purpose)
    connection.execute(delete(CONFIRMATIONS).where(his))


def of_person(connection: Connection, person: str, purpose: str) -> list[Confirmation]:
    """Return what was mailed to a person for a purpose and not used nor withdrawn."""
    wanted = select(CONFIRMATIONS).filter_by(person=person, purpose=purpose)
    return [Confirmation(**row) for row in connection.execute(wanted).mappings()]


def by_digest(connection: Connection, digest: str) -> Confirmation | None:
    """Return what a secret's digest stands for."""
    wanted = select(CONFIRMATIONS).where(CONFIRMATIONS.c.digest == digest)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else Confirmation(**row)


def sweep(connection: Connection, now: str) -> None:
    """Forget the secrets whose time is over."""
    connection.execute(delete(CONFIRMATIONS).where(CONFIRMATIONS.c.expires_at <= now))

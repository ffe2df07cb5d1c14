"""Which owner shares which observation request with whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, bindparam, insert, select, update

from oais.database.people import PEOPLE
from oais.database.requests import OWNERS
from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

DELEGATIONS: Final = Table(
    "delegations",
    METADATA,
    identifier(),
    Column("request", Text, nullable=False, index=True),
    reference("owner", "people.identifier"),
    reference("delegate", "people.identifier"),
    *texts("note", "created_at"),
    *moments("until", "cancelled_at"),
)


_NOW: Final[ColumnElement[str]] = bindparam("now")
IN_FORCE: Final = (
    select(DELEGATIONS.c.request)
    .join(PEOPLE, PEOPLE.c.identifier == DELEGATIONS.c.owner)
    .join(OWNERS, (OWNERS.c.request == DELEGATIONS.c.request) & (OWNERS.c.person == DELEGATIONS.c.owner))
    .where(DELEGATIONS.c.delegate == bindparam("delegate"), DELEGATIONS.c.cancelled_at.is_(None))
    .where(DELEGATIONS.c.until.is_(None) | (DELEGATIONS.c.until > _NOW))
    .where(
        PEOPLE.c.state == bindparam("active"), PEOPLE.c.expires_at.is_(None) | (PEOPLE.c.expires_at > _NOW)
    )
)
"""Made once: it is asked at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """One right that an owner gave: before ``until`` (None: as long as the embargo), unless cancelled."""

    identifier: str = field(default_factory=new_identifier)
    request: str
    owner: str
    delegate: str
    note: str = ""
    created_at: str
    until: str | None = None
    cancelled_at: str | None = None


def add(connection: Connection, delegation: Delegation) -> None:
    """Enter a new delegation."""
    connection.execute(insert(DELEGATIONS).values(asdict(delegation)))


def by_identifier(connection: Connection, identifier: str) -> Delegation | None:
    """Return a delegation by its identifier."""
    wanted = select(DELEGATIONS).where(DELEGATIONS.c.identifier == identifier)
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else Delegation(**row)


def change(connection: Connection, identifier: str, **values: str | None) -> None:
    """Change when a delegation ends, or its note."""
    connection.execute(update(DELEGATIONS).where(DELEGATIONS.c.identifier == identifier).values(**values))


def end_all(connection: Connection, person: str, at: str) -> None:
    """End at a moment whatever a person shared and whatever was shared with him."""
    his = (DELEGATIONS.c.owner == person) | (DELEGATIONS.c.delegate == person)
    running = his & DELEGATIONS.c.cancelled_at.is_(None)
    connection.execute(update(DELEGATIONS).where(running).values(cancelled_at=at))


def given(connection: Connection, owner: str) -> list[Delegation]:
    """Return what an owner ever gave, the newest first."""
    return _listed(connection, DELEGATIONS.c.owner == owner)


def received(connection: Connection, delegate: str) -> list[Delegation]:
    """Return what a person was ever given, the newest first."""
    return _listed(connection, DELEGATIONS.c.delegate == delegate)


def of_request(connection: Connection, request: str) -> list[Delegation]:
    """Return all delegations of an observation request, the newest first."""
    return _listed(connection, DELEGATIONS.c.request == request)


def in_force(connection: Connection, delegate: str, active: str, now: str) -> frozenset[str]:
    """Return the requests that are shared with a person now.

    The owner must still own the request, and his account have the state ``active`` and not have expired.
    """
    given = {"delegate": delegate, "active": active, "now": now}
    return frozenset(connection.execute(IN_FORCE, given).scalars())


def _listed(connection: Connection, condition: ColumnElement[bool]) -> list[Delegation]:
    wanted = select(DELEGATIONS).where(condition).order_by(DELEGATIONS.c.created_at.desc())
    return [Delegation(**row) for row in connection.execute(wanted).mappings()]

"""Groups that administrators make: their identifier decides, their name is for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

GROUPS: Final = Table(
    "groups", METADATA, identifier(), *texts("name", "description", "created_at"), *moments("until")
)

MEMBERS: Final = Table(
    "group_members",
    METADATA,
    reference("group", "groups.identifier", primary_key=True),
    reference("person", "people.identifier", primary_key=True),
    *texts("added_at"),
    *moments("until"),
)

GROUPS_OF: Final = (
    select(
        MEMBERS.c.group, MEMBERS.c.person, MEMBERS.c.added_at, MEMBERS.c.until, GROUPS.c.until.label("ends")
    )
    .join(GROUPS)
    .where(MEMBERS.c.person == bindparam("person"))
)
"""Made once: it is asked at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group; from ``until`` on it gives no right to anybody."""

    identifier: str = field(default_factory=new_identifier)
    name: str
    description: str = ""
    created_at: str
    until: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a group; from ``until`` on he is in it no more."""

    group: str
    person: str
    added_at: str
    until: str | None = None


def add(connection: Connection, group: Group) -> None:
    """Enter a new group."""
    connection.execute(insert(GROUPS).values(asdict(group)))


def by_identifier(connection: Connection, identifier: str) -> Group | None:
    """Return a group by its identifier."""
    row = connection.execute(select(GROUPS).where(GROUPS.c.identifier == identifier)).mappings().one_or_none()
    return None if row is None else Group(**row)


def listed(connection: Connection) -> list[Group]:
    """Return all groups that ever were, by name."""
    wanted = select(GROUPS).order_by(GROUPS.c.name, GROUPS.c.created_at)
    return [Group(**row) for row in connection.execute(wanted).mappings()]


def end(connection: Connection, identifier: str, until: str) -> None:
    """Set the moment from which the group gives no right; it is kept, so that its name means no other."""
    connection.execute(update(GROUPS).where(GROUPS.c.identifier == identifier).values(until=until))


def join(connection: Connection, member: Member) -> None:
    """Put a person into a group, or change until when he is in it."""
    leave(connection, member.group, member.person)
    connection.execute(insert(MEMBERS).values(asdict(member)))


def leave(connection: Connection, group: str, person: str) -> bool:
    """Take a person out of a group; return whether he was in it."""
    there = (MEMBERS.c.group == group) & (MEMBERS.c.person == person)
    return connection.execute(delete(MEMBERS).where(there)).rowcount > 0


def members(connection: Connection, group: str) -> list[Member]:
    """Return who is or was in a group, in the order they came."""
    wanted = select(MEMBERS).where(MEMBERS.c.group == group).order_by(MEMBERS.c.added_at, MEMBERS.c.person)
    return [Member(**row) for row in connection.execute(wanted).mappings()]


def earlier(until: str | None, ends: str | None) -> str | None:
    """Return when a membership ends: by its own date or with its group, whichever comes first."""
    return min(filter(None, (until, ends)), default=None)


def memberships(connection: Connection, person: str) -> list[Member]:
    """Return the groups a person is in, each until the earlier of its end and his own."""
    found = connection.execute(GROUPS_OF, {"person": person}).all()
    return [
        Member(group=group, person=member, added_at=added, until=earlier(until, ends))
        for group, member, added, until, ends in found
    ]

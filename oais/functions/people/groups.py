"""Groups of people, for data that belong to a team: made, filled and ended by administrators."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, groups
from oais.database.groups import Group, Member
from oais.database.people import Person
from oais.errors import InvalidError, NotFoundError
from oais.functions.mailing import link, queue_mail
from oais.functions.people.authority import person_named, require_another, require_manager
from oais.functions.people.principals import is_active
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.text import printable
from oais.mail import Letter, Subject, parse_address
from oais.mail.address import AddressError

_LONGEST_NAME: Final = 100


def new_group(
    service: Service, by: str, name: str, *, description: str = "", until: datetime | None = None
) -> Group:
    """Make a group; raises InvalidError when a group of this name is in force, RefusedError."""
    if not 0 < len(name) <= _LONGEST_NAME or name != printable(name, _LONGEST_NAME).strip():
        raise InvalidError(
            f"the name of a group is not 1 to {_LONGEST_NAME} characters that can be printed",
            remedy="choose a short name",
        )
    group = Group(
        name=name,
        description=description,
        created_at=service.archive.now(),
        until=None if until is None else timestamp(until),
    )
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        if any(found.name == name and in_force(service, found) for found in groups.listed(connection)):
            raise InvalidError(f"there is a group {name!r} already", remedy="choose another name")
        groups.add(connection, group)
        record(service, "group made", who=by, subject=group.identifier, until=group.until or "")
    return group


def add_member(
    service: Service, by: str, group: str, person: str, *, until: datetime | None = None
) -> Member:
    """Put somebody into a group, or change until when he is in it.

    Who was not in it is told by mail. Raises NotFoundError, and RefusedError for whoever would add himself.
    """
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        found, account = _group(connection, group), person_named(connection, person)
        require_another(by, account)
        member = Member(
            group=found.identifier,
            person=account.identifier,
            added_at=service.archive.now(),
            until=None if until is None else timestamp(until),
        )
        already = account.identifier in {one.person for one in groups.members(connection, found.identifier)}
        groups.join(connection, member)
        if not already:
            _welcome(service, connection, found, account, member)
        told = {"person": account.identifier, "until": member.until or ""}
        record(service, "group joined", who=by, subject=found.identifier, **told)
    return member


def _welcome(service: Service, connection: Connection, group: Group, account: Person, member: Member) -> None:
    """Tell somebody by mail that he is in a group now, if he can use it."""
    ends = min(filter(None, (member.until, group.until)), default="")
    if not is_active(account, service.now()) or (ends and ends <= service.archive.now()):
        return
    until = f"It holds until {ends[:16].replace('T', ' ')} UTC.\n" if ends else ""
    text = (
        f"You are in the group {group.name} now. What the archive keeps for this group is open to you "
        f"when you are logged in.\n{until}{link(service, '/me')}"
    )
    with suppress(AddressError):  # of an address that takes no mail there is nobody to tell
        queue_mail(connection, service, Letter(parse_address(account.email), Subject.ACCOUNT, text))


def remove_member(service: Service, by: str, group: str, person: str) -> None:
    """Take somebody out of a group, effective at his next request; raises NotFoundError."""
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        found, account = _group(connection, group), person_named(connection, person)
        if not groups.leave(connection, found.identifier, account.identifier):
            raise NotFoundError(f"{account.login} is not in the group {found.name}")
        record(service, "group left", who=by, subject=found.identifier, person=account.identifier)


def end_group(service: Service, by: str, group: str, *, until: datetime | None = None) -> Group:
    """Set when a group ends (None: now); it gives no right then, and a new one of its name is another."""
    moment = timestamp(until or service.now())
    with service.database.writing() as connection:
        require_manager(service, connection, by)
        found = _group(connection, group)
        groups.end(connection, found.identifier, moment)
        record(service, "group ended", who=by, subject=found.identifier, until=moment)
    return replace(found, until=moment)


def groups_listed(service: Service) -> list[Group]:
    """Return all groups that ever were, by name."""
    with service.database.reading() as connection:
        return groups.listed(connection)


def group_of(service: Service, identifier: str) -> Group:
    """Return a group by its identifier; raises NotFoundError."""
    with service.database.reading() as connection:
        return _group(connection, identifier)


def members_of(service: Service, group: str) -> list[Member]:
    """Return who is or was in a group; raises NotFoundError."""
    with service.database.reading() as connection:
        return groups.members(connection, _group(connection, group).identifier)


def in_force(service: Service, group: Group) -> bool:
    """Return whether a group has not ended."""
    return group.until is None or group.until > service.archive.now()


def _group(connection: Connection, identifier: str) -> Group:
    found = groups.by_identifier(connection, identifier)
    if found is None:
        raise NotFoundError(
            f"there is no group {printable(identifier, 40)!r}",
            remedy="name it by its identifier: oais group list shows all of them",
        )
    return found

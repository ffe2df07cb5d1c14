"""What is shown of people and of what belongs to them: never a password, never the digest of a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oais.database import delegations, groups, people
from oais.database.delegations import Delegation
from oais.database.groups import Group, Member
from oais.database.people import Person
from oais.database.requests import Owner
from oais.database.saved_queries import Profile, SavedQuery
from oais.database.sessions import Session
from oais.database.tokens import Token
from oais.functions.access.places import check_page
from oais.functions.access.views import Page
from oais.functions.people.accounts import person_of
from oais.functions.people.delegation import requests_of
from oais.functions.people.groups import group_of, groups_listed, in_force, members_of
from oais.functions.people.principals import state_of
from oais.functions.people.saved import saved_profiles, saved_queries
from oais.functions.people.sessions import sessions_of
from oais.functions.people.tokens import tokens_of
from oais.functions.service import Service

PEOPLE_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """An account as administrators and its owner see it; ``state`` is the one in force now."""

    identifier: str
    login: str
    name: str
    email: str
    role: str
    state: str
    purpose: str
    created_at: str
    email_verified_at: str | None
    last_login_at: str | None
    expires_at: str | None
    agreements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of the accounts that fit a question."""

    people: tuple[Person, ...]
    page: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A session; ``present`` marks the one that asks."""

    identifier: str
    created_at: str
    seen_at: str
    expires_at: str
    remembered: bool
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A token, without the token; ``in_force`` says whether it can be used."""

    identifier: str
    name: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str
    revoked_at: str | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationView:
    """A delegation with the logins of both sides; ``in_force`` as far as its own words say."""

    identifier: str
    request: str
    owner: str
    delegate: str
    note: str
    created_at: str
    until: str | None
    cancelled_at: str | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """Somebody in a group."""

    login: str
    name: str
    added_at: str
    until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group and who is in it."""

    identifier: str
    name: str
    description: str
    created_at: str
    until: str | None
    in_force: bool
    members: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """All that belongs to one person; ``last_login_at`` is the login before the present one."""

    person: PersonView
    last_login_at: str | None
    groups: tuple[GroupView, ...]
    requests: tuple[Owner, ...]
    delegations_given: tuple[DelegationView, ...]
    delegations_received: tuple[DelegationView, ...]
    sessions: tuple[SessionView, ...]
    tokens: tuple[TokenView, ...]
    queries: tuple[SavedQuery, ...]
    profiles: tuple[Profile, ...]


def people_page(
    service: Service, page: int, *, role: str = "", state: str = "", text: str = ""
) -> PeoplePage:
    """Return a page of the accounts that ``people_listed`` returns; raises WrongUsageError."""
    check_page(page)
    asked = {"role": role, "state": state, "text": text}
    with service.database.reading() as connection:
        total = people.count(connection, **asked)
        first = (page - 1) * PEOPLE_SHOWN
        found = people.listed(connection, **asked, first=first, most=PEOPLE_SHOWN)
    return PeoplePage(tuple(found), Page(page, PEOPLE_SHOWN, total))


def person_view(service: Service, person: Person) -> PersonView:
    """Return what is shown of an account."""
    with service.database.reading() as connection:
        agreements = people.agreements(connection, person.identifier)
    return PersonView(
        identifier=person.identifier,
        login=person.login,
        name=person.name,
        email=person.email,
        role=person.role,
        state=state_of(person, service.now()),
        purpose=person.purpose,
        created_at=person.created_at,
        email_verified_at=person.email_verified_at,
        last_login_at=person.last_login_at,
        expires_at=person.expires_at,
        agreements=tuple(sorted(agreements)),
    )


def session_views(service: Service, person: str, present: str = "") -> tuple[SessionView, ...]:
    """Return the sessions of a person that last; ``present`` is the identifier of the one that asks."""
    return tuple(_session_view(session, present) for session in sessions_of(service, person))


def token_view(service: Service, token: Token) -> TokenView:
    """Return what is shown of a token."""
    return TokenView(
        identifier=token.identifier,
        name=token.name,
        scopes=tuple(token.scopes.split()),
        created_at=token.created_at,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        in_force=token.revoked_at is None and token.expires_at > service.archive.now(),
    )


def token_views(service: Service, person: str) -> tuple[TokenView, ...]:
    """Return the tokens an account ever had, the newest first."""
    return tuple(token_view(service, token) for token in tokens_of(service, person))


def delegation_view(service: Service, delegation: Delegation) -> DelegationView:
    """Return what both sides are shown of a delegation."""
    lasts = delegation.until is None or delegation.until > service.archive.now()
    return DelegationView(
        identifier=delegation.identifier,
        request=delegation.request,
        owner=person_of(service, delegation.owner).login,
        delegate=person_of(service, delegation.delegate).login,
        note=delegation.note,
        created_at=delegation.created_at,
        until=delegation.until,
        cancelled_at=delegation.cancelled_at,
        in_force=lasts and delegation.cancelled_at is None,
    )


def delegation_views(service: Service, person: str, *, received: bool) -> tuple[DelegationView, ...]:
    """Return what a person ever delegated, or was ever delegated, the newest first."""
    find = delegations.received if received else delegations.given
    with service.database.reading() as connection:
        found = find(connection, person)
    return tuple(delegation_view(service, delegation) for delegation in found)


def group_view(service: Service, identifier: str) -> GroupView:
    """Return a group with its members; raises NotFoundError."""
    group = group_of(service, identifier)
    members = members_of(service, identifier)
    return _group_view(service, group, members)


def group_views(service: Service) -> tuple[GroupView, ...]:
    """Return all groups that ever were, by name."""
    return tuple(group_view(service, group.identifier) for group in groups_listed(service))


def groups_of(service: Service, person: str) -> tuple[GroupView, ...]:
    """Return the groups a person is in, each with that person alone."""
    with service.database.reading() as connection:
        memberships = groups.memberships(connection, person)
    return tuple(_group_view(service, group_of(service, member.group), [member]) for member in memberships)


def account_view(service: Service, person: str, present: str = "") -> AccountView:
    """Return all that belongs to a person; ``present`` is the session or token that asks."""
    found = person_of(service, person)
    before = [
        session.last_login_at for session in sessions_of(service, person) if session.identifier == present
    ]
    return AccountView(
        person=person_view(service, found),
        last_login_at=before[0] if before else found.last_login_at,
        groups=groups_of(service, person),
        requests=tuple(requests_of(service, person)),
        delegations_given=delegation_views(service, person, received=False),
        delegations_received=delegation_views(service, person, received=True),
        sessions=session_views(service, person, present),
        tokens=token_views(service, person),
        queries=tuple(saved_queries(service, person)),
        profiles=tuple(saved_profiles(service, person)),
    )


def _session_view(session: Session, present: str) -> SessionView:
    return SessionView(
        identifier=session.identifier,
        created_at=session.created_at,
        seen_at=session.seen_at,
        expires_at=session.expires_at,
        remembered=session.remembered,
        present=session.identifier == present,
    )


def _group_view(service: Service, group: Group, members: list[Member]) -> GroupView:
    return GroupView(
        identifier=group.identifier,
        name=group.name,
        description=group.description,
        created_at=group.created_at,
        until=group.until,
        in_force=in_force(service, group),
        members=tuple(_member_view(service, member) for member in members),
    )


def _member_view(service: Service, member: Member) -> MemberView:
    person = person_of(service, member.person)
    return MemberView(login=person.login, name=person.name, added_at=member.added_at, until=member.until)

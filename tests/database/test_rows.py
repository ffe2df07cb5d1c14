"""What is written about people comes back the same from both databases, and goes when its person goes."""

from __future__ import annotations

from dataclasses import replace

from oais.database import (
    Connection,
    confirmations,
    delegations,
    groups,
    people,
    requests,
    saved_queries,
    sessions,
    tokens,
)
from oais.database.confirmations import Confirmation
from oais.database.delegations import Delegation
from oais.database.engine import Database
from oais.database.groups import Group, Member
from oais.database.people import Person
from oais.database.requests import Owner
from oais.database.saved_queries import Profile, SavedQuery
from oais.database.sessions import Session
from oais.database.standing import Standing, standing_of
from oais.database.tokens import Token

NOW, LATER = "2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"
NAME = "Zoë O'Brien; DROP TABLE people -- 100% \\ 🛰"


def entered(connection: Connection, login: str) -> Person:
    """Enter a person of this login and return him."""
    person = Person(
        login=login,
        name=NAME,
        email=f"{login}@Example.org",
        role="registered",
        state="active",
        created_at=NOW,
    )
    people.add(connection, person)
    return person


def test_an_account_is_found_by_each_of_its_names(database: Database) -> None:
    """By identifier, login, address in any case, and part of a name that looks like a command."""
    with database.writing() as connection:
        zoe = entered(connection, "zoe")
        entered(connection, "max")
        people.bind(connection, zoe.identifier, ["b", "a"])
    with database.reading() as connection:
        assert people.by_identifier(connection, zoe.identifier) == zoe
        assert people.by_login(connection, "zoe") == zoe
        assert people.by_email(connection, "ZOE@example.ORG") == zoe
        assert people.by_login(connection, "nobody") is None
        assert people.listed(connection, text="zOE@") == [zoe]
        assert people.listed(connection, text="100%", state="active", role="registered")[1] == zoe
        assert people.listed(connection, role="archivist") == []
        assert people.agreements(connection, zoe.identifier) == {"a", "b"}


def test_all_that_belongs_to_a_person_goes_with_him(database: Database) -> None:
    """Sessions, tokens, links, memberships, requests, delegations and what he kept."""
    with database.writing() as connection:
        zoe, other = entered(connection, "zoe"), entered(connection, "max")
        his = zoe.identifier
        session = Session(person=his, digest="s", created_at=NOW, seen_at=NOW, expires_at=LATER)
        sessions.add(connection, session)
        token = Token(person=his, digest="t", name=NAME, scopes="read", created_at=NOW, expires_at=LATER)
        tokens.add(connection, token)
        link = Confirmation(digest="c", person=his, purpose="password", email=zoe.email, expires_at=LATER)
        confirmations.replace(connection, link)
        team = Group(name=NAME, created_at=NOW)
        groups.add(connection, team)
        groups.join(connection, Member(group=team.identifier, person=his, added_at=NOW))
        requests.assign(connection, [Owner("AO-1", his, "PI")])
        given = Delegation(request="AO-1", owner=his, delegate=other.identifier, created_at=NOW)
        delegations.add(connection, given)
        query = SavedQuery(person=his, name=NAME, query="q=1", saved_at=NOW)
        profile = Profile(person=his, name=NAME, data_sets="A\nB", saved_at=NOW)
        saved_queries.keep(connection, query)
        saved_queries.keep(connection, profile)
    with database.writing() as connection:
        assert sessions.by_digest(connection, "s") == session
        assert tokens.by_digest(connection, "t") == token
        assert confirmations.by_digest(connection, "c") == link
        assert len(groups.members(connection, team.identifier)) == 1
        assert delegations.in_force(connection, other.identifier, "active", NOW) == {"AO-1"}
        assert saved_queries.kept(connection, SavedQuery, his) == [query]
        assert saved_queries.kept(connection, Profile, his) == [profile]
        people.remove(connection, his)
    with database.reading() as connection:
        assert sessions.by_digest(connection, "s") is None
        assert tokens.of_person(connection, his) == []
        assert confirmations.by_digest(connection, "c") is None
        assert groups.members(connection, team.identifier) == []
        assert groups.by_identifier(connection, team.identifier) == team
        assert requests.owners_of(connection, "AO-1") == []
        assert delegations.received(connection, other.identifier) == []
        assert saved_queries.kept(connection, SavedQuery, his) == []


def test_what_an_account_may_rely_on_is_what_each_table_tells(database: Database) -> None:
    """Groups with the earlier of both ends, its own requests, those that others share, and agreements."""
    with database.writing() as connection:
        zoe, other = entered(connection, "zoe"), entered(connection, "max")
        his = zoe.identifier
        assert standing_of(connection, his, "active", NOW) == Standing((), *[frozenset()] * 3)
        teams = [Group(name=NAME, created_at=NOW, until=end) for end in (None, NOW, LATER)]
        for team, until in zip(teams, (None, LATER, NOW), strict=True):
            groups.add(connection, team)
            groups.join(connection, Member(group=team.identifier, person=his, added_at=NOW, until=until))
        requests.assign(connection, [Owner("AO-1", his, "PI"), Owner("AO-2", other.identifier, "PI")])
        given = Delegation(request="AO-2", owner=other.identifier, delegate=his, created_at=NOW, until=LATER)
        delegations.add(connection, given)
        people.bind(connection, his, ["a", "b"])
        found = standing_of(connection, his, "active", NOW)
        later = standing_of(connection, his, "active", LATER)
    ends = dict(found.groups)
    assert [ends[team.identifier] for team in teams] == [None, NOW, NOW]
    assert found == Standing(
        found.groups, frozenset({"AO-1"}), frozenset({"AO-2"}), agreements=frozenset({"a", "b"})
    )
    assert later == replace(found, shared=frozenset())


def test_a_delegation_is_in_force_as_long_as_all_its_parts(database: Database) -> None:
    """Owner active and not expired, request still his, not cancelled, its end not come."""
    with database.writing() as connection:
        zoe, other = entered(connection, "zoe"), entered(connection, "max")
        requests.assign(connection, [Owner("AO-1", zoe.identifier, "PI")])
        given = Delegation(
            request="AO-1", owner=zoe.identifier, delegate=other.identifier, created_at=NOW, until=LATER
        )
        delegations.add(connection, given)

        def holds(now: str = NOW) -> bool:
            return bool(delegations.in_force(connection, other.identifier, "active", now))

        assert (holds(), holds(LATER)) == (True, False)
        people.change(connection, zoe.identifier, state="disabled")
        assert not holds()
        people.change(connection, zoe.identifier, state="active", expires_at=NOW)
        assert not holds()
        people.change(connection, zoe.identifier, expires_at=LATER)
        assert holds()
        requests.disown(connection, "AO-1", zoe.identifier)
        assert not holds()
        requests.assign(connection, [Owner("AO-1", zoe.identifier, "co-PI")])
        assert holds()
        delegations.change(connection, given.identifier, cancelled_at=NOW)
        assert not holds()


def test_what_has_ended_is_swept_and_nothing_else(database: Database) -> None:
    """At the very moment of its end a session and a link are forgotten."""
    with database.writing() as connection:
        zoe = entered(connection, "zoe").identifier
        for digest, ends in (("over", NOW), ("lasting", LATER)):
            session = Session(person=zoe, digest=digest, created_at=NOW, seen_at=NOW, expires_at=ends)
            sessions.add(connection, session)
            link = Confirmation(digest=digest, person=zoe, purpose=digest, email="", expires_at=ends)
            confirmations.replace(connection, link)
        sessions.sweep(connection, NOW)
        confirmations.sweep(connection, NOW)
        assert [found.digest for found in sessions.of_person(connection, zoe)] == ["lasting"]
        assert confirmations.by_digest(connection, "over") is None
        assert confirmations.by_digest(connection, "lasting") is not None

"""Any course of events against a small model of the rules: who may what afterwards (rows I6 and J4)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from oais.archive import Archive
from oais.database import requests
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.people.accounts import (
    Entry,
    change_role,
    create_administrator,
    disable,
    enable,
    person_of,
)
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import cancel_delegation, delegate
from oais.functions.people.groups import add_member, end_group, new_group, remove_member
from oais.functions.people.principals import principal_for
from oais.functions.people.registration import import_people
from oais.functions.service import open_service
from policies.principals import Role
from tests.people.conftest import Clock

LOGINS = ("ada", "ben", "cy", "dee")
REQUESTS = ("tess:AO-1", "tess:AO-2")
WHO = st.sampled_from(LOGINS)
"""``ada`` begins as the administrator; ben owns tess:AO-1, cy owns tess:AO-2."""


@dataclass
class Person:
    """What the model knows of one person."""

    role: str
    active: bool = True


class Rights(RuleBasedStateMachine):
    """Does at random what people try, and keeps its own book of what must have come of it."""

    founded: Archive

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="oais-rights-"))
        shutil.copytree(self.founded.home, self.home / "home")
        self.clock = Clock()
        self.service = open_service(replace(self.founded, home=self.home / "home", clock=self.clock))
        rows = "".join(
            f"{name},{name},{name}@example.org,PI,tess:AO-{n}\n" for n, name in enumerate(LOGINS[1:], 1)
        )
        made = import_people(self.service, OPERATOR, f"login,name,email,role,requests\n{rows}")
        assert made.made == LOGINS[1:]
        self.ids = {login: person_of(self.service, login).identifier for login in LOGINS}
        self.people = {login: Person("administrator" if login == "ada" else "registered") for login in LOGINS}
        self.owners = {("tess:AO-1", "ben"), ("tess:AO-2", "cy")}
        with self.service.database.writing() as connection:
            requests.disown(connection, "tess:AO-3", self.ids["dee"])
        self.shared: dict[str, tuple[str, str, str, datetime | None]] = {}
        self.groups: dict[str, tuple[str, bool]] = {}
        self.members: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.service.database.close()
        shutil.rmtree(self.home)

    def tried(self, attempt: object, *arguments: object, **options: object) -> object:
        """Return what an attempt gave, or None when it was refused in words."""
        try:
            return attempt(self.service, *arguments, **options) or True  # type: ignore[operator]
        except (InvalidError, NotFoundError, RefusedError):
            return None

    def manages(self, by: str, whom: str = "") -> bool:
        person = self.people[by]
        return person.role == "administrator" and person.active and by != whom

    def others_left(self, whom: str) -> bool:
        return any(
            one.role == "administrator" and one.active for login, one in self.people.items() if login != whom
        )

    @rule(by=WHO, whom=WHO, role=st.sampled_from(["registered", "archivist", "administrator"]))
    def give_role(self, by: str, whom: str, role: str) -> None:
        done = self.tried(change_role, self.ids[by], whom, Role(role))
        keeps = role == "administrator" or self.people[whom].role != "administrator" or self.others_left(whom)
        assert bool(done) == (self.manages(by, whom) and keeps)
        if done:
            self.people[whom].role = role

    @rule(by=WHO, whom=WHO)
    def disable_somebody(self, by: str, whom: str) -> None:
        done = self.tried(disable, self.ids[by], whom)
        keeps = self.people[whom].role != "administrator" or self.others_left(whom)
        assert bool(done) == ((self.manages(by) or by == whom) and keeps)
        if done:
            self.people[whom].active = False
            self.shared = {key: share for key, share in self.shared.items() if whom not in share[1:3]}

    @rule(by=WHO, whom=WHO)
    def enable_somebody(self, by: str, whom: str) -> None:
        done = self.tried(enable, self.ids[by], whom)
        assert bool(done) == self.manages(by)
        if done:
            self.people[whom].active = True

    @rule(by=WHO, to=WHO, request=st.sampled_from(REQUESTS), days=st.sampled_from([None, 1, 3]))
    def share(self, by: str, to: str, request: str, days: int | None) -> None:
        until = None if days is None else self.clock.now + timedelta(days=days)
        done = self.tried(delegate, self.ids[by], request, to, until=until)
        owns = (request, by) in self.owners and self.people[by].active
        takes = self.people[to].active and self.people[to].role == "registered"
        has = (request, to) in self.owners or request in self.expected_delegated(to)
        assert bool(done) == (owns and takes and not has)
        if done:
            self.shared[done.identifier] = (request, by, to, until)  # type: ignore[attr-defined]

    @rule(by=WHO, choice=st.integers(0, 50))
    def take_back(self, by: str, choice: int) -> None:
        if not self.shared:
            return
        identifier = sorted(self.shared)[choice % len(self.shared)]
        done = self.tried(cancel_delegation, self.ids[by], identifier)
        assert bool(done) == (self.shared[identifier][1] == by and self.people[by].active)
        if done:
            del self.shared[identifier]

    @rule(by=WHO)
    def make_group(self, by: str) -> None:
        done = self.tried(new_group, self.ids[by], "team")
        taken = any(lasts for _name, lasts in self.groups.values())
        assert bool(done) == (self.manages(by) and not taken)
        if done:
            self.groups[done.identifier] = ("team", True)  # type: ignore[attr-defined]

    @rule(by=WHO, choice=st.integers(0, 50))
    def finish_group(self, by: str, choice: int) -> None:
        if not self.groups:
            return
        identifier = sorted(self.groups)[choice % len(self.groups)]
        if self.tried(end_group, self.ids[by], identifier):
            assert self.manages(by)
            self.groups[identifier] = ("team", False)

    @rule(by=WHO, whom=WHO, choice=st.integers(0, 50), joins=st.booleans())
    def join_or_leave(self, by: str, whom: str, choice: int, joins: bool) -> None:
        if not self.groups:
            return
        identifier = sorted(self.groups)[choice % len(self.groups)]
        done = self.tried(add_member if joins else remove_member, self.ids[by], identifier, whom)
        if joins:
            assert bool(done) == self.manages(by, whom)
            self.members |= {(identifier, whom)} if done else set()
        else:
            assert bool(done) == (self.manages(by) and (identifier, whom) in self.members)
            self.members -= {(identifier, whom)} if done else set()

    @rule(days=st.sampled_from([1, 2]))
    def time_passes(self, days: int) -> None:
        self.clock.move(days=days)

    @rule()
    def restart(self) -> None:
        """Close the database and open it again, as a server that is started anew does."""
        self.service.database.close()
        self.service = open_service(self.service.archive)

    def expected_delegated(self, login: str) -> set[str]:
        return {
            request
            for request, owner, to, until in self.shared.values()
            if to == login and self.people[owner].active and (until is None or until > self.clock.now)
        }

    @invariant()
    def everybody_has_what_the_book_says(self) -> None:
        for login, person in self.people.items():
            now = self.clock.now
            found = principal_for(self.service, self.ids[login], now)
            assert (found.role, found.state == "active") == (person.role, person.active)
            assert found.requests == {request for request, owner in self.owners if owner == login}
            assert found.delegated == self.expected_delegated(login)
            assert {one.group for one in found.groups if one.holds(now)} == {
                group for group, member in self.members if member == login and self.groups[group][1]
            }

    @invariant()
    def there_is_always_an_administrator(self) -> None:
        assert any(one.role == "administrator" and one.active for one in self.people.values())


@pytest.fixture
def archive_of_ada(founded: tuple[Archive, str], tmp_path: Path) -> Archive:
    """A home whose administrator is called ada."""
    archive, first = founded
    home = tmp_path / "home"
    shutil.copytree(archive.home, home)
    service = open_service(replace(archive, home=home))
    create_administrator(service, Entry("ada", "Ada", "ada@example.org"), "seven tall herons wade")
    change_role(service, OPERATOR, first, Role.REGISTERED)
    service.database.close()
    return replace(archive, home=home)


def test_no_course_of_events_gives_anybody_more_than_the_rules(archive_of_ada: Archive) -> None:
    """After each of hundreds of steps everybody may exactly what the model of the rules says."""
    machine = type("RightsHere", (Rights,), {"founded": archive_of_ada})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=30, deadline=None)
    )

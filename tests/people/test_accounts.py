"""Roles, disabling, and that nobody lifts himself up (bad-input table I, row I6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.people import accounts
from oais.functions.people.accounts import (
    Entry,
    bind_agreements,
    change_password,
    change_role,
    create_administrator,
    create_provider,
    disable,
    enable,
    limit,
    people_listed,
    person_of,
)
from oais.functions.people.authority import OPERATOR
from oais.functions.people.groups import add_member, new_group
from oais.functions.people.principals import principal_for
from oais.functions.security_log import read_log
from policies.principals import ANONYMOUS, Role, State
from tests.people.conftest import ENTRY, OTHER_PASSWORD, PASSWORD, People


def test_the_first_administrator_is_made_with_a_checked_password(people: People) -> None:
    """He may log in at once; a weak password or a taken login makes nobody."""
    assert people.session("root.admin")
    for entry, password, told in (
        (Entry("second", "Second", "two@example.org"), "short", "at least 15"),
        (ENTRY, PASSWORD, "is taken"),
        (Entry("second", "Second", "RUT@example.org"), PASSWORD, "is taken"),
    ):
        with pytest.raises(InvalidError, match=told):
            create_administrator(people.service, entry, password)
    assert len(people_listed(people.service)) == 1


@pytest.mark.parametrize("role", [Role.REGISTERED, Role.ARCHIVIST, Role.PROVIDER])
def test_the_last_administrator_stays(people: People, role: Role) -> None:
    """Neither he himself nor the operator makes the archive lose its last administrator."""
    with pytest.raises(RefusedError, match="own rights"):
        change_role(people.service, people.administrator, people.administrator, role)
    with pytest.raises(RefusedError, match="last administrator"):
        change_role(people.service, OPERATOR, people.administrator, role)
    for by in (people.administrator, OPERATOR):
        with pytest.raises(RefusedError, match="last administrator"):
            disable(people.service, by, people.administrator)
    assert person_of(people.service, people.administrator).role == Role.ADMINISTRATOR


def test_a_disabled_administrator_does_not_count_as_one_left(people: People) -> None:
    """With two, of whom one is disabled, the other is the last."""
    second = people.member("second")
    change_role(people.service, people.administrator, second, Role.ADMINISTRATOR)
    disable(people.service, people.administrator, second)
    with pytest.raises(RefusedError, match="last administrator"):
        disable(people.service, people.administrator, people.administrator)
    enable(people.service, people.administrator, second)
    disable(people.service, people.administrator, people.administrator)
    assert person_of(people.service, people.administrator).state == State.DISABLED


def test_time_does_not_take_the_last_administrator_away(people: People) -> None:
    """An administrator's account has no end, and one that has an end makes no administrator."""
    second = people.member("second")
    limit(people.service, people.administrator, second, people.clock.now + timedelta(days=1))
    with pytest.raises(RefusedError, match="has no end"):
        change_role(people.service, people.administrator, second, Role.ADMINISTRATOR)
    with pytest.raises(RefusedError, match="own rights"):
        limit(people.service, people.administrator, people.administrator, people.clock.now)
    with pytest.raises(RefusedError, match="has no end"):
        limit(people.service, OPERATOR, people.administrator, people.clock.now)


def test_nobody_grants_himself_anything(people: People) -> None:
    """Role, group and agreement of one's own account need another administrator."""
    team = new_group(people.service, people.administrator, "team").identifier
    for attempt in (
        lambda by, whom: change_role(people.service, by, whom, Role.ARCHIVIST),
        lambda by, whom: add_member(people.service, by, team, whom),
        lambda by, whom: bind_agreements(people.service, by, whom, []),
    ):
        with pytest.raises(RefusedError, match="own rights") as fault:
            attempt(people.administrator, people.administrator)
        assert "another administrator" in fault.value.remedy
    second = people.member("second")
    change_role(people.service, people.administrator, second, Role.ADMINISTRATOR)
    add_member(people.service, second, team, people.administrator)


@pytest.mark.parametrize("role", [Role.REGISTERED, Role.PROVIDER, Role.ARCHIVIST])
def test_only_administrators_manage_people(people: People, role: Role) -> None:
    """No other role, no disabled administrator and no made-up identifier changes anybody."""
    person, other = people.member("wilma"), people.member("fred")
    change_role(people.service, OPERATOR, person, role)
    former = people.member("former")
    change_role(people.service, OPERATOR, former, Role.ADMINISTRATOR)
    disable(people.service, OPERATOR, former)
    for by in (person, former, "", "0" * 32, "root.admin"):
        for attempt in (
            lambda by: change_role(people.service, by, other, Role.ADMINISTRATOR),
            lambda by: disable(people.service, by, other),
            lambda by: enable(people.service, by, other),
            lambda by: limit(people.service, by, other, None),
            lambda by: new_group(people.service, by, "team"),
            lambda by: create_provider(people.service, by, Entry("bot", "Bot", "b@example.org"), []),
        ):
            with pytest.raises(RefusedError, match="only an administrator"):
                attempt(by)
    assert person_of(people.service, other).role == Role.REGISTERED


def test_each_grant_is_written_down(people: People) -> None:
    """The log tells who gave which role to whom, by identifiers, and what it was before."""
    person = people.member("wilma")
    change_role(people.service, people.administrator, person, Role.ARCHIVIST)
    newest = read_log(people.service).events[0]
    assert (newest.event, newest.who, newest.subject) == ("role changed", people.administrator, person)
    assert newest.facts == {"before": "registered", "after": "archivist"}


def test_everybody_may_disable_himself(people: People) -> None:
    """A person closes his own account; only an administrator opens it again."""
    person = people.member("wilma")
    disable(people.service, person, person)
    with pytest.raises(RefusedError):
        enable(people.service, person, person)
    assert principal_for(people.service, person, people.clock.now).state is State.DISABLED


def test_a_password_is_changed_with_the_present_one(people: People) -> None:
    """A wrong present password or a weak new one changes nothing."""
    person = people.member("wilma")
    for old, new, told in ((OTHER_PASSWORD, OTHER_PASSWORD, "not right"), (PASSWORD, "short", "15")):
        with pytest.raises(InvalidError, match=told):
            change_password(people.service, person, old, new)
    assert people.session("wilma")
    change_password(people.service, person, PASSWORD, OTHER_PASSWORD)
    assert people.session("wilma", OTHER_PASSWORD)


def test_a_provider_is_bound_to_agreements_that_exist(people: People) -> None:
    """Its principal may deliver under these and no others, from the next request on."""
    names = sorted(people.service.archive.policies.agreements)
    entry = Entry("pipeline", "The pipeline", "pipeline@example.org")
    with pytest.raises(InvalidError, match="no agreement made-up"):
        create_provider(people.service, OPERATOR, entry, [names[0], "made-up"])
    machine = create_provider(people.service, people.administrator, entry, names[:2]).identifier

    def allowed() -> frozenset[str]:
        return principal_for(people.service, machine, people.clock.now).agreements

    assert allowed() == set(names[:2]) == accounts.agreements_of(people.service, machine)
    bind_agreements(people.service, people.administrator, machine, names[1:2])
    assert allowed() == {names[1]}


def test_a_machine_has_no_password(people: People) -> None:
    """Nobody logs in as a provider's machine account with whatever password."""
    create_provider(people.service, OPERATOR, Entry("bot", "Bot", "bot@example.org"), [])
    for password in ("", PASSWORD):
        with pytest.raises(Exception, match="name or password"):
            people.session("bot", password)


def test_unknown_people_are_strangers(people: People) -> None:
    """An identifier of nobody has the principal of a stranger; a login of nobody is told."""
    assert principal_for(people.service, "0" * 32, people.clock.now) == ANONYMOUS
    with pytest.raises(NotFoundError, match="no account"):
        person_of(people.service, "nobody")


def test_a_renamed_person_stays_who_he_is(people: People) -> None:
    """Rights hang on the identifier: a login that somebody else has now brings none of them."""
    from oais.database import people as rows

    first = people.member("wilma")
    team = new_group(people.service, OPERATOR, "team").identifier
    add_member(people.service, OPERATOR, team, first)
    with people.service.database.writing() as connection:
        rows.change(connection, first, login="wilma.stone", email="stone@example.org")
    second = people.member("wilma", "tess:AO-9")
    assert second != first
    assert principal_for(people.service, second, people.clock.now).groups == ()
    assert principal_for(people.service, second, people.clock.now).requests == {"tess:AO-9"}
    assert [one.group for one in principal_for(people.service, first, people.clock.now).groups] == [team]


def test_people_are_found_by_part_of_a_name(people: People) -> None:
    """Signs that mean something to the database are only signs."""
    people.member("wilma")
    people.member("fred_1")
    find: Callable[[str], list[str]] = lambda text: [  # noqa: E731
        person.login for person in people_listed(people.service, text=text)
    ]
    assert find("WIL") == ["wilma"]
    assert find("d_1") == ["fred_1"]
    assert find("%") == []
    assert find("_") == ["fred_1"]
    assert find("example.org") == ["fred_1", "root.admin", "wilma"]
    assert [one.login for one in people_listed(people.service, role="administrator")] == ["root.admin"]

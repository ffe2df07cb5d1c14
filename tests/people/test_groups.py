"""Groups: identifiers decide, and an end is an end (table J, row J4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.people.accounts import disable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.groups import (
    add_member,
    end_group,
    group_of,
    groups_listed,
    members_of,
    new_group,
    remove_member,
)
from oais.functions.people.principals import principal_for
from tests.people.conftest import People


def groups_now(people: People, person: str) -> set[str]:
    now = people.clock.now
    principal = principal_for(people.service, person, now)
    return {membership.group for membership in principal.groups if membership.holds(now)}


def test_a_member_is_in_until_he_is_taken_out(people: People) -> None:
    """Both hold at the next request."""
    person = people.member("wilma")
    team = new_group(people.service, people.administrator, "N1 team", description="PI and CoI")
    assert groups_now(people, person) == set()
    add_member(people.service, people.administrator, team.identifier, "wilma")
    assert groups_now(people, person) == {team.identifier}
    assert [member.person for member in members_of(people.service, team.identifier)] == [person]
    remove_member(people.service, people.administrator, team.identifier, "wilma")
    assert groups_now(people, person) == set()
    with pytest.raises(NotFoundError, match="not in the group"):
        remove_member(people.service, people.administrator, team.identifier, "wilma")


@pytest.mark.parametrize(("group_days", "own_days"), [(2, None), (None, 2), (2, 9), (9, 2)])
def test_the_earlier_end_counts(people: People, group_days: int | None, own_days: int | None) -> None:
    """Of the group's end and the member's own the earlier ends the right, to the second."""

    def end(days: int | None) -> datetime | None:
        return None if days is None else people.clock.now + timedelta(days=days)

    person = people.member("wilma")
    team = new_group(people.service, OPERATOR, "team", until=end(group_days)).identifier
    add_member(people.service, OPERATOR, team, person, until=end(own_days))
    people.clock.move(days=2, seconds=-1)
    assert groups_now(people, person) == {team}
    people.clock.move(seconds=1)
    assert groups_now(people, person) == set()


def test_a_new_group_of_an_old_name_is_another(people: People) -> None:
    """Whoever was in the old one is not in the new one, and a policy that names the old one stays closed."""
    person = people.member("wilma")
    old = new_group(people.service, OPERATOR, "team").identifier
    add_member(people.service, OPERATOR, old, person)
    with pytest.raises(InvalidError, match="already"):
        new_group(people.service, OPERATOR, "team")
    end_group(people.service, OPERATOR, old)
    new = new_group(people.service, OPERATOR, "team").identifier
    assert new != old
    assert groups_now(people, person) == set()
    assert [group.name for group in groups_listed(people.service)] == ["team", "team"]
    with pytest.raises(NotFoundError, match="no group"):
        group_of(people.service, "team")


def test_a_membership_is_renewed_by_joining_again(people: People) -> None:
    """The new end replaces the old one."""
    person = people.member("wilma")
    team = new_group(people.service, OPERATOR, "team").identifier
    add_member(people.service, OPERATOR, team, person, until=people.clock.now + timedelta(days=1))
    add_member(people.service, OPERATOR, team, person)
    people.clock.move(days=400)
    assert groups_now(people, person) == {team}


@pytest.mark.parametrize("name", ["", " team", "te\nam", "te\u202eam", "x" * 101])
def test_a_name_can_be_read(people: People, name: str) -> None:
    """Empty, padded, endless and steering names are refused."""
    with pytest.raises(InvalidError, match="name of a group"):
        new_group(people.service, OPERATOR, name)


def test_only_administrators_fill_groups(people: People) -> None:
    """A member brings nobody in and lets nobody out."""
    person, other = people.member("wilma"), people.member("fred")
    team = new_group(people.service, OPERATOR, "team").identifier
    add_member(people.service, OPERATOR, team, person)
    for attempt in (
        lambda: add_member(people.service, person, team, other),
        lambda: remove_member(people.service, person, team, person),
        lambda: end_group(people.service, person, team),
    ):
        with pytest.raises(RefusedError, match="only an administrator"):
            attempt()


def test_who_is_put_into_a_group_is_mailed_once(people: People) -> None:
    """When he comes in, not when his end changes; nobody is told who cannot use it."""
    person = people.member("wilma")
    until = people.clock.now + timedelta(days=9)
    team = new_group(people.service, people.administrator, "N1 team", until=until).identifier
    before = len(people.letters())
    add_member(people.service, people.administrator, team, "wilma")
    add_member(
        people.service, people.administrator, team, "wilma", until=people.clock.now + timedelta(days=2)
    )
    (letter,) = people.letters()[before:]
    text = str(letter.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
    assert (letter["To"], letter["Subject"]) == ("wilma@example.org", "Your account")
    assert "You are in the group N1 team now" in text
    assert "until 2026-11-30 12:00 UTC" in text
    assert "/me" in text
    remove_member(people.service, people.administrator, team, "wilma")
    assert len(people.letters()) == before + 1
    add_member(people.service, people.administrator, team, "wilma")
    assert len(people.letters()) == before + 2
    people.member("fred")
    disable(people.service, people.administrator, "fred")
    add_member(people.service, people.administrator, team, "fred")
    people.clock.move(days=9)
    people.member("ida")
    add_member(people.service, people.administrator, team, "ida")
    told = [letter["To"] for letter in people.letters()[before:] if "the group" in letter.as_string()]
    assert told == ["wilma@example.org"] * 2
    assert person

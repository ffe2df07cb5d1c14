"""Delegation: by the owner, of one request, to one registered person, for as long as both last (row J4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from oais.database import requests
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.people.accounts import Entry, create_provider, disable, enable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import (
    cancel_delegation,
    delegate,
    delegations_given,
    delegations_received,
    edit_delegation,
    possible_delegates,
)
from oais.functions.people.principals import principal_for
from tests.people.conftest import People, text_of


def delegated(people: People, person: str) -> frozenset[str]:
    """The requests shared with a person, as his next request would find them."""
    return principal_for(people.service, person, people.clock.now).delegated


def test_it_holds_from_the_next_request_to_the_cancelling(people: People) -> None:
    """Of the requests of the owner one is shared, and not the others."""
    pia, dan = people.member("pia", "tess:AO-1 tess:AO-2"), people.member("dan", "tess:AO-9")
    made = delegate(people.service, pia, "tess:AO-1", "DAN", note="for the paper")
    assert delegated(people, dan) == {"tess:AO-1"}
    assert delegations_given(people.service, pia) == [made] == delegations_received(people.service, dan)
    assert "shares the data of the observation request tess:AO-1" in text_of(people.letters()[-1])
    cancel_delegation(people.service, pia, made.identifier)
    cancel_delegation(people.service, pia, made.identifier)
    assert delegated(people, dan) == set()
    assert delegations_received(people.service, dan)[0].cancelled_at is not None


def test_its_end_is_edited_and_holds_to_the_second(people: People) -> None:
    """An earlier end, a later one and none at all."""
    pia, dan = people.member("pia"), people.member("dan", "tess:AO-9")
    start = people.clock.now
    made = delegate(people.service, pia, "tess:AO-1", "dan", until=start + timedelta(days=9))
    edited = edit_delegation(people.service, pia, made.identifier, until=start + timedelta(days=1))
    assert edited.note == made.note
    people.clock.move(days=1, seconds=-1)
    assert delegated(people, dan) == {"tess:AO-1"}
    people.clock.move(seconds=1)
    assert delegated(people, dan) == set()
    edit_delegation(people.service, pia, made.identifier, until=None, note="longer")
    people.clock.move(days=4000)
    assert delegated(people, dan) == {"tess:AO-1"}
    with pytest.raises(InvalidError, match="over already"):
        edit_delegation(people.service, pia, made.identifier, until=start)
    cancel_delegation(people.service, pia, made.identifier)
    with pytest.raises(InvalidError, match="cancelled"):
        edit_delegation(people.service, pia, made.identifier, until=None)


def test_a_delegate_passes_nothing_on(people: People) -> None:
    """Neither he nor a stranger nor an administrator delegates what is not his."""
    pia, dan = people.member("pia"), people.member("dan", "tess:AO-9")
    people.member("eve", "tess:AO-8")
    delegate(people.service, pia, "tess:AO-1", "dan")
    for by in (dan, people.administrator, OPERATOR, "", "0" * 32):
        with pytest.raises(RefusedError, match="only the PI or co-PI"):
            delegate(people.service, by, "tess:AO-1", "eve")
        with pytest.raises(RefusedError, match="only the PI or co-PI"):
            possible_delegates(people.service, by, "tess:AO-1")
    with pytest.raises(RefusedError):
        delegate(people.service, pia, "tess:AO-2", "eve")


@pytest.mark.parametrize("who", ["owner", "delegate"])
def test_it_ends_when_one_of_both_is_disabled(people: People, who: str) -> None:
    """With either account the right is gone at once, and it does not come back with the account."""
    pia, dan = people.member("pia"), people.member("dan", "tess:AO-9")
    delegate(people.service, pia, "tess:AO-1", "dan")
    disable(people.service, OPERATOR, {"owner": pia, "delegate": dan}[who])
    principal = principal_for(people.service, dan, people.clock.now)
    assert principal.delegated == set() or principal.state != "active"
    if who == "owner":
        assert delegated(people, dan) == set()
        with pytest.raises(RefusedError):
            delegate(people.service, pia, "tess:AO-1", "dan")
    enable(people.service, OPERATOR, {"owner": pia, "delegate": dan}[who])
    assert delegated(people, dan) == set()
    delegate(people.service, pia, "tess:AO-1", "dan")
    assert delegated(people, dan) == {"tess:AO-1"}


def test_it_ends_when_the_request_belongs_to_the_owner_no_more(people: People) -> None:
    """A request that is taken from its PI takes his delegations with it."""
    pia, dan = people.member("pia"), people.member("dan", "tess:AO-9")
    delegate(people.service, pia, "tess:AO-1", "dan")
    with people.service.database.writing() as connection:
        requests.disown(connection, "tess:AO-1", pia)
    assert delegated(people, dan) == set()


def test_it_goes_to_registered_people_only(people: People) -> None:
    """Unknown, disabled and machine accounts, staff and owners are not taken."""
    pia = people.member("pia")
    people.member("coco", "tess:AO-1")
    disable(people.service, OPERATOR, people.member("gone", "tess:AO-7"))
    create_provider(people.service, OPERATOR, Entry("bot", "Bot", "bot@example.org"), [])
    for login in ("nobody", "", "gone", "bot", "root.admin"):
        with pytest.raises(NotFoundError, match="no registered person"):
            delegate(people.service, pia, "tess:AO-1", login)
    for login in ("pia", "coco"):
        with pytest.raises(InvalidError, match="already"):
            delegate(people.service, pia, "tess:AO-1", login)


def test_twice_the_same_is_refused(people: People) -> None:
    """A right that holds is edited, not given again; one that ended may be given anew."""
    pia, dan = people.member("pia"), people.member("dan", "tess:AO-9")
    made = delegate(people.service, pia, "tess:AO-1", "dan")
    with pytest.raises(InvalidError, match="already"):
        delegate(people.service, pia, "tess:AO-1", "dan")
    cancel_delegation(people.service, pia, made.identifier)
    delegate(people.service, pia, "tess:AO-1", "dan")
    assert delegated(people, dan) == {"tess:AO-1"}


def test_nobody_touches_the_delegation_of_another(people: People) -> None:
    """Not even a co-owner or the delegate; to them it is unknown."""
    pia, coco = people.member("pia"), people.member("coco", "tess:AO-1")
    dan = people.member("dan", "tess:AO-9")
    made = delegate(people.service, pia, "tess:AO-1", "dan")
    for by in (coco, dan, people.administrator, ""):
        with pytest.raises(NotFoundError):
            cancel_delegation(people.service, by, made.identifier)
        with pytest.raises(NotFoundError):
            edit_delegation(people.service, by, made.identifier, until=None)
    assert delegated(people, dan) == {"tess:AO-1"}


def test_owners_choose_from_registered_people(people: People) -> None:
    """The list has who may be chosen, found by part of login or name, and no address to send spam to."""
    pia = people.member("pia")
    for login in ("dan", "daisy", "coco"):
        people.member(login, "tess:AO-1" if login == "coco" else "tess:AO-9")
    assert [one.login for one in possible_delegates(people.service, pia, "tess:AO-1")] == ["daisy", "dan"]
    assert [one.login for one in possible_delegates(people.service, pia, "tess:AO-1", "DAI")] == ["daisy"]


def test_each_step_is_an_event(people: People, events: Callable[[], list[str]]) -> None:
    """Made, edited and cancelled are written down."""
    pia = people.member("pia")
    people.member("dan", "tess:AO-9")
    made = delegate(people.service, pia, "tess:AO-1", "dan")
    edit_delegation(people.service, pia, made.identifier, until=people.clock.now + timedelta(days=1))
    cancel_delegation(people.service, pia, made.identifier)
    assert events()[-3:] == ["delegation made", "delegation edited", "delegation cancelled"]

"""Until when something holds: a day is the last one, a moment is the end itself, the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from oais.errors import InvalidError
from oais.functions.people.accounts import limit
from oais.functions.people.authority import OPERATOR
from oais.functions.people.delegation import delegate
from oais.functions.people.ends import end_named
from oais.functions.people.groups import add_member, new_group
from oais.functions.people.principals import principal_for
from policies.principals import State
from tests.people.conftest import People

Holds = Callable[[People, str, datetime], Callable[[], bool]]


def of_account(people: People, person: str, until: datetime) -> Callable[[], bool]:
    limit(people.service, OPERATOR, person, until)
    return lambda: principal_for(people.service, person, people.clock.now).state is State.ACTIVE


def of_group(people: People, person: str, until: datetime) -> Callable[[], bool]:
    group = new_group(people.service, OPERATOR, "team", until=until).identifier
    add_member(people.service, OPERATOR, group, person)
    return lambda: any(
        membership.holds(people.clock.now)
        for membership in principal_for(people.service, person, people.clock.now).groups
    )


def of_delegation(people: People, person: str, until: datetime) -> Callable[[], bool]:
    delegate(people.service, people.member("pia", "tess:AO-7"), "tess:AO-7", "wilma", until=until)
    return lambda: "tess:AO-7" in principal_for(people.service, person, people.clock.now).delegated


@pytest.mark.parametrize("given", [of_account, of_group, of_delegation])
@pytest.mark.parametrize(
    ("text", "ends"),
    [("2026-11-23", datetime(2026, 11, 24, tzinfo=UTC)), ("2026-11-23T12:00:00+01:00", None)],
)
def test_it_holds_through_the_day_that_was_named(
    people: People, given: Holds, text: str, ends: datetime | None
) -> None:
    """A microsecond before the next day it still holds, then no more; a moment is exactly that moment."""
    person, until = people.member("wilma"), end_named(text)
    ends = ends or datetime.fromisoformat(text)
    assert until == ends
    holds = given(people, person, until)
    people.clock.now = ends - timedelta(microseconds=1)
    assert holds()
    people.clock.now = ends
    assert not holds()


def test_no_text_is_no_end() -> None:
    """So an option that was left out gives none."""
    assert end_named("") is None


@pytest.mark.parametrize("text", ["9999-12-31", "2026-02-30", "tomorrow", "2026-11-23T12:00:00", " ", "010"])
def test_what_is_no_end_is_told(text: str) -> None:
    """A time without its zone is refused as well: nobody could say when it is."""
    with pytest.raises(InvalidError, match=r"no day"):
        end_named(text)

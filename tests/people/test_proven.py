"""A password that comes with each request is reckoned once in a while, and never opens what it would not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from oais.database.people import Person
from oais.errors import BusyError, UnauthenticatedError
from oais.functions.people import sessions
from oais.functions.people.accounts import change_password, disable, enable
from oais.functions.people.passwords import fits
from oais.functions.people.proven import LASTS, ProvenPasswords
from oais.functions.people.tokens import known_by_basic
from tests.people.conftest import OTHER_PASSWORD, PASSWORD, People

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def reckoned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared with a hash."""
    seen: list[str] = []

    def fitting(password: str, hashed: str) -> bool:
        seen.append(password)
        return fits(password, hashed)

    monkeypatch.setattr(sessions, "fits", fitting)
    return seen


def ask(people: People, password: str = PASSWORD, login: str = "wilma") -> str:
    """Who is known by a request with this password."""
    return known_by_basic(people.service, login, password, count=lambda: None).person.identifier


def test_a_password_just_proven_is_not_reckoned_again(people: People, reckoned: list[str]) -> None:
    """By login and by address alike, for five minutes from the proof however often it comes."""
    person = people.member("wilma")
    assert [ask(people), ask(people), ask(people, login="Wilma@example.org")] == 3 * [person]
    assert len(reckoned) == 1
    people.clock.move(minutes=4, seconds=59)
    assert ask(people) == person
    assert len(reckoned) == 1
    people.clock.move(seconds=1)
    assert ask(people) == person
    assert len(reckoned) == 2


def test_only_the_same_password_of_the_same_account_is_remembered(
    people: People, reckoned: list[str]
) -> None:
    """Another one is reckoned and refused each time, and one person's proof is nobody else's."""
    people.member("wilma")
    fred = people.member("fred")
    ask(people)
    for wrong in (OTHER_PASSWORD, PASSWORD + " ", PASSWORD[:-1], "", "\0" + PASSWORD):
        for _again in range(2):
            with pytest.raises(UnauthenticatedError):
                ask(people, wrong)
    assert len(reckoned) == 11
    assert ask(people, login="fred") == fred
    assert len(reckoned) == 12
    assert len(people.service.proven) == 2


def test_a_new_password_ends_what_was_remembered_of_the_old(people: People) -> None:
    """The old one is refused by the next request, and the new one counts."""
    person = people.member("wilma")
    ask(people)
    change_password(people.service, person, PASSWORD, OTHER_PASSWORD)
    with pytest.raises(UnauthenticatedError):
        ask(people)
    assert ask(people, OTHER_PASSWORD) == person


def test_who_is_disabled_is_refused_at_once(people: People, reckoned: list[str]) -> None:
    """Whatever is remembered; the same password counts again when the account does."""
    person = people.member("wilma")
    ask(people)
    disable(people.service, people.administrator, person)
    with pytest.raises(UnauthenticatedError, match="name or password"):
        ask(people)
    enable(people.service, people.administrator, person)
    assert ask(people) == person
    assert len(reckoned) <= 2


def test_who_is_counted_out_is_not_reckoned(people: People, reckoned: list[str]) -> None:
    """What is counted is only what would be reckoned; a proof of a moment ago goes past a crowd."""
    person = people.member("wilma")
    ask(people)

    def full() -> None:
        raise BusyError("too many", remedy="wait", retry_after=5)

    for password in (OTHER_PASSWORD, PASSWORD[:-1]):
        with pytest.raises(BusyError):
            known_by_basic(people.service, "wilma", password, count=full)
    assert known_by_basic(people.service, "wilma", PASSWORD, count=full).person.identifier == person
    assert len(reckoned) == 1


def somebody(name: str, hashed: str = "a hash") -> Person:
    return Person(
        identifier=name, login=name, name=name, email="", role="", state="", password=hashed, created_at=""
    )


def test_only_so_many_are_remembered_and_none_longer_than_told() -> None:
    """The oldest goes first; what is over goes when another comes."""
    proven = ProvenPasswords(most=3)
    for name in "abcd":
        proven.add(somebody(name), PASSWORD, NOW)
    assert [name for name in "abcd" if proven.holds(somebody(name), PASSWORD, NOW)] == ["b", "c", "d"]
    proven.add(somebody("e"), PASSWORD, NOW + LASTS)
    assert len(proven) == 1
    assert not proven.holds(somebody("e"), PASSWORD, NOW + 2 * LASTS)
    assert proven.holds(somebody("e"), PASSWORD, NOW + 2 * LASTS - timedelta(microseconds=1))


def test_another_hash_and_another_process_know_nothing() -> None:
    """A proof holds for one hash; and no two processes keep the same bytes."""
    here, there = ProvenPasswords(), ProvenPasswords()
    for proven in (here, there):
        proven.add(somebody("a"), PASSWORD, NOW)
    assert not here.holds(somebody("a", "another hash"), PASSWORD, NOW)
    kept = [vars(proven)["_until"] for proven in (here, there)]
    assert len({*kept[0], *kept[1]}) == 2
    assert PASSWORD.encode() not in b"".join(kept[0])

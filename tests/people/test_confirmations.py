"""Links sent by mail: single use, bound to the address, fifteen minutes (table I, row I5)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from oais.errors import BusyError, InvalidError, UnauthenticatedError
from oais.functions.people.accounts import Entry, disable, person_of
from oais.functions.people.authority import OPERATOR
from oais.functions.people.confirmations import (
    ask_new_address,
    ask_reset,
    confirm_new_address,
    reset_password,
)
from oais.functions.people.registration import Registration, confirm_registration, register
from oais.functions.people.sessions import known_by_session
from oais.functions.people.tokens import known_by_token, make_token
from oais.settings import SignUp
from tests.people.conftest import OTHER_PASSWORD, PASSWORD, People, text_of

THIRD_PASSWORD = "nine grey geese return"


def reset_link(people: People, login: str = "wilma") -> str:
    ask_reset(people.service, login)
    return people.secret("wilma@example.org", "/reset")


def assert_spent(people: People, secret: str, password: str = THIRD_PASSWORD) -> None:
    with pytest.raises(InvalidError, match="does not work, or no longer"):
        reset_password(people.service, secret, password)


@pytest.mark.parametrize("login", ["wilma", " Wilma ", "wilma@example.org", "WILMA@example.org"])
def test_a_link_sets_a_new_password_once(people: People, login: str) -> None:
    """Afterwards the old password, the old sessions and the link are nothing."""
    people.member("wilma")
    session = people.session("wilma")
    secret = reset_link(people, login)
    reset_password(people.service, secret, OTHER_PASSWORD)
    assert people.session("wilma", OTHER_PASSWORD)
    with pytest.raises(UnauthenticatedError):
        people.session("wilma", PASSWORD)
    with pytest.raises(UnauthenticatedError):
        known_by_session(people.service, session)
    assert_spent(people, secret)


def test_a_link_that_sets_a_password_ends_the_tokens(people: People) -> None:
    """Whoever had the old password may have made tokens with it; a new one works as ever."""
    person = people.member("wilma")
    token = make_token(people.service, person, person, "mine", ["read"]).secret
    assert known_by_token(people.service, token).person.identifier == person
    reset_password(people.service, reset_link(people), OTHER_PASSWORD)
    with pytest.raises(UnauthenticatedError):
        known_by_token(people.service, token)
    later = make_token(people.service, person, person, "mine again", ["read"]).secret
    assert known_by_token(people.service, later).person.identifier == person


@pytest.mark.parametrize("login", ["nobody", "nobody@example.org", "", "\0", "disabled", "waiting"])
def test_nobody_is_told_who_has_an_account(people: People, login: str) -> None:
    """Asking for unknown, disabled or waiting accounts sends nothing and says nothing."""
    disable(people.service, OPERATOR, people.member("disabled"))
    entry = Entry("waiting", "Waiting", "waiting@example.org")
    register(people.signing_up(SignUp.MODERATED), Registration(entry, PASSWORD))
    before = len(people.letters())
    ask_reset(people.service, login)
    assert len(people.letters()) == before


def test_a_link_ends_after_a_quarter_of_an_hour(people: People) -> None:
    """A second before it works, at its end no more."""
    people.member("wilma")
    secret = reset_link(people)
    people.clock.move(minutes=15)
    assert_spent(people, secret)
    people.clock.move(seconds=-1)
    reset_password(people.service, secret, OTHER_PASSWORD)


def test_of_two_links_the_newer_counts(people: People) -> None:
    """A second request makes the first link nothing."""
    people.member("wilma")
    first = reset_link(people)
    people.clock.move(minutes=2)
    second = reset_link(people)
    assert_spent(people, first)
    reset_password(people.service, second, OTHER_PASSWORD)


def test_a_weak_password_leaves_the_link_as_it_is(people: People) -> None:
    """Whoever types a short one may try again with the same link."""
    people.member("wilma")
    secret = reset_link(people)
    with pytest.raises(InvalidError, match="at least 15"):
        reset_password(people.service, secret, "short")
    reset_password(people.service, secret, OTHER_PASSWORD)


def test_used_at_once_by_many_a_link_works_once(people: People) -> None:
    """Of eight at the same moment one sets the password."""
    people.member("wilma")
    secret = reset_link(people)

    def use(number: int) -> bool:
        try:
            reset_password(people.service, secret, f"{OTHER_PASSWORD} {number}")
        except InvalidError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_a_link_is_bound_to_the_address_it_was_sent_to(people: People) -> None:
    """Once the person has another address, a link sent to the old one is nothing."""
    person = people.member("wilma")
    secret = reset_link(people)
    ask_new_address(people.service, person, "stone@example.org", PASSWORD)
    confirm_new_address(people.service, people.secret("stone@example.org", "/me/address"))
    assert_spent(people, secret)


def test_a_link_of_one_kind_is_not_one_of_another(people: People) -> None:
    """The link that confirms an address sets no password, and the other way round."""
    person = people.member("wilma")
    ask_new_address(people.service, person, "stone@example.org", PASSWORD)
    confirming, setting = people.secret("stone@example.org", "/me/address"), reset_link(people)
    assert_spent(people, confirming)
    for confirm in (confirm_new_address, confirm_registration):
        with pytest.raises(InvalidError, match="does not work"):
            confirm(people.service, setting)


def test_a_link_of_a_disabled_person_is_nothing(people: People) -> None:
    """Disabling counts for links that are under way too."""
    person = people.member("wilma")
    secret = reset_link(people)
    disable(people.service, OPERATOR, person)
    assert_spent(people, secret)


def test_a_new_address_is_his_when_he_opened_the_link(people: People) -> None:
    """Until then the old one stays; the old address is told of the change."""
    person = people.member("wilma")
    ask_new_address(people.service, person, "stone@EXAMPLE.org", PASSWORD)
    secret = people.secret("stone@example.org", "/me/address")
    assert person_of(people.service, person).email == "wilma@example.org"
    confirm_new_address(people.service, secret)
    assert person_of(people.service, person).email == "stone@example.org"
    told = [text_of(one) for one in people.letters() if one["To"] == "wilma@example.org"]
    assert any("was changed" in text for text in told)
    with pytest.raises(InvalidError, match="does not work"):
        confirm_new_address(people.service, secret)


@pytest.mark.parametrize("password", ["", OTHER_PASSWORD, PASSWORD.upper()])
def test_a_new_address_asks_for_the_password(
    people: People, events: Callable[[], list[str]], password: str
) -> None:
    """A session left open does not give the account away: no mail goes out, and the attempt is logged."""
    person = people.member("wilma")
    before = len(people.letters())
    with pytest.raises(InvalidError, match="the present password is not right"):
        ask_new_address(people.service, person, "thief@example.org", password)
    assert len(people.letters()) == before
    assert events()[-1] == "new address refused"
    ask_new_address(people.service, person, "stone@example.org", PASSWORD)
    assert people.letters()[-1]["To"] == "stone@example.org"


def test_an_address_of_another_is_not_taken(people: People) -> None:
    """No mail goes there, nothing is told, and a link sent before the other came is nothing."""
    person = people.member("wilma")
    ask_new_address(people.service, person, "fred@example.org", PASSWORD)
    early = people.secret("fred@example.org", "/me/address")
    people.member("fred")
    before = len(people.letters())
    people.clock.move(minutes=1)
    ask_new_address(people.service, person, "Fred@example.org", PASSWORD)
    assert len(people.letters()) == before
    with pytest.raises(InvalidError, match="does not work"):
        confirm_new_address(people.service, early)


def test_links_are_made_from_the_configured_address(people: People) -> None:
    """No request's Host has a say; the secret is in the mail and nowhere in the home."""
    people.member("wilma")
    secret = reset_link(people)
    letter = text_of(people.letters()[-1])
    assert f"http://127.0.0.1:8000/reset?secret={secret}" in letter
    home = people.service.archive.home
    kept = [path for path in home.rglob("*") if path.is_file() and "mail" not in path.parts]
    assert not any(secret.encode() in path.read_bytes() for path in kept)


def test_nobodys_mailbox_is_flooded(people: People) -> None:
    """However often a stranger asks, a link comes every two minutes; then one that works comes again."""
    people.member("wilma")
    before = len(people.letters())
    for _ in range(20):
        ask_reset(people.service, "wilma")
    assert len(people.letters()) == before + 1
    people.clock.move(minutes=2)
    reset_password(people.service, reset_link(people), OTHER_PASSWORD)
    assert len(people.letters()) == before + 2


def test_nobody_floods_other_mailboxes_from_his_account(people: People) -> None:
    """One new address a minute, and the refusal is the same whether the first one was free or not."""
    person = people.member("wilma")
    people.member("fred")
    for first in ("fred@example.org", "free@example.org"):
        ask_new_address(people.service, person, first, PASSWORD)
        with pytest.raises(BusyError) as fault:
            ask_new_address(people.service, person, "victim@example.org", PASSWORD)
        assert fault.value.message == "you asked for this a moment ago"
        people.clock.move(minutes=1)
    assert "victim@example.org" not in {letter["To"] for letter in people.letters()}

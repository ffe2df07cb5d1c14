"""Logging in, and when a session ends (bad-input table I, row I3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from oais.errors import NotFoundError, UnauthenticatedError
from oais.functions.people import sessions
from oais.functions.people.accounts import change_password, change_role, disable, enable, limit
from oais.functions.people.authority import OPERATOR
from oais.functions.people.sessions import known_by_session, log_in, log_out
from policies.principals import Role
from tests.people.conftest import OTHER_PASSWORD, PASSWORD, People


def assert_ended(people: People, secret: str) -> None:
    with pytest.raises(UnauthenticatedError, match="session has ended"):
        known_by_session(people.service, secret)


def test_login_and_password_open_a_session(people: People, events: Callable[[], list[str]]) -> None:
    """The principal of the session is the person with role and requests."""
    person = people.member("wilma")
    opened = log_in(people.service, "WILMA", PASSWORD, address="192.0.2.7")
    known = known_by_session(people.service, opened.secret)
    assert known.person.identifier == person == known.principal.identifier
    assert known.principal.role is Role.REGISTERED
    assert known.principal.requests == {"tess:AO-1"}
    assert events()[-1] == "login"


def test_the_login_before_is_shown(people: People) -> None:
    """A session knows when its person logged in the time before, so that he sees a stranger's login."""
    people.member("wilma")
    assert log_in(people.service, "wilma", PASSWORD).session.last_login_at is None
    before = people.service.archive.now()
    people.clock.move(hours=5)
    assert log_in(people.service, "wilma@example.org", PASSWORD).session.last_login_at == before


@pytest.mark.parametrize("login", ["wilma", "nobody", "nobody@example.org", "waiting", "", "\0", "w" * 5000])
def test_what_was_wrong_is_not_told(people: People, login: str) -> None:
    """A wrong password, an unknown login and odd ones get the same text."""
    people.member("wilma")
    with pytest.raises(UnauthenticatedError) as fault:
        log_in(people.service, login, OTHER_PASSWORD)
    assert fault.value.message == "name or password is not right, or the account cannot be used"


def test_a_disabled_person_hears_the_same_and_his_sessions_end(people: People) -> None:
    """Disabling ends all sessions at once and for good; enabling brings none of them back."""
    person = people.member("wilma")
    secret = people.session("wilma")
    disable(people.service, people.administrator, person)
    assert_ended(people, secret)
    with pytest.raises(UnauthenticatedError, match="name or password"):
        log_in(people.service, "wilma", PASSWORD)
    enable(people.service, people.administrator, person)
    assert_ended(people, secret)
    assert people.session("wilma")


@pytest.mark.parametrize("secret", ["", "x", "\0", "ü", "a" * 8192, "\ud800"])
def test_a_made_up_secret_opens_nothing(people: People, secret: str) -> None:
    """Secrets that were never given away are refused, whatever they look like."""
    assert_ended(people, secret)


def test_no_part_of_the_database_is_a_secret(people: People) -> None:
    """The digest in the database opens nothing, and the secret is not in the file."""
    people.member("wilma")
    opened = log_in(people.service, "wilma", PASSWORD)
    assert_ended(people, opened.session.digest)
    stored = b"".join(path.read_bytes() for path in people.service.archive.home.glob("oais.sqlite*"))
    assert opened.session.digest.encode() in stored
    assert opened.secret.encode() not in stored
    assert PASSWORD.encode() not in stored


def test_logging_out_ends_the_session(people: People) -> None:
    """After logging out the secret is nothing; logging out twice is no fault."""
    people.member("wilma")
    secret = people.session("wilma")
    log_out(people.service, secret)
    log_out(people.service, secret)
    assert_ended(people, secret)


def test_a_login_replaces_the_session_before_it(people: People) -> None:
    """A secret that somebody fixed in the browser before the login opens nothing after it."""
    people.member("wilma")
    first = people.session("wilma")
    second = log_in(people.service, "wilma", PASSWORD, replaces=first)
    assert_ended(people, first)
    assert known_by_session(people.service, second.secret).credential == second.session.identifier


def test_a_new_password_ends_all_other_sessions(people: People) -> None:
    """The session that changed the password goes on, all others end."""
    person = people.member("wilma")
    here, there = people.session("wilma"), people.session("wilma")
    mine = known_by_session(people.service, here).credential
    change_password(people.service, person, PASSWORD, OTHER_PASSWORD, session=mine)
    assert_ended(people, there)
    assert known_by_session(people.service, here).person.identifier == person
    assert people.session("wilma", OTHER_PASSWORD)


def test_a_new_role_holds_at_the_next_request(people: People) -> None:
    """The same session has the new role at once, and loses it at once."""
    person = people.member("wilma")
    secret = people.session("wilma")
    change_role(people.service, people.administrator, person, Role.ARCHIVIST)
    assert known_by_session(people.service, secret).principal.role is Role.ARCHIVIST
    change_role(people.service, OPERATOR, person, Role.REGISTERED)
    assert known_by_session(people.service, secret).principal.role is Role.REGISTERED


def test_an_idle_session_ends_and_a_used_one_lasts_a_working_day(people: People) -> None:
    """Two idle hours end a session; one in use ends twelve hours after its login."""
    people.member("wilma")
    idle, used = people.session("wilma"), people.session("wilma")
    for _hour in range(11):
        people.clock.move(hours=1)
        known_by_session(people.service, used)
    assert_ended(people, idle)
    people.clock.move(hours=1)
    assert_ended(people, used)


def test_a_remembered_session_lasts_a_month_and_can_be_ended_from_elsewhere(people: People) -> None:
    """It needs no use in between; its person sees it in the list and ends it there."""
    person = people.member("wilma")
    first = log_in(people.service, "wilma", PASSWORD, remember=True)
    second = log_in(people.service, "wilma", PASSWORD, remember=True)
    people.clock.move(days=29)
    known_by_session(people.service, first.secret)
    assert {found.identifier for found in sessions.sessions_of(people.service, person)} == {
        first.session.identifier,
        second.session.identifier,
    }
    sessions.end_session(people.service, person, first.session.identifier)
    assert_ended(people, first.secret)
    people.clock.move(days=1)
    assert_ended(people, second.secret)
    assert sessions.sessions_of(people.service, person) == []


def test_nobody_ends_the_session_of_another(people: People) -> None:
    """An identifier of somebody else's session is unknown to him."""
    people.member("wilma")
    other = people.member("fred")
    opened = log_in(people.service, "wilma", PASSWORD)
    with pytest.raises(NotFoundError):
        sessions.end_session(people.service, other, opened.session.identifier)
    assert sessions.end_other_sessions(people.service, other) == 0
    known_by_session(people.service, opened.secret)


def test_a_session_that_gave_its_code_is_confirmed_and_no_other(people: People) -> None:
    """A code mailed to the account's address confirms the session it was given in."""
    people.member("wilma")
    here, there = people.session("wilma"), people.session("wilma")
    sessions.confirm_session(people.service, known_by_session(people.service, here).credential)
    assert known_by_session(people.service, here).principal.code_confirmed
    assert not known_by_session(people.service, there).principal.code_confirmed


def test_an_account_that_has_expired_is_let_in_no_more(people: People) -> None:
    """At the moment an account ends its sessions and its password open nothing; a later end opens them."""
    person = people.member("wilma")
    secret = people.session("wilma")
    limit(people.service, people.administrator, person, people.clock.now + timedelta(minutes=1))
    known_by_session(people.service, secret)
    people.clock.move(minutes=1)
    assert_ended(people, secret)
    with pytest.raises(UnauthenticatedError):
        people.session("wilma")
    limit(people.service, people.administrator, person, None)
    known_by_session(people.service, secret)

"""API tokens: what they may, how long, and that nothing but the whole token counts (table I, row I4)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oais.errors import InvalidError, NotFoundError, RefusedError, UnauthenticatedError
from oais.functions.people.accounts import Entry, change_role, create_provider, disable, enable
from oais.functions.people.authority import OPERATOR
from oais.functions.people.tokens import (
    MOST_DAYS,
    PREFIX,
    known_by_basic,
    known_by_token,
    make_token,
    revoke_token,
    tokens_of,
)
from oais.functions.service import open_service
from policies.principals import Duty, Role, Scope, may
from tests.people.conftest import OTHER_PASSWORD, PASSWORD, People


def assert_refused(people: People, secret: str) -> None:
    with pytest.raises(UnauthenticatedError, match="does not count"):
        known_by_token(people.service, secret)


def uncounted() -> None:
    """No limit."""


@pytest.fixture
def machine(people: People) -> str:
    """A provider's machine account."""
    agreement = sorted(people.service.archive.policies.agreements)[0]
    entry = Entry("pipeline", "The pipeline", "pipeline@example.org")
    return create_provider(people.service, OPERATOR, entry, [agreement]).identifier


def test_a_token_is_its_person_within_its_scopes(people: People) -> None:
    """The principal is the person with the token's scopes; what they do not name he may not do by it."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", [Scope.READ, Scope.DOWNLOAD])
    principal = known_by_token(people.service, made.secret).principal
    assert (principal.identifier, principal.requests) == (person, frozenset({"tess:AO-1"}))
    assert principal.scopes == frozenset({"read", "download"})
    assert not may(principal, Duty.OWN_ACCOUNT)


def test_a_provider_delivers_under_its_agreement(people: People, machine: str) -> None:
    """A token made by an administrator for the machine account brings its agreements."""
    made = make_token(people.service, people.administrator, machine, "pipeline", [Scope.DEPOSIT])
    principal = known_by_token(people.service, made.secret).principal
    assert principal.agreements == {sorted(people.service.archive.policies.agreements)[0]}
    assert may(principal, Duty.DEPOSIT)


def test_only_the_whole_token_counts(people: People) -> None:
    """Its prefix, a part, another case, its digest and its identifier are nothing."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", ["read"])
    secret = made.secret
    for wrong in (
        PREFIX,
        "",
        secret[:-1],
        secret + "A",
        secret.removeprefix(PREFIX),
        secret.upper(),
        f" {secret}",
        made.token.digest,
        made.token.identifier,
        "\ud800",
    ):
        assert_refused(people, wrong)


def test_it_is_shown_once_and_kept_nowhere(people: People) -> None:
    """Neither database nor log nor the token's own text has the secret."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", ["read"])
    home = people.service.archive.home
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert not any(made.secret.encode() in path.read_bytes() for path in kept)
    assert made.secret not in repr(made)
    assert made.token.digest not in repr(made)
    assert [token.name for token in tokens_of(people.service, person)] == ["notebook"]


def test_it_ends_on_its_day(people: People) -> None:
    """The second before its end it counts, at its end no more."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "short", ["read"], days=1)
    people.clock.move(days=1, seconds=-1)
    known_by_token(people.service, made.secret)
    people.clock.move(seconds=1)
    assert_refused(people, made.secret)


@pytest.mark.parametrize("how", ["revoked", "disabled"])
def test_it_ends_at_once(people: People, how: str) -> None:
    """A revoked token and one of a disabled person are refused at the next request."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", ["read"])
    if how == "revoked":
        revoke_token(people.service, person, made.token.identifier)
    else:
        disable(people.service, OPERATOR, person)
    assert_refused(people, made.secret)


def test_a_token_never_may_more_than_its_account_now(people: People) -> None:
    """An archivist's token loses the rights of staff when he does."""
    person = people.member("wilma")
    change_role(people.service, OPERATOR, person, Role.ARCHIVIST)
    made = make_token(people.service, person, person, "desk", [Scope.ADMINISTER])
    assert may(known_by_token(people.service, made.secret).principal, Duty.MANAGE_ARCHIVE)
    change_role(people.service, OPERATOR, person, Role.REGISTERED)
    assert not may(known_by_token(people.service, made.secret).principal, Duty.MANAGE_ARCHIVE)


def test_what_is_wrong_with_a_token_is_told_at_once(people: People) -> None:
    """Scopes that the account cannot have, no end in sight and an empty name are named together."""
    person = people.member("wilma")
    with pytest.raises(InvalidError) as fault:
        make_token(people.service, person, person, "", ["administer", "deposit", "all"], days=MOST_DAYS + 1)
    for part in ("administer, all, deposit is no scope", "367 days", "its name"):
        assert part in fault.value.message
    with pytest.raises(InvalidError, match="no scope"):
        make_token(people.service, person, person, "empty", [])


def test_nobody_makes_or_ends_a_token_of_another_person(people: People, machine: str) -> None:
    """Not even an administrator makes one for a person; strangers learn of none."""
    person, other = people.member("wilma"), people.member("fred")
    made = make_token(people.service, person, person, "notebook", ["read"])
    for by in (other, people.administrator):
        with pytest.raises(RefusedError):
            make_token(people.service, by, person, "sly", ["read"])
    with pytest.raises(RefusedError):
        make_token(people.service, other, machine, "sly", ["deposit"])
    for identifier in (made.token.identifier, "0" * 32):
        with pytest.raises(NotFoundError, match="no such token"):
            revoke_token(people.service, other, identifier)
    known_by_token(people.service, made.secret)
    revoke_token(people.service, people.administrator, made.token.identifier)
    assert_refused(people, made.secret)


def test_basic_takes_a_password_or_a_token_of_that_person(people: People) -> None:
    """Old programs send name and password; a token in its place counts for its owner alone."""
    person = people.member("wilma")
    people.member("fred")
    secret = make_token(people.service, person, person, "topcat", ["read"]).secret
    for login in ("wilma", "WILMA", "wilma@example.org", ""):
        assert known_by_basic(people.service, login, secret, count=uncounted).principal.scopes == frozenset(
            {"read"}
        )
    assert known_by_basic(people.service, "wilma", PASSWORD, count=uncounted).principal.scopes is None
    for login, wrong in (("fred", secret), ("wilma", OTHER_PASSWORD), ("wilma", f"{secret}x"), ("", "")):
        with pytest.raises(UnauthenticatedError):
            known_by_basic(people.service, login, wrong, count=uncounted)


def test_tokens_and_sessions_survive_a_move_to_a_new_server(people: People, tmp_path: Path) -> None:
    """With the database alone, and a new service key, the old token still counts on the new machine."""
    person = people.member("wilma")
    secret = make_token(people.service, person, person, "notebook", ["read"]).secret
    people.service.database.close()
    moved = tmp_path / "moved"
    shutil.copytree(people.service.archive.home, moved)
    (moved / "keys" / "service.key").unlink()
    service = open_service(replace(people.service.archive, home=moved))
    assert known_by_token(service, secret).person.login == "wilma"
    assert service.secret != people.service.secret
    service.database.close()


def test_making_and_revoking_are_events(people: People, events: Callable[[], list[str]]) -> None:
    """The log tells both, by identifiers."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", ["read"])
    revoke_token(people.service, person, made.token.identifier)
    assert events()[-2:] == ["token made", "token revoked"]


def test_tokens_end_for_good_when_their_person_is_disabled(people: People) -> None:
    """Who is let in again makes new ones: what a thief may have copied stays dead."""
    person = people.member("wilma")
    made = make_token(people.service, person, person, "notebook", [Scope.READ])
    disable(people.service, people.administrator, person)
    enable(people.service, people.administrator, person)
    assert_refused(people, made.secret)
    again = make_token(people.service, person, person, "notebook", [Scope.READ])
    assert known_by_token(people.service, again.secret).principal.identifier == person

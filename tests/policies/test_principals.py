"""Who may do which duty: active accounts of the right role, with a token of the right scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from policies.principals import ANONYMOUS, Duty, Membership, Principal, Role, Scope, State, may, recognized

# duty → the roles that may, and the scope a token needs
EXPECTED = {
    Duty.OWN_ACCOUNT: ({Role.REGISTERED, Role.PROVIDER, Role.ARCHIVIST, Role.ADMINISTRATOR}, "account"),
    Duty.DEPOSIT: ({Role.PROVIDER, Role.ARCHIVIST, Role.ADMINISTRATOR}, "deposit"),
    Duty.MANAGE_PEOPLE: ({Role.ADMINISTRATOR}, "administer"),
    Duty.MANAGE_POLICY: ({Role.ARCHIVIST, Role.ADMINISTRATOR}, "administer"),
    Duty.MANAGE_ARCHIVE: ({Role.ARCHIVIST, Role.ADMINISTRATOR}, "administer"),
    Duty.SEE_LOG: ({Role.ADMINISTRATOR}, "administer"),
}


def test_every_duty_is_in_the_table() -> None:
    """A new duty is decided on here before anybody may do it."""
    assert set(EXPECTED) == set(Duty)


@pytest.mark.parametrize("duty", Duty)
@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_duties(duty: Duty, role: Role) -> None:
    """In a session or with the right token, as an active account, and not otherwise."""
    roles, scope = EXPECTED[duty]
    person = Principal("p1", role)
    allowed = role in roles
    assert may(person, duty) is allowed
    assert may(replace(person, scopes=frozenset({scope})), duty) is allowed
    assert not may(replace(person, scopes=frozenset(set(Scope) - {scope})), duty)
    assert not may(replace(person, identifier=""), duty)
    for state in (State.PENDING, State.DISABLED, State.EXPIRED):
        assert not may(replace(person, state=state), duty)


def test_an_unknown_duty_is_denied() -> None:
    """What nobody wrote down nobody may do."""
    assert not may(Principal("a", Role.ADMINISTRATOR), cast("Any", "rule the world"))


def test_a_stranger_is_not_recognized() -> None:
    """Without an account there is nobody to recognize."""
    assert not recognized(ANONYMOUS, Scope.READ)


def test_a_membership_ends_on_its_day() -> None:
    """It holds until the microsecond before its end."""
    end = datetime(2026, 1, 1, tzinfo=UTC)
    assert Membership("g").holds(end)
    assert Membership("g", end).holds(end - timedelta(microseconds=1))
    assert not Membership("g", end).holds(end)

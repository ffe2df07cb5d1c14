"""The words of access as people, files and programs know them, and values that nobody changes in place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from policies import access, embargo, principals
from policies.access import Action, Decision, Principal, Step
from policies.embargo import Basis, ObservationRequest, Periods, Release, Unit, Visit, Waiver
from policies.principals import Duty, Membership, Role, Scope, State

WORDS: dict[type[StrEnum], list[str]] = {
    Role: ["anonymous", "registered", "provider", "archivist", "administrator"],
    State: ["active", "pending", "disabled", "expired"],
    Scope: ["read", "download", "deposit", "account", "administer"],
    Duty: [
        "care for one's own account",
        "deliver data",
        "manage people and groups",
        "manage policies and embargoes",
        "manage the archive",
        "see the log of security events",
    ],
    Action: ["see", "read metadata", "download"],
    Step: [
        "",
        "log in",
        "ask for an access code",
        "ask the owner of the observation request",
        "ask the archive",
    ],
    Unit: ["months", "days"],
    Basis: [
        "the owner's waiver",
        "the completion of the last visit",
        "the completion of the first visit",
        "no date that is known",
    ],
}
VALUES = [
    kind
    for module in (access, embargo, principals)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_words_stay_what_they_are(kind: type[StrEnum]) -> None:
    """Databases, tokens and answers hold these words; another word would be another meaning."""
    assert [str(word) for word in kind] == WORDS[kind]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_values_cannot_be_changed(kind: type) -> None:
    """What a decision was made about stays as it was: no field can be set, and none can be added."""
    value: object = object.__new__(kind)
    assert not hasattr(value, "__dict__")
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(kind)[0].name, None)


def test_whoever_nothing_is_said_of_is_a_stranger() -> None:
    """Every default is the one with the fewest rights, but for limits that only a token has."""
    assert Principal() == Principal(
        identifier="",
        role=Role.ANONYMOUS,
        state=State.ACTIVE,
        groups=(),
        requests=frozenset(),
        delegated=frozenset(),
        agreements=frozenset(),
        code_until=None,
        code_confirmed=False,
        scopes=None,
    )
    assert Principal() == principals.ANONYMOUS
    assert Membership("g") == Membership("g", until=None)


def test_what_nothing_is_said_of_is_not_released() -> None:
    """Defaults of dates are no dates; those of a decision are what is shown of a closed door."""
    assert Visit("v") == Visit("v", completed_at=None)
    assert Periods() == Periods(after_last=None, after_first=None)
    assert embargo.EmbargoRule(Periods()) == embargo.EmbargoRule(Periods(), from_headers=False)
    assert ObservationRequest("r") == ObservationRequest(
        "r", visits=(), waiver=None, headers=Periods(), fault=""
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert Waiver(at, "pi") == Waiver(at, "pi", reason="")
    assert Decision(False, "why", "hidden") == Decision(
        allowed=False,
        reason="why",
        metadata="hidden",
        release_at=None,
        remedy="",
        policy="",
        grant=None,
        word="closed",
        step=Step.NONE,
        release=None,
    )
    assert Release(None, Basis.NOTHING) != Release(at, Basis.NOTHING)

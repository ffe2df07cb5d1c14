"""What a decision tells besides yes and no, to the word: pages, letters and programs rely on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from policies.access import (
    ANONYMOUS,
    AccessObject,
    AccessWords,
    Action,
    Decision,
    Grant,
    Membership,
    Principal,
    Role,
    Step,
    decide,
)
from policies.embargo import (
    Basis,
    EmbargoRule,
    ObservationRequest,
    Period,
    Periods,
    Release,
    Unit,
    Visit,
    periods_of,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
TO_WHOM = {
    "open": "open to all",
    "email-code": "open to holders of an access code",
    "account": "open to registered users only",
    "group": "open to members of its groups only",
    "embargo": "open to the owners of the observation request only",
    "closed": "closed",
}
USER = Principal("u1", Role.REGISTERED)
ADMINISTRATOR = Principal("a1", Role.ADMINISTRATOR)


def target(data: str, policy: str = "p", **more: object) -> AccessObject:
    """Return an object with a public description under this word."""
    return AccessObject("m/n", AccessWords("public", data, policy, "m", "because", **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("word", TO_WHOM)
def test_a_refusal_names_word_policy_and_reason(word: str) -> None:
    """Whoever is refused reads to whom the data are open, under which policy, and why."""
    for policy, named in (("p", "p"), ("", "unnamed")):
        stranger = decide(ANONYMOUS, Action.DOWNLOAD, target(word, policy), NOW)
        if word == "open":
            assert stranger.reason == f"open to all by policy {named}: because"
        else:
            assert stranger.reason == f"its data are {TO_WHOM[word]} by policy {named}: because"
        assert (stranger.policy, stranger.word) == (policy, word)


def test_a_grant_tells_by_what_right() -> None:
    """Who is let in reads the same words, and the release that let him in."""
    rule = EmbargoRule(Periods(Period(12, Unit.MONTHS), None))
    done = ObservationRequest("r", (Visit("v", datetime(2025, 1, 1, tzinfo=UTC)),))
    freed = replace(target("embargo", rule=rule), request=done)
    decision = decide(ANONYMOUS, Action.DOWNLOAD, freed, NOW)
    assert decision == Decision(
        True,
        "open to all by policy p: because",
        "public",
        policy="p",
        grant=decision.grant,
        word="open",
        release=Release(datetime(2026, 1, 1, tzinfo=UTC), Basis.LAST_VISIT),
    )
    assert isinstance(decision.grant, Grant)
    early = decide(ANONYMOUS, Action.DOWNLOAD, freed, datetime(2025, 6, 1, tzinfo=UTC))
    assert early.release == decision.release
    assert early.remedy == "wait until then, or log in"


def test_the_staff_are_let_in_as_staff() -> None:
    """The grant of staff names no word of the policy, for none was asked."""
    decision = decide(ADMINISTRATOR, Action.DOWNLOAD, target("closed"), NOW)
    assert decision == Decision(True, "the archive's staff may", "public", policy="p", grant=decision.grant)
    assert isinstance(decision.grant, Grant)


def test_a_seal_is_neither_shown_nor_forged() -> None:
    """What proves a grant stands in no log, and a grant made by hand says who makes them."""
    grant = decide(ANONYMOUS, Action.SEE, target("open"), NOW).grant
    assert grant is not None
    assert "seal" not in repr(grant)
    with pytest.raises(TypeError, match=r"^a Grant is made by decide\(\) only, for what it decided$"):
        replace(grant, at=LATER)


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [("read", [True, True, False]), ("download", [False, False, True]), ("account", [False] * 3)],
)
def test_a_token_may_what_it_was_made_for(scope: str, allowed: list[bool]) -> None:
    """A token for reading downloads nothing, one for downloads tells nothing of what is hidden."""
    token = replace(ADMINISTRATOR, scopes=frozenset({scope}))
    hidden = AccessObject("m/n", AccessWords("hidden", "closed", "p", "m", "because"))
    assert [decide(token, action, hidden, NOW).allowed for action in Action] == allowed


def test_only_the_groups_that_are_named_count() -> None:
    """A member of another group is none of these."""
    of_team = target("group", groups=("team",))
    for group, allowed in (("team", True), ("other", False)):
        who = replace(USER, groups=(Membership(group),))
        assert decide(who, Action.DOWNLOAD, of_team, NOW).allowed is allowed


def test_an_embargo_without_a_request_belongs_to_nobody() -> None:
    """The description stays public, and even an owner of something is told to ask."""
    owner = replace(USER, requests=frozenset({"r", ""}))
    decision = decide(owner, Action.DOWNLOAD, target("embargo"), NOW)
    assert (decision.allowed, decision.metadata, decision.step) == (False, "public", Step.OWNER)


def test_an_owner_is_one_under_an_embargo_only() -> None:
    """Owning a request opens no data that are closed for another reason."""
    owner = replace(USER, requests=frozenset({"r"}))
    closed = replace(target("closed"), request=ObservationRequest("r"))
    assert not decide(owner, Action.DOWNLOAD, closed, NOW).allowed


def test_a_completion_without_a_zone_is_no_moment() -> None:
    """A visit whose completion could be on either of two days is not taken, and says which it is."""
    with pytest.raises(ValueError, match=r"^the completion of visit V1 has no time zone$"):
        Visit("V1", datetime(2026, 1, 1))  # noqa: DTZ001 - that is the fault


def test_a_period_reads_as_it_is_written() -> None:
    """Pages show a period as policies write it."""
    assert [str(Period(12, Unit.MONTHS)), str(Period(365, Unit.DAYS))] == ["12 months", "365 days"]


def test_what_headers_leave_out_the_policy_gives() -> None:
    """Each period comes from the headers, or from the policy where they have none."""
    own, given = Periods(Period(1, Unit.DAYS), Period(2, Unit.DAYS)), Period(9, Unit.DAYS)
    rule = EmbargoRule(own, from_headers=True)
    for headers, expected in (
        (Periods(), own),
        (Periods(given, None), Periods(given, own.after_first)),
        (Periods(None, given), Periods(own.after_last, given)),
    ):
        assert periods_of(ObservationRequest("r", headers=headers), rule) == expected


@pytest.mark.parametrize(
    ("action", "what"),
    [(Action.SEE, "its name is shown"), (Action.READ_METADATA, "its description is shown")],
)
def test_what_is_shown_of_closed_data_is_named(action: Action, what: str) -> None:
    """Whoever may look but not take reads what is shown, not that the data were open."""
    decision = decide(ANONYMOUS, action, target("closed"), NOW)
    assert decision.allowed
    assert decision.reason == f"{what} by policy p: because"

"""Who gets what under each data word, by identifiers, dates, codes, groups and requests."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from policies.access import (
    ANONYMOUS,
    AccessObject,
    AccessWords,
    Action,
    Decision,
    Exemption,
    Membership,
    Principal,
    Role,
    State,
    Step,
    decide,
)
from policies.embargo import Basis, EmbargoRule, ObservationRequest, Period, Periods, Release, Unit, Visit

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
LATER = NOW + timedelta(days=100)
RULE = EmbargoRule(Periods(after_last=Period(12, Unit.MONTHS)))
REQUEST = ObservationRequest("m:1", (Visit("v1", datetime(2026, 1, 15, tzinfo=UTC)),))
RELEASE = datetime(2027, 1, 15, tzinfo=UTC)

USER = Principal("u", Role.REGISTERED)
WHO: dict[str, Principal] = {
    "stranger": ANONYMOUS,
    "code": Principal(code_until=NOW + TICK),
    "old code": Principal(code_until=NOW),
    "user": USER,
    "user, code": replace(USER, code_until=LATER),
    "user, confirmed": replace(USER, code_confirmed=True),
    "provider": Principal("p", Role.PROVIDER, agreements=frozenset({"a"})),
    "member": replace(USER, groups=(Membership("other"), Membership("g", NOW + TICK))),
    "member, confirmed": replace(USER, groups=(Membership("g"),), code_confirmed=True),
    "was member": replace(USER, groups=(Membership("g", NOW),)),
    "owner": replace(USER, requests=frozenset({"m:1"})),
    "owner, confirmed": replace(USER, requests=frozenset({"m:1"}), code_confirmed=True),
    "delegate": replace(USER, delegated=frozenset({"m:1"})),
    "other owner": replace(USER, requests=frozenset({"m:11"}), delegated=frozenset({"m:2"})),
    "token to read": replace(USER, requests=frozenset({"m:1"}), scopes=frozenset({"read"})),
    "token to download": replace(USER, requests=frozenset({"m:1"}), scopes=frozenset({"download"})),
    "disabled owner": replace(USER, state=State.DISABLED, requests=frozenset({"m:1"}), code_confirmed=True),
    "pending member": replace(USER, state=State.PENDING, groups=(Membership("g"),)),
    "disabled, code": Principal("d", Role.REGISTERED, State.DISABLED, code_until=LATER),
    "nameless owner": Principal(role=Role.REGISTERED, requests=frozenset({"m:1"})),
    "archivist": Principal("a", Role.ARCHIVIST),
    "archivist, token to read": Principal("a", Role.ARCHIVIST, scopes=frozenset({"read"})),
}
OWNERS = {"owner", "owner, confirmed", "delegate", "token to download"}
CODES = {"code", "user, code", "user, confirmed", "disabled, code", "owner, confirmed", "member, confirmed"}
USERS = {"user", "user, code", "user, confirmed", "member", "member, confirmed", "was member"} | {
    "owner", "owner, confirmed", "delegate", "other owner", "token to download",
}  # fmt: skip

# the words → who downloads besides the archivist
ADMITS: dict[str, tuple[AccessWords, set[str]]] = {
    "open": (AccessWords("public", "open"), set(WHO)),
    "email-code": (AccessWords("public", "email-code"), CODES),
    "account": (AccessWords("public", "account"), USERS),
    "account and code": (
        AccessWords("public", "account", code=True),
        {"user, confirmed", "member, confirmed", "owner, confirmed"},
    ),
    "group": (AccessWords("public", "group", groups=("x", "g")), {"member", "member, confirmed"}),
    "group and code": (AccessWords("public", "group", groups=("g",), code=True), {"member, confirmed"}),
    "embargo": (AccessWords("public", "embargo", rule=RULE), OWNERS),
    "embargo and code": (AccessWords("public", "embargo", rule=RULE, code=True), {"owner, confirmed"}),
    "closed": (AccessWords("public", "closed"), set()),
    "closed until later": (AccessWords("public", "closed", opens=NOW + TICK), set()),
    "closed until now": (AccessWords("public", "closed", opens=NOW), set(WHO)),
    "then a code": (AccessWords("public", "closed", opens=NOW, then="email-code"), CODES),
    "then an account": (AccessWords("public", "group", groups=("g",), opens=NOW, then="account"), USERS),
    "group in a coded mission": (
        AccessWords("public", "group", groups=("g",), above=AccessWords("public", "email-code")),
        {"member", "member, confirmed"},
    ),
    "account in a coded mission": (
        AccessWords("public", "account", above=AccessWords("public", "email-code")),
        {"user, code", "user, confirmed", "owner, confirmed", "member, confirmed"},
    ),
    "open below a group": (
        AccessWords("public", "open", above=AccessWords("public", "group", groups=("g",))),
        {"member", "member, confirmed"},
    ),
    "open below a padlock": (
        AccessWords("public", "open", above=AccessWords("listed", "group", groups=("g",))),
        {"member", "member, confirmed"},
    ),
}


def target(words: AccessWords, **more: Any) -> AccessObject:
    """An AIP of the request under these words."""
    return AccessObject("m/n", words, "m.1", **{"request": REQUEST, **more})


@pytest.mark.parametrize("name", ADMITS)
def test_each_word_admits_whom_it_names(name: str) -> None:
    """Everybody else is refused, and the archivist never, unless his token says less."""
    words, expected = ADMITS[name]
    got = {who for who in WHO if decide(WHO[who], Action.DOWNLOAD, target(words), NOW).allowed}
    open_to_all = {"archivist, token to read"} & expected
    assert got == expected | {"archivist"} | open_to_all


SPOKEN = AccessWords("public", "open", "p", "m", above=AccessWords("listed", "group", groups=("g",)))
OTHER: dict[str, Any] = {
    "metadata": "listed", "data": "account", "policy": "q", "reason": "so", "opens": LATER, "contact": "me",
    "then": "closed", "groups": ("g",), "rule": RULE, "code": True, "metadata_opens": LATER,
    "exemptions": (Exemption("free"),), "above": None,
}  # fmt: skip
"""Another value of each of the words but the node that set them."""


@pytest.mark.parametrize("name", ADMITS)
def test_words_that_say_the_same_decide_the_same_of_every_place(name: str) -> None:
    """Neither the place nor the nodes that set the words change an answer, so one decision stands for all."""
    words, _ = ADMITS[name]
    set_elsewhere = replace(words, node="m/x", above=words.above and replace(words.above, node="m"))

    assert set_elsewhere.saying() == words.saying()
    for who, action in product(WHO.values(), Action):
        here, there = (
            decide(who, action, AccessObject(path, said), NOW)
            for path, said in (("m/n", words), ("m/x/y", set_elsewhere))
        )
        assert replace(here, grant=None) == replace(there, grant=None)
        assert (here.grant is None) is (there.grant is None)


@pytest.mark.parametrize("word", [item.name for item in fields(AccessWords) if item.name != "node"])
def test_one_other_word_says_something_else(word: str) -> None:
    """Whatever is said otherwise, in a policy or in one above it, is never taken for the same."""
    assert SPOKEN.above is not None
    said_above = replace(SPOKEN, above=replace(SPOKEN.above, **{word: _other_than(SPOKEN.above, word)}))
    said = [SPOKEN, replace(SPOKEN, **{word: _other_than(SPOKEN, word)}), said_above]
    assert len({words.saying() for words in said}) == 3


def _other_than(words: AccessWords, word: str) -> Any:
    if word == "above" and words.above is None:
        return AccessWords("public", "open")
    return OTHER[word] if getattr(words, word) != OTHER[word] else {"metadata": "hidden", "groups": ()}[word]


@pytest.mark.parametrize("metadata", ["listed", "hidden"])
def test_members_see_what_is_behind_the_padlock(metadata: str) -> None:
    """Who belongs to a group sees and reads what others do not know of, as long as he belongs."""
    words = AccessWords(metadata, "group", groups=("g",))
    shown = {who: decide(WHO[who], Action.READ_METADATA, target(words), NOW).allowed for who in WHO}
    readers = {"member", "member, confirmed", "archivist", "archivist, token to read"}
    assert {who for who, reads in shown.items() if reads} == readers
    seen = decide(ANONYMOUS, Action.SEE, target(words), NOW)
    assert seen.allowed is (metadata == "listed")


def test_metadata_open_on_their_own_day() -> None:
    """The description becomes public on its day, the data stay as they are."""
    words = AccessWords("hidden", "closed", metadata_opens=NOW)
    before = decide(ANONYMOUS, Action.SEE, target(words), NOW - TICK)
    after = decide(ANONYMOUS, Action.DOWNLOAD, target(words), NOW)
    assert (before.metadata, after.metadata, after.allowed) == ("hidden", "public", False)
    assert decide(ANONYMOUS, Action.READ_METADATA, target(words), NOW).allowed


def test_an_exception_needs_all_its_conditions() -> None:
    """Kind, level and each value: one that differs and the policy's own word holds."""
    exemption = Exemption(
        "free", kinds=("report",), levels=("L1", "L2"), values={"a": ("1", "2"), "b": ("x",)}
    )
    words = AccessWords("public", "closed", opens=LATER, exemptions=(exemption,))
    facts: dict[str, Any] = {"kind": "report", "level": "L2", "values": {"a": 1, "b": "x", "c": 3}}
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target(words, **facts), NOW)
    assert decision.allowed
    assert "free" in decision.reason
    for other in ({"kind": "science"}, {"level": "L3"}, {"values": {"a": 3, "b": "x"}}, {"values": {"a": 1}}):
        assert not decide(ANONYMOUS, Action.DOWNLOAD, target(words, **{**facts, **other}), NOW).allowed


def test_an_exception_may_ask_for_an_account() -> None:
    """The excepted word does not end with the policy's own, for it has no end."""
    exemption = Exemption("early", data="account", kinds=("report",))
    words = AccessWords("public", "closed", opens=NOW, then="open", exemptions=(exemption,))
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target(words, kind="report"), NOW)
    assert (decision.allowed, decision.word, decision.step) == (False, "account", Step.LOG_IN)


def test_withdrawn_data_are_described_and_not_handed_out() -> None:
    """Only the archive's staff still has them."""
    words = AccessWords("public", "open", contact="x@example.org")
    gone = target(words, withdrawn=True)
    refused = decide(USER, Action.DOWNLOAD, gone, NOW)
    assert (refused.allowed, refused.metadata, refused.remedy) == (False, "public", "ask x@example.org")
    assert refused.reason == "its data were withdrawn"
    assert decide(USER, Action.READ_METADATA, gone, NOW).allowed
    assert decide(WHO["archivist"], Action.DOWNLOAD, gone, NOW).allowed


# word, who → what may help
STEPS = [
    ("email-code", "stranger", Step.CODE),
    ("email-code", "user", Step.CODE),
    ("account", "stranger", Step.LOG_IN),
    ("account", "provider", Step.CONTACT),
    ("account and code", "user", Step.CODE),
    ("group", "stranger", Step.LOG_IN),
    ("group", "user", Step.CONTACT),
    ("group and code", "member", Step.CODE),
    ("embargo", "stranger", Step.LOG_IN),
    ("embargo", "other owner", Step.OWNER),
    ("embargo and code", "owner", Step.CODE),
    ("closed", "stranger", Step.CONTACT),
    ("closed", "user", Step.CONTACT),
]


@pytest.mark.parametrize(("name", "who", "step"), STEPS)
def test_a_refusal_says_what_would_help(name: str, who: str, step: Step) -> None:
    """To log in, to ask for a code, the owner or the archive: as a word for programs and in a sentence."""
    decision = decide(WHO[who], Action.DOWNLOAD, target(ADMITS[name][0]), NOW)
    asked = "ask the archive for access" if step is Step.CONTACT else str(step)
    assert decision.step is step
    assert decision.remedy.endswith(asked)
    assert decision.remedy.startswith("wait until then, or ") is (decision.release_at is not None)


def test_a_decision_about_an_embargo_says_from_what_it_comes() -> None:
    """Word, policy, release and its basis are in the answer, for pages to show."""
    words = AccessWords("public", "embargo", "mine", "m", "private to its owners", rule=RULE)
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target(words), NOW)
    assert replace(decision, grant=None) == Decision(
        allowed=False,
        reason="its data are open to the owners of the observation request only until "
        "2027-01-15 00:00:00 UTC by policy mine: private to its owners",
        metadata="public",
        release_at=RELEASE,
        remedy="wait until then, or log in",
        policy="mine",
        word="embargo",
        step=Step.LOG_IN,
        release=Release(RELEASE, Basis.LAST_VISIT),
    )
    granted = decide(ANONYMOUS, Action.DOWNLOAD, target(words), RELEASE)
    assert (granted.word, granted.reason) == ("open", "open to all by policy mine: private to its owners")


def test_of_several_bars_the_last_to_fall_is_told() -> None:
    """An earlier day would promise too much."""
    above = AccessWords("public", "closed", "above", opens=LATER)
    words = AccessWords("public", "embargo", "own", rule=RULE, above=above)
    assert decide(ANONYMOUS, Action.DOWNLOAD, target(words), NOW).policy == "own"
    never = replace(words, above=replace(above, opens=None))
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target(never), NOW)
    assert (decision.policy, decision.release_at) == ("above", None)


def test_a_description_that_is_closed_says_so() -> None:
    """Behind a padlock the reason speaks of the description, and tells no day."""
    words = AccessWords("listed", "closed", "lock", opens=LATER)
    decision = decide(ANONYMOUS, Action.READ_METADATA, target(words), NOW)
    assert decision.reason == "its description is closed by policy lock: no policy names it"
    assert (decision.metadata, decision.release_at) == ("listed", None)

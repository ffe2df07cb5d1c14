"""The one decision, and the rules it is made from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from policies.access import (
    ANONYMOUS,
    AccessObject,
    AccessWords,
    Action,
    Decision,
    Grant,
    Principal,
    Role,
    State,
    decide,
)
from policies.access_rules import AccessPolicy, NodeAccess
from policies.access_yaml import parse_access
from policies.yaml import Fault

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
EARLIER = datetime(2025, 1, 1, tzinfo=UTC)

STRANGERS = {
    "anonymous": ANONYMOUS,
    "registered": Principal("u1", Role.REGISTERED),
    "provider": Principal("p1", Role.PROVIDER),
    "disabled archivist": Principal("a1", Role.ARCHIVIST, State.DISABLED),
    "expired administrator": Principal("a2", Role.ADMINISTRATOR, State.EXPIRED),
    "archivist without an identifier": Principal("", Role.ARCHIVIST),
}
STAFF = {"archivist": Principal("a1", Role.ARCHIVIST), "administrator": Principal("a2", Role.ADMINISTRATOR)}

# metadata, data, opens → may a stranger see, read, download
TABLE = [
    ("public", "open", None, (True, True, True)),
    ("public", "closed", None, (True, True, False)),
    ("public", "closed", LATER, (True, True, False)),
    ("public", "closed", NOW, (True, True, True)),
    ("public", "closed", EARLIER, (True, True, True)),
    ("listed", "closed", None, (True, False, False)),
    ("listed", "closed", EARLIER, (True, False, False)),
    ("listed", "open", None, (True, False, False)),
    ("hidden", "closed", None, (False, False, False)),
    ("hidden", "open", EARLIER, (False, False, False)),
    ("PUBLIC", "open", None, (False, False, False)),
    ("public", "opened", None, (True, True, False)),
    ("", "", None, (False, False, False)),
]
ACTIONS = (Action.SEE, Action.READ_METADATA, Action.DOWNLOAD)


def target(metadata: str, data: str, opens: datetime | None) -> AccessObject:
    """Return an object under these words."""
    return AccessObject(
        "m/n", AccessWords(metadata, data, "p", "m", "because", opens, "x@example.org"), "m.1"
    )


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize(("metadata", "data", "opens", "expected"), TABLE)
def test_strangers(
    who: str, metadata: str, data: str, opens: datetime | None, expected: tuple[bool, bool, bool]
) -> None:
    """Nobody but active staff gets more than the words say, and a grant comes with a yes only."""
    for action, allowed in zip(ACTIONS, expected, strict=True):
        decision = decide(STRANGERS[who], action, target(metadata, data, opens), NOW)
        assert decision.allowed is allowed, (action, decision)
        assert (decision.grant is not None) is allowed


@pytest.mark.parametrize("who", STAFF)
@pytest.mark.parametrize(("metadata", "data", "opens", "_expected"), TABLE)
def test_staff(who: str, metadata: str, data: str, opens: datetime | None, _expected: object) -> None:
    """Active archivists and administrators may do all."""
    assert all(decide(STAFF[who], action, target(metadata, data, opens), NOW).allowed for action in ACTIONS)


def test_a_refusal_says_why_until_when_and_what_to_do() -> None:
    """A closed set tells its reason, the day it opens and whom to ask."""
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target("public", "closed", LATER), NOW)
    assert decision.release_at == LATER
    assert "because" in decision.reason
    assert "2027-01-01" in decision.reason
    assert "x@example.org" in decision.remedy


def test_what_is_hidden_answers_like_what_does_not_exist() -> None:
    """Nothing of a hidden object's words shows in the decision."""
    hidden = decide(ANONYMOUS, Action.DOWNLOAD, target("hidden", "closed", LATER), NOW)
    unknown = decide(ANONYMOUS, Action.DOWNLOAD, AccessObject("nowhere"), NOW)
    assert hidden == unknown


def test_the_day_of_opening_is_not_told_where_only_the_name_is_shown() -> None:
    """A padlock shows a name and no dates."""
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target("listed", "closed", LATER), NOW)
    assert decision.release_at is None


@pytest.mark.parametrize(
    "broken",
    [
        (None, Action.SEE, target("public", "open", None), NOW),
        (ANONYMOUS, "delete everything", target("public", "open", None), NOW),
        (ANONYMOUS, Action.SEE, None, NOW),
        (ANONYMOUS, Action.DOWNLOAD, target("public", "closed", EARLIER), NOW.replace(tzinfo=None)),
        (ANONYMOUS, Action.SEE, AccessObject("m", cast("Any", None)), NOW),
    ],
)
def test_an_exception_is_a_refusal(broken: tuple[Any, Any, Any, Any]) -> None:
    """Nonsense in any place denies and raises nothing."""
    assert decide(*broken).allowed is False


def test_nobody_else_makes_a_grant() -> None:
    """A Grant cannot be made by hand, nor turned into one for something else."""
    good = decide(ANONYMOUS, Action.SEE, target("public", "open", None), NOW).grant
    assert good is not None
    with pytest.raises(TypeError):
        Grant(ANONYMOUS, Action.DOWNLOAD, good.target, NOW, cast("Any", object()))
    with pytest.raises(TypeError):
        replace(good, action=Action.DOWNLOAD)


def test_the_default_is_no() -> None:
    """Words that nobody gave hide and close."""
    assert decide(ANONYMOUS, Action.SEE, AccessObject("x"), NOW) == Decision(
        False, "there is no such object", "hidden"
    )


RULES = """
policies:
  open: {metadata: public, data: open, reason: free}
  kept: {metadata: public, data: closed, reason: kept, opens: 2026-01-01}
  padlock: {metadata: listed, data: closed, reason: private}
  strict: {metadata: listed, data: closed, reason: private for good}
nodes:
  - {node: m/n1, policy: padlock}
  - {node: m/n1/set, policy: strict}
  - {node: m/n1/free, policy: open, override: the community asked for it}
  - {node: m/n2, policy: kept}
"""


def test_children_inherit_and_are_only_stricter() -> None:
    """What stands above a node must allow as well, unless an override says why not."""
    access = parse_access(RULES, "access.yaml", [])
    assert access is not None
    access = AccessPolicy(access.policies, access.nodes, {"m": "open"})
    places = ("m", "m/n0/x", "m/n1/y", "m/n1/set/z", "m/n1/free/z", "m/n2/x")
    shown = {
        path: [
            decide(ANONYMOUS, action, AccessObject(path, access.for_node(path)), NOW).allowed
            for action in ACTIONS
        ]
        for path in places
    }
    assert shown == {
        "m": [True, True, True],
        "m/n0/x": [True, True, True],
        "m/n1/y": [True, False, False],
        "m/n1/set/z": [True, False, False],
        "m/n1/free/z": [True, True, True],
        "m/n2/x": [True, True, True],
    }
    assert access.for_node("other") == AccessWords(node="other")


def test_a_word_below_never_opens_what_is_closed_above() -> None:
    """A set whose own day has come stays closed while the node above it is."""
    access = AccessPolicy(
        {
            "kept": AccessWords("public", "closed", "kept", opens=LATER),
            "free": AccessWords("public", "closed", "free", opens=EARLIER),
        },
        [NodeAccess("m/n1", "kept"), NodeAccess("m/n1/set", "free")],
    )
    target = AccessObject("m/n1/set", access.for_node("m/n1/set"))
    decision = decide(ANONYMOUS, Action.DOWNLOAD, target, NOW)
    assert (decision.allowed, decision.policy, decision.release_at) == (False, "", None)


def test_a_node_and_the_whole_archive_open_on_their_day() -> None:
    """Before its day there is nothing to see; from then on the node's own policy holds."""
    text = """
opening: {opens: 2026-06-01, until_then: account}
policies:
  open: {metadata: public, data: open, reason: free}
nodes:
  - {node: m/n1, opening: {opens: 2026-07-01}}
"""
    access = parse_access(text, "access.yaml", [])
    assert access is not None
    access = AccessPolicy(access.policies, access.nodes, {"m": "open"}, access.opening)
    user = Principal("u1", Role.REGISTERED)

    def seen(who: Principal, path: str, at: datetime) -> bool:
        return decide(who, Action.DOWNLOAD, AccessObject(path, access.for_node(path)), at).allowed

    eve, july = NOW - timedelta(microseconds=1), datetime(2026, 7, 1, tzinfo=UTC)
    assert [seen(ANONYMOUS, "m/n0", at) for at in (eve, NOW)] == [False, True]
    assert [seen(user, "m/n0", at) for at in (eve, NOW)] == [True, True]
    assert [seen(user, "m/n1/x", at) for at in (eve, NOW, july - timedelta(seconds=1), july)] == [
        False,
        False,
        False,
        True,
    ]
    assert decide(ANONYMOUS, Action.SEE, AccessObject("m", access.for_node("m")), eve).metadata == "hidden"


BAD_RULES = {
    "misspelt word": ("policies:\n  a: {metadata: pubic, data: open, reason: x}\n", 2, "mean 'public'"),
    "misspelt name": ("policies:\n  a: {metadata: public, dat: open, reason: x}\n", 2, "'dat'"),
    "missing word": ("policies:\n  a: {metadata: public, reason: x}\n", 2, "no 'data'"),
    "nothing": ("policies:\n  a: {metadata: ~, data: open, reason: x}\n", 2, "nothing"),
    "list for a map": ("policies:\n  - a\n", 2, "a list"),
    "unknown policy": (
        "policies:\n  a: {metadata: public, data: open, reason: x}\nnodes:\n  - {node: m, policy: b}\n",
        4,
        "'b'",
    ),
    "day that is none": (
        "policies:\n  a: {metadata: public, data: closed, reason: x, opens: 2026-02-30}\n", 2, "exists",
    ),
    "number for a day": (
        "policies:\n  a: {metadata: public, data: closed, reason: x, opens: 010}\n", 2, "'010'",
    ),
    "open but hidden": ("policies:\n  a: {metadata: hidden, data: open, reason: x}\n", 2, "hidden"),
    "open, yet opening": (
        "policies:\n  a: {metadata: public, data: open, reason: x, opens: 2027-01-01}\n", 2, "'opens'",
    ),
    "acces": ("acces:\n  a: 1\n", 1, "'acces'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_RULES)
def test_a_faulty_rule_is_refused_with_its_line(name: str) -> None:
    """What is misspelt, missing or contradictory is a fault; nothing becomes public by default."""
    text, line, words = BAD_RULES[name]
    faults: list[Fault] = []
    assert parse_access(text, "access.yaml", faults) is None
    assert any(fault.line == line and words in str(fault) for fault in faults), [str(f) for f in faults]


def test_an_object_is_a_value() -> None:
    """Words can be replaced, never changed in place."""
    words = AccessWords()
    with pytest.raises(AttributeError):
        words.data = "open"  # type: ignore[misc]
    assert replace(words, data="open").data == "open"

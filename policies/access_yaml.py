"""``access.yaml`` read: the schema of policies, nodes and openings, and what does not go together.

Every fault is noted with its line, what was expected and what to do; one fault and nothing is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from oais.information.description import KINDS
from policies.access_rules import AccessPolicy, NodeAccess, Opening
from policies.embargo import EmbargoRule, Period, Periods, Unit
from policies.schema import Faults, Field, boolean, date, list_of, map_of, one_of, record, text
from policies.words import DATA_WORDS, METADATA_WORDS, AccessWords, Exemption
from policies.yaml import Fault, Scalar, Sequence, Table, Value, described, parse_strict_yaml

_THEN: Final = DATA_WORDS[:3]
"""The words that may follow when a stricter one ends."""

_GOES_WITH: Final = {
    "opens": ("closed",),
    "until": ("email-code", "account", "group"),
    "groups": ("group",),
    "rule": ("embargo",),
    "code": ("account", "group", "embargo"),
    "then": DATA_WORDS[1:],
    "exceptions": DATA_WORDS[1:],
}
"""Which data words each further name may stand beside."""

_NEEDED: Final = {"group": "groups", "embargo": "rule"}
_LONGEST_PERIOD: Final = {Unit.MONTHS: 1200, Unit.DAYS: 36525}


def parse_access(data: str | bytes, source: str, faults: list[Fault]) -> AccessPolicy | None:
    """Read ``access.yaml`` from its text, noting every fault; None when there is one."""
    table, found = parse_strict_yaml(data, source)
    faults.extend(found)
    if table is None:
        return None
    before = len(faults)
    notes = Faults(source, faults)
    access = _ACCESS(table, notes)
    _check_names(table, notes)
    return None if found or len(faults) > before else access


def period(value: Value, faults: Faults) -> Period | None:
    """Read a length of time by the calendar: ``12 months`` or ``365 days``."""
    found = re.fullmatch(r"([1-9][0-9]{0,5}) (months|days)", value.text if isinstance(value, Scalar) else "")
    if found is None:
        faults.note(value.line, described(value), "a period", "write it like '12 months' or '365 days'")
        return None
    count, unit = int(found[1]), Unit(found[2])
    if count > _LONGEST_PERIOD[unit]:
        faults.note(value.line, found[0], f"at most {_LONGEST_PERIOD[unit]} {unit}")
        return None
    return Period(count, unit)


def _rule(
    after_last_visit: Period | None, after_first_visit: Period | None, from_headers: bool
) -> EmbargoRule:
    return EmbargoRule(Periods(after_last_visit, after_first_visit), from_headers)


def _embargo_rule(value: Value, faults: Faults) -> EmbargoRule | None:
    rule = _RULE(value, faults)
    if rule is not None and rule.periods == Periods():
        faults.note(value.line, "no period", "after_last_visit, after_first_visit, or both")
        return None
    return rule


def _exemption(value: Value, faults: Faults) -> Exemption | None:
    exemption = _EXEMPTION(value, faults)
    if exemption is not None and not (exemption.kinds or exemption.levels or exemption.values):
        faults.note(value.line, "an exception of everything", "kinds, levels or values that it is for")
        return None
    return exemption


_TEXT = text()
_TEXTS = list_of(_TEXT, or_one=True)
_RULE = record(
    _rule,
    {
        "after_last_visit": Field(period),
        "after_first_visit": Field(period),
        "from_headers": Field(boolean, default=False),
    },
)
_EXEMPTION = record(
    Exemption,
    {
        "reason": Field(text(), required=True),
        "data": Field(one_of(*_THEN), default="open"),
        "kinds": Field(list_of(one_of(*KINDS), or_one=True), default=()),
        "levels": Field(_TEXTS, default=()),
        "values": Field(
            map_of(_TEXTS, keys=r"[a-z][a-z0-9_]{0,40}", expected="the lower-case name of a value"),
            default={},
        ),
    },
)
_GROUP = text(pattern=r"[a-z0-9][a-z0-9-]{0,63}", expected="the identifier of a group")
_POLICY = record(
    dict[str, Any],
    {
        "metadata": Field(one_of(*METADATA_WORDS), required=True),
        "metadata_opens": Field(date),
        "data": Field(one_of(*DATA_WORDS), required=True),
        "opens": Field(date),
        "until": Field(date),
        "then": Field(one_of(*_THEN), default="open"),
        "groups": Field(list_of(_GROUP, or_one=True), default=()),
        "rule": Field(_embargo_rule),
        "code": Field(boolean, default=False),
        "exceptions": Field(list_of(_exemption), default=()),
        "reason": Field(_TEXT, required=True),
        "contact": Field(_TEXT, default=""),
    },
)
_OPENING = {
    "opens": Field(date, required=True),
    "until_then": Field(one_of("account", "closed"), default="closed"),
    "reason": Field(_TEXT, default="not opened yet"),
}
_NODE = record(
    dict[str, Any],
    {
        "node": Field(text(pattern=r"[a-z0-9._/-]+", expected="a node such as mission/level"), required=True),
        "policy": Field(_TEXT, default=""),
        "override": Field(text(longest=500), default=""),
        "opening": Field(record(Opening, _OPENING)),
    },
)


def _policy(value: Value, faults: Faults) -> AccessWords | None:
    before = len(faults.items)
    parts = _POLICY(value, faults)
    if parts is None or not isinstance(value, Table):
        return None
    _check_company(value, parts["data"], faults)
    _check_order(value, parts, faults)
    _check_shown(value, parts, faults)
    if len(faults.items) > before:
        return None
    until = parts.pop("until")
    return AccessWords(opens=parts.pop("opens") or until, exemptions=parts.pop("exceptions"), **parts)


def _check_company(value: Table, data: str, faults: Faults) -> None:
    """Note names that mean nothing beside this data word, and those that it needs."""
    for name, words in _GOES_WITH.items():
        if name in value.entries and data not in words:
            line = value.key_lines[name]
            faults.note(line, f"{name!r} beside 'data: {data}'", f"it beside {' or '.join(words)} only")
    needed = _NEEDED.get(data)
    if needed and needed not in value.entries:
        faults.note(value.line, f"'data: {data}' without {needed!r}", f"the line '{needed}: …'")
    if "then" in value.entries and not {"opens", "until", "rule"} & set(value.entries):
        faults.note(value.key_lines["then"], "'then' without an end", "'opens', 'until' or 'rule' as well")


def _check_order(value: Table, parts: dict[str, Any], faults: Faults) -> None:
    """Note what would follow, or be excepted, and yet is no looser than the word itself."""
    rank = DATA_WORDS.index(parts["data"])
    later = [("then", parts["then"])] if "then" in value.entries else []
    later += [("exceptions", item.data) for item in parts["exceptions"]]
    for name, word in later:
        if DATA_WORDS.index(word) >= rank:
            line = value.key_lines[name]
            faults.note(line, f"'{word}' in {name!r}", f"a word looser than {parts['data']!r}")


def _check_shown(value: Table, parts: dict[str, Any], faults: Faults) -> None:
    """Note data that would be given while their description is not public."""
    metadata, opens = parts["metadata"], parts["metadata_opens"]
    if metadata == "public":
        if opens is not None:
            faults.note(value.key_lines["metadata_opens"], "an opening day of public metadata", "no such day")
        return
    for reason, since in _openly_given(parts):
        if opens is None or since is None or since < opens:
            faults.note(
                value.line,
                f"{reason} with {metadata} metadata",
                "metadata that are public by then",
                "set 'metadata: public', or 'metadata_opens' no later than the data",
            )


def _openly_given(parts: dict[str, Any]) -> list[tuple[str, datetime | None]]:
    """Return what is given to people that nobody knows, and from when (None: from the start)."""
    found: list[tuple[str, datetime | None]] = []
    if parts["data"] in ("open", "email-code", "embargo"):
        found.append((f"{parts['data']} data", None))
    if parts["exceptions"]:
        found.append(("exceptions", None))
    end = parts["opens"] or parts["until"]
    if end is not None and parts["then"] in ("open", "email-code"):
        found.append((f"data that open on {end:%Y-%m-%d}", end))
    return found


def _node(value: Value, faults: Faults) -> NodeAccess | None:
    found = _NODE(value, faults)
    if found is None:
        return None
    if not (found["policy"] or found["opening"]):
        faults.note(value.line, f"node {found['node']!r} without a rule", "'policy', 'opening' or both")
    if found["override"] and not found["policy"]:
        faults.note(value.line, "'override' without a policy", "the policy that stands instead")
    return NodeAccess(**found, line=value.line)


def _access(
    policies: dict[str, AccessWords], nodes: tuple[NodeAccess, ...], opening: Opening | None
) -> AccessPolicy:
    named = {name: replace(words, policy=name) for name, words in policies.items()}
    return AccessPolicy(named, nodes, opening=opening)


_ACCESS = record(
    _access,
    {
        "opening": Field(record(Opening, _OPENING)),
        "policies": Field(
            map_of(_policy, keys=r"[a-z][a-z0-9-]{0,62}", expected="a name of lower-case letters"),
            required=True,
        ),
        "nodes": Field(list_of(_node), default=()),
    },
)


def _check_names(table: Table, faults: Faults) -> None:
    """Note each node that is named twice, and each policy that a node names and nobody defines."""
    policies, nodes = table.entries.get("policies"), table.entries.get("nodes")
    known = set(policies.entries) if isinstance(policies, Table) else set()
    seen: set[str] = set()
    for node in nodes.items if isinstance(nodes, Sequence) else ():
        entries = node.entries if isinstance(node, Table) else {}
        policy, path = entries.get("policy"), entries.get("node")
        if isinstance(policy, Scalar) and policy.text not in known:
            faults.note(policy.line, f"policy {policy.text!r}", f"one of {', '.join(sorted(known))}")
        if isinstance(path, Scalar):
            if path.text in seen:
                faults.note(path.line, f"a second rule for {path.text!r}", "one rule for each node")
            seen.add(path.text)

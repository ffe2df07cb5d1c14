"""``access.yaml``: named policies and the nodes they apply to; a child is never looser by accident.

A mission begins with the policy its agreement names. A node of the tree may be made stricter; looser only
with ``override`` and a reason. What no policy names is hidden and closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from policies.access import DATA_WORDS, METADATA_WORDS, AccessWords
from policies.schema import Faults, Field, date, list_of, map_of, one_of, record, text
from policies.terms import Agreement
from policies.yaml import Fault, Scalar, Sequence, Table, Value, parse_strict_yaml


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """What ``access.yaml`` says of one node; ``override`` is the reason why it may be looser."""

    node: str
    policy: str
    override: str
    line: int = 0


class AccessPolicy:
    """The access rules in force: asked for a node, they answer with its words."""

    def __init__(
        self,
        policies: Mapping[str, AccessWords],
        nodes: Iterable[NodeAccess],
        missions: Mapping[str, str] | None = None,
    ) -> None:
        self.policies = dict(policies)
        self._nodes = {node.node: node for node in nodes}
        self._missions = dict(missions or {})

    @property
    def nodes(self) -> tuple[NodeAccess, ...]:
        """The nodes that the rules name, in the file's order."""
        return tuple(self._nodes.values())

    def with_agreements(self, agreements: Iterable[Agreement]) -> AccessPolicy:
        """Return the same rules knowing which policy each mission begins with."""
        missions: dict[str, str] = {}
        for agreement in agreements:
            missions.setdefault(agreement.slug, agreement.access_policy)
        return AccessPolicy(self.policies, self.nodes, missions)

    def for_node(self, path: str) -> AccessWords:
        """Return the words in force at a node: its own, else those of the nearest node above."""
        mission = path.partition("/")[0]
        words = self._named(self._missions.get(mission, ""), mission)
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            rule = self._nodes.get("/".join(parts[:count]))
            if rule is not None:
                own = self._named(rule.policy, rule.node)
                words = own if rule.override else strictest(words, own)
        return words

    def looser(self, rule: NodeAccess) -> bool:
        """Return whether a node's rule would open what is closed above it."""
        above = self.for_node(rule.node.rpartition("/")[0]) if "/" in rule.node else None
        own = self._named(rule.policy, rule.node)
        return above is not None and strictest(above, own) != own

    def _named(self, name: str, node: str) -> AccessWords:
        words = self.policies.get(name)
        return AccessWords() if words is None else replace(words, node=node)


def strictest(above: AccessWords, own: AccessWords) -> AccessWords:
    """Return ``own`` with every word that is looser than the one above taken from above."""
    metadata = max(above.metadata, own.metadata, key=METADATA_WORDS.index)
    data = max(above.data, own.data, key=DATA_WORDS.index)
    opens = _latest(above, own) if data == "closed" else None
    return replace(own, metadata=metadata, data=data, opens=opens)


def _latest(above: AccessWords, own: AccessWords) -> datetime | None:
    """Return when both have opened; None when one of them is closed for good."""
    moments = [words.opens for words in (above, own) if words.data == "closed"]
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None


def parse_access(data: str | bytes, source: str, faults: list[Fault]) -> AccessPolicy | None:
    """Read ``access.yaml`` from its text, noting every fault; None when there is one."""
    table, found = parse_strict_yaml(data, source)
    faults.extend(found)
    if table is None:
        return None
    before = len(faults)
    policy = _access_rules(table, Faults(source, faults))
    return None if found or len(faults) > before else policy


def check_access(access: AccessPolicy, known: Iterable[str], source: str, faults: list[Fault]) -> None:
    """Note nodes that no agreement plants and rules that would open what is closed above."""
    nodes = set(known)
    for rule in access.nodes:
        if rule.node not in nodes:
            faults.append(
                Fault(source, rule.line, f"node {rule.node!r}", "a node that an agreement's tree has")
            )
        elif access.looser(rule) and not rule.override:
            faults.append(
                Fault(
                    source,
                    rule.line,
                    f"policy {rule.policy!r} at {rule.node}, looser than what is above it",
                    "a policy at least as strict",
                    "or say why with 'override: reason'",
                )
            )


def _words(**found: Any) -> AccessWords:
    return AccessWords(**found)


_POLICY_FIELDS = {
    "metadata": Field(one_of(*METADATA_WORDS), required=True),
    "data": Field(one_of(*DATA_WORDS), required=True),
    "reason": Field(text(), required=True),
    "opens": Field(date),
    "contact": Field(text(), default=""),
}
_POLICY = record(_words, _POLICY_FIELDS)
_NODE = record(
    NodeAccess,
    {
        "node": Field(text(pattern=r"[a-z0-9._/-]+", expected="a node such as mission/level"), required=True),
        "policy": Field(text(), required=True),
        "override": Field(text(longest=500), default=""),
    },
)


def _policy(value: Value, faults: Faults) -> AccessWords | None:
    words = _POLICY(value, faults)
    if words is not None and words.metadata != "public" and words.data == "open":
        faults.note(
            value.line, f"open data with {words.metadata} metadata", "closed data, or public metadata"
        )
        return None
    if words is not None and words.opens is not None and words.data == "open":
        faults.note(value.line, "a day of opening for open data", "'opens' only where data is closed")
        return None
    return words


def _node(value: Value, faults: Faults) -> NodeAccess | None:
    found = _NODE(value, faults)
    return None if found is None else replace(found, line=value.line)


def _access(policies: dict[str, AccessWords], nodes: tuple[NodeAccess, ...]) -> AccessPolicy:
    return AccessPolicy({name: replace(words, policy=name) for name, words in policies.items()}, nodes)


def _access_rules(table: Table, faults: Faults) -> AccessPolicy | None:
    policy = _SCHEMA(table, faults)
    names = table.entries.get("policies")
    known = set(names.entries) if isinstance(names, Table) else set()
    given = table.entries.get("nodes")
    for node in given.items if isinstance(given, Sequence) else ():
        name = node.entries.get("policy") if isinstance(node, Table) else None
        if isinstance(name, Scalar) and name.text not in known:
            faults.note(name.line, f"policy {name.text!r}", f"one of {', '.join(sorted(known))}")
    return policy


_SCHEMA = record(
    _access,
    {
        "policies": Field(
            map_of(_policy, keys=r"[a-z][a-z0-9-]{0,62}", expected="a name of lower-case letters"),
            required=True,
        ),
        "nodes": Field(list_of(_node), default=()),
    },
)

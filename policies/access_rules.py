"""The access rules in force: named policies, and the nodes they apply to.

A mission begins with the policy its agreement names. A node of the tree may be made stricter; looser only
with ``override`` and a reason. What no policy names is hidden and closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from policies.terms import Agreement
from policies.words import DATA_WORDS, METADATA_WORDS, AccessWords
from policies.yaml import Fault


@dataclass(frozen=True, slots=True)
class Opening:
    """A day before which the staff alone see anything, or all registered users (``account``) as well."""

    opens: datetime
    until_then: str = "closed"
    reason: str = "not opened yet"

    def above(self, words: AccessWords | None, node: str) -> AccessWords:
        """Return the words of what is not opened yet, standing below ``words``."""
        return AccessWords(
            metadata="hidden",
            data=self.until_then,
            policy="opening",
            node=node,
            reason=self.reason,
            opens=self.opens,
            metadata_opens=self.opens,
            above=words,
        )


@dataclass(frozen=True, slots=True)
class NodeAccess:
    """What ``access.yaml`` says of one node; ``override`` is the reason why it may be looser."""

    node: str
    policy: str = ""
    override: str = ""
    opening: Opening | None = None
    line: int = 0


class AccessPolicy:
    """The access rules in force: asked for a node, they answer with its words."""

    def __init__(
        self,
        policies: Mapping[str, AccessWords],
        nodes: Iterable[NodeAccess],
        missions: Mapping[str, str] | None = None,
        opening: Opening | None = None,
    ) -> None:
        self.policies = dict(policies)
        self.opening = opening
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
        return AccessPolicy(self.policies, self.nodes, missions, self.opening)

    def for_node(self, path: str) -> AccessWords:
        """Return the words in force at a node: its own and those of all nodes above it.

        An override stands alone, but for the opening of the whole archive.
        """
        parts = path.split("/")
        words = self._of_mission(parts[0])
        for count in range(1, len(parts) + 1):
            rule = self._nodes.get("/".join(parts[:count]))
            if rule is not None:
                words = self._narrowed(rule, words)
        return words

    def looser(self, rule: NodeAccess) -> bool:
        """Return whether a node's policy has a word that is looser than one above it."""
        parent = rule.node.rpartition("/")[0]
        above = self.for_node(parent) if parent else self._of_mission(rule.node)
        own = self.policies.get(rule.policy, above)
        named = [words for words in above.layers() if words.policy in self.policies]
        return any(_looser(own, words) for words in named)

    def _of_mission(self, mission: str) -> AccessWords:
        return self._named(self._missions.get(mission, ""), mission, self._top())

    def _top(self) -> AccessWords | None:
        return None if self.opening is None else self.opening.above(None, "")

    def _narrowed(self, rule: NodeAccess, above: AccessWords) -> AccessWords:
        words = above
        if rule.policy:
            words = self._named(rule.policy, rule.node, self._top() if rule.override else above)
        if rule.override:
            words = replace(words, reason=f"{words.reason}, overriding what stands above: {rule.override}")
        if rule.opening is not None:
            words = replace(words, above=rule.opening.above(words.above, rule.node))
        return words

    def _named(self, name: str, node: str, above: AccessWords | None) -> AccessWords:
        return replace(self.policies.get(name, AccessWords()), node=node, above=above)


def _looser(own: AccessWords, above: AccessWords) -> bool:
    return METADATA_WORDS.index(own.metadata) < METADATA_WORDS.index(above.metadata) or DATA_WORDS.index(
        own.data
    ) < DATA_WORDS.index(above.data)


def check_access(access: AccessPolicy, known: Iterable[str], source: str, faults: list[Fault]) -> None:
    """Note nodes that no agreement plants and rules that would open what is closed above."""
    nodes = set(known)
    for rule in access.nodes:
        if rule.node not in nodes:
            faults.append(
                Fault(source, rule.line, f"node {rule.node!r}", "a node that an agreement's tree has")
            )
        elif not rule.override and access.looser(rule):
            faults.append(
                Fault(
                    source,
                    rule.line,
                    f"policy {rule.policy!r} at {rule.node}, looser than what is above it",
                    "a policy at least as strict",
                    "or say why with 'override: reason'",
                )
            )

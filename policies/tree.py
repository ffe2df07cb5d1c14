"""The tree that visitors walk: missions, branches and data sets, as the agreements plant it.

Nodes with ``{fields}`` in their path exist where data are; the others always, empty or not. A node is made
from its path alone, so the tree can be rebuilt from what the packages say of themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from sys import intern
from typing import Any, Final, Protocol

from oais.errors import ConfigurationError
from policies.access import AccessWords
from policies.template import SLUG, Template, slug
from policies.terms import Agreement, NodeRule, ProductRule


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the tree; ``path`` is slugs joined by ``/`` whose first is the mission's.

    ``saying`` is what its words say: a decision about a place that asks for no facts depends on it alone.
    """

    path: str
    title: str
    description: str
    kind: str
    level: str
    mission: str
    theme: str
    discipline: str
    parent: str
    order: int
    agreement: str
    words: AccessWords = field(default_factory=AccessWords)
    saying: str = field(default="", repr=False)


class NodePolicies(Protocol):
    """Whoever knows the access words of a node."""

    def for_node(self, path: str) -> AccessWords:
        """Return the words in force at a node, inheritance included."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A node rule of an agreement with the pattern of the full paths it stands for."""

    agreement: Agreement
    rule: NodeRule
    pattern: re.Pattern[str]
    order: int


_NODES_REMEMBERED: Final = 20_000
"""A visitor may ask for any path, so only so many answers are kept; each takes about 1 KB."""
_LISTS_REMEMBERED: Final = 4


class Tree:
    """All nodes that are known before any data is in, and the rules that make the others.

    Neither agreements nor policies change under a tree, so a node once made is remembered: a page asks
    for hundreds, the same again and again.
    """

    def __init__(self, agreements: Iterable[Agreement], policies: NodePolicies) -> None:
        self._policies = policies
        self._remembered = lru_cache(_NODES_REMEMBERED)(self._planted)
        self.unknown = lru_cache(_LISTS_REMEMBERED)(self._unknown)
        self._missions: dict[str, Agreement] = {}
        self._rules: list[_Rule] = []
        for agreement in agreements:
            self._missions.setdefault(agreement.slug, agreement)
            for order, rule in enumerate(agreement.tree):
                pattern = Template(f"{agreement.slug}/{rule.path.text}").pattern()
                self._rules.append(_Rule(agreement, rule, pattern, order))

    def nodes(self) -> tuple[Node, ...]:
        """Return the static nodes, parents before children, in the agreements' order."""
        return self._static

    @cached_property
    def alike(self) -> tuple[tuple[Node, ...], ...]:
        """The static nodes together whose words say the same."""
        found: dict[str, list[Node]] = {}
        for node in self._static:
            found.setdefault(node.saying, []).append(node)
        return tuple(map(tuple, found.values()))

    @cached_property
    def _static(self) -> tuple[Node, ...]:
        found: dict[str, Node] = {}
        for mission in sorted(self._missions):
            for path in [mission, *self._static_paths(mission)]:
                found.update((node.path, node) for node in self.chain(path))
        return tuple(found.values())

    def missions(self) -> tuple[Node, ...]:
        """Return the missions' own nodes, by their slugs."""
        return tuple(node for mission in sorted(self._missions) if (node := self.node(mission)) is not None)

    def node(self, path: str) -> Node | None:
        """Return a static node, or the one a template makes of this path, or None."""
        return self._remembered(path)

    def _unknown(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of many places that no agreement makes; the same list is looked through once."""
        return tuple(path for path in paths if self.node(path) is None)

    def _planted(self, path: str) -> Node | None:
        if path in self._missions:
            return self._mission_node(path)
        if not all(SLUG.fullmatch(part) for part in path.split("/")):
            return None
        for rule in self._rules:
            match = rule.pattern.fullmatch(path)
            if match is not None:
                return self._made(path, rule, match.groupdict())
        return self._implied(path)

    def chain(self, path: str) -> tuple[Node, ...]:
        """Return the node and all above it, the mission first; empty when there is no such node."""
        parts = path.split("/")
        nodes = [self.node("/".join(parts[: count + 1])) for count in range(len(parts))]
        return tuple(node for node in nodes if node is not None) if None not in nodes else ()

    def place(self, agreement: Agreement, rule: ProductRule | None, values: Mapping[str, Any]) -> Node:
        """Return the node where a product rests, made from the rule's template.

        Fields are made fit for a path (``KELT-20`` becomes ``kelt-20``). Without a rule, or when a field
        has no value, the nearest node above whose fields are known is taken.
        """
        segments = rule.node.text.split("/") if rule is not None else []
        path = agreement.slug
        for segment in segments:
            try:
                filled = slug(Template(segment).fill(values))
            except KeyError:
                break
            path = f"{path}/{filled}"
        while (node := self.node(path)) is None:
            if "/" not in path:
                raise ConfigurationError(f"agreement {agreement.name} has no node {path!r} in the tree")
            path = path.rpartition("/")[0]
        return node

    def _static_paths(self, mission: str) -> list[str]:
        rules = [rule for rule in self._rules if rule.agreement.slug == mission]
        return [f"{mission}/{rule.rule.path.text}" for rule in rules if not rule.rule.path.fields]

    def _mission_node(self, path: str) -> Node:
        agreement = self._missions[path]
        return Node(
            path, agreement.mission_title, agreement.description, "mission", "", agreement.mission,
            agreement.theme, agreement.discipline, "", sorted(self._missions).index(path), agreement.name,
            *self._words(path),
        )  # fmt: skip

    def _words(self, path: str) -> tuple[AccessWords, str]:
        """Return the words of a node and what they say, of which all nodes share one text."""
        words = self._policies.for_node(path)
        return words, intern(words.saying())

    def _made(self, path: str, found: _Rule, groups: Mapping[str, str]) -> Node:
        agreement, rule = found.agreement, found.rule
        words, saying = self._words(path)
        return Node(
            path=path,
            title=rule.title.fill(groups),
            description=rule.description.fill(groups),
            kind=rule.kind,
            level=rule.level,
            mission=agreement.mission,
            theme=agreement.theme,
            discipline=agreement.discipline,
            parent=path.rpartition("/")[0],
            order=found.order,
            agreement=agreement.name,
            words=words,
            saying=saying,
        )

    def _implied(self, path: str) -> Node | None:
        """Return a branch that no rule names but that lies above a static one."""
        for rule in self._rules:
            full = f"{rule.agreement.slug}/{rule.rule.path.text}"
            if full.startswith(f"{path}/") and "{" not in path:
                title = path.rpartition("/")[2].replace("-", " ")
                plain = NodeRule(Template(path), Template(title), "branch", "", Template(""))
                return self._made(path, _Rule(rule.agreement, plain, rule.pattern, rule.order), {})
        return None

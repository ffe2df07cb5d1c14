"""The tree that visitors walk: missions, branches and data sets, as the agreements plant it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.access import AccessWords
from policies.terms import Agreement, ProductRule


@dataclass(frozen=True, slots=True)
class Node:
    """One place in the tree; ``path`` is slugs joined by ``/`` whose first is the mission's."""

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


class Tree:
    """All nodes that are known before any data is in, and the rules that make the others."""

    @classmethod
    def from_agreements(cls, agreements: Iterable[Agreement], access: object) -> Tree:
        """Plant the tree of all agreements, empty branches included."""
        raise NotImplementedError

    def nodes(self) -> tuple[Node, ...]:
        """Return the static nodes, parents before children, in the agreements' order."""
        raise NotImplementedError

    def node(self, path: str) -> Node | None:
        """Return a static node, or the one a template makes of this path, or None."""
        raise NotImplementedError

    def chain(self, path: str) -> tuple[Node, ...]:
        """Return the node and all above it, the mission first; empty when there is no such node."""
        raise NotImplementedError

    def place(self, agreement: Agreement, rule: ProductRule | None, values: Mapping[str, Any]) -> Node:
        """Return the node where a product rests, made from the rule's template."""
        raise NotImplementedError

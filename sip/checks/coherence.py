"""Check that the products of one delivery belong together: one identifier, one place in the tree.

A package rests at one node under one identifier. Products that their agreement would name and place
differently end up where nobody looks for them, and the branches they belong to look empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from oais.information.findings import Finding, finding
from policies.mapping import MappedProduct
from policies.terms import Agreement, ProductRule
from policies.tree import Tree

_OBSERVED = frozenset({"science", "calibration", "engineering"})
"""Kinds that have a place of their own; documents, software and reports go with what they tell of."""

_NAME_OF_FILE = "file"
"""A template with this field names files, not observations: it tells nothing of what belongs together."""

_NAMED = 3
"""Files and groups that a message names; of the rest it says how many there are."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where one product belongs by its agreement; ``identifier`` is empty when no template tells it."""

    identifier: str
    node: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A product with the rule it falls under."""

    path: str
    rule: ProductRule | None
    product: MappedProduct


def homes(agreement: Agreement, tree: Tree, placed: Iterable[Placed]) -> dict[Home, list[str]]:
    """Return the paths of the observed products by where they belong, in the order they came."""
    found: dict[Home, list[str]] = {}
    for item in placed:
        if item.rule is not None and item.product.kind in _OBSERVED:
            values = {**item.product.fields, "level": item.product.level}
            node = tree.place(agreement, item.rule, values).path
            home = Home(_identifier(agreement, item), node)
            found.setdefault(home, []).append(item.path)
    return found


def _identifier(agreement: Agreement, item: Placed) -> str:
    template = (item.rule.identifier if item.rule is not None else None) or agreement.identifier_template
    try:
        return "" if _NAME_OF_FILE in template.fields else template.fill(item.product.fields)
    except KeyError:
        return ""


def check_one_home(found: Mapping[Home, list[str]], *, named: bool, placed: bool) -> Iterator[Finding]:
    """Yield an error when the products would not be one package.

    ``named`` and ``placed`` tell whether the provider states identifier and place for all of them.
    Products of one identifier are one package by their agreement, wherever each of them would rest.
    """
    identifiers = {home.identifier for home in found} - {""}
    nodes = {home.node for home in found}
    unnamed = any(not home.identifier for home in found)
    parted = len(identifiers) > 1 or (len(nodes) > 1 and unnamed)
    if parted and not (named and placed):
        yield finding("CON-007", "data", f"the products are not of one observation: {_told(found)}")


def warn_of_homes(found: Mapping[Home, list[str]], resting: str) -> Iterator[Finding]:
    """Yield a warning when products of a delivery belong at other nodes than ``resting``, its own."""
    elsewhere = {home: paths for home, paths in found.items() if home.node != resting}
    identifiers = {home.identifier for home in found} - {""}
    if elsewhere and len({home.node for home in found}) > 1:
        message = f"the package rests at {resting}, but {_told(elsewhere)}; nothing of it is found there"
        yield finding("CON-008", "data", message)
    elif len(identifiers) > 1:
        yield finding("CON-008", "data", f"one package would hold several observations: {_told(found)}")


def _told(found: Mapping[Home, list[str]]) -> str:
    """Return the groups as text; of many only the first are told."""
    groups = list(found.items())
    texts = [_group(home, paths) for home, paths in groups[:_NAMED]]
    more = len(groups) - _NAMED
    return "; ".join([*texts, f"and {more} more groups"] if more > 0 else texts)


def _group(home: Home, paths: list[str]) -> str:
    files = ", ".join(path.removeprefix("data/") for path in paths[:_NAMED])
    rest = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    which = f"this product makes {home.identifier or 'a package'}"
    if len(paths) > 1:
        which = f"these {len(paths)} products make {home.identifier or 'a package'}"
    return f"{which} at {home.node}: {files}{rest}"

"""The terms of a submission agreement, as values: what a provider may send and what we make of it.

An agreement makes a mission by configuration alone; nothing here knows any mission.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policies.report_rule import ReportRule
from policies.sources import Expression, LinkSource
from policies.template import Template


@dataclass(frozen=True, slots=True)
class Party:
    """Who provides the data: the person or service, its organization, and how to reach it."""

    name: str
    organization: str
    contact: str


@dataclass(frozen=True, slots=True)
class LevelInfo:
    """What a native processing level means and its place on the scale of ObsCore 1.1 §3.3.2 (0 to 4).

    ``kind`` is that of its products where they do not say.
    """

    calib_level: int | None
    title: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class MappingRule:
    """How headers become a description: ObsCore columns, mission values, provenance, validity."""

    obscore: Mapping[str, Expression] = field(default_factory=dict)
    values: Mapping[str, Expression] = field(default_factory=dict)
    provenance: tuple[LinkSource, ...] = ()
    valid_from: Expression | None = None
    valid_to: Expression | None = None


@dataclass(frozen=True, slots=True)
class ProductRule:
    """One kind of product that may be delivered, known by its file name or its path in the payload.

    ``expected`` maps a header source to the pattern its value must match whole; ``required`` are sources
    that must have a value. ``same`` maps a group of the name (or ``level``) to the source that must say
    the same. ``stale_checksums`` is ``refuse`` or ``accept``. ``identifier`` makes an AIP identifier of
    this product, where it differs from the agreement's. ``report`` says how the text of a report is read.
    """

    name: str
    file_name: re.Pattern[str]
    path: re.Pattern[str]
    kind: str
    level: str
    product_type: Template
    dataproduct_type: str | None
    node: Template
    identifier: Template | None
    formats: tuple[str, ...]
    required: tuple[str, ...]
    expected: Mapping[str, re.Pattern[str]]
    same: Mapping[str, str]
    stale_checksums: str
    mapping: MappingRule
    report: ReportRule | None = None

    def sources(self) -> Iterator[str]:
        """Yield all sources that its checks and its mapping ask for, those of the report's values aside."""
        yield from (*self.required, *self.expected, *self.same.values())
        mapping = self.mapping
        made = (*mapping.obscore.values(), *mapping.values.values(), mapping.valid_from, mapping.valid_to)
        for expression in made:
            yield from (*expression.sources, *expression.plus) if expression is not None else ()
        for link in mapping.provenance:
            yield from link.sources

    def match(self, path: str) -> dict[str, str] | None:
        """Return the named groups of the file name and path if the payload file falls under this rule.

        ``path`` is the path in the bag; a leading ``data/`` is not part of what the patterns see.
        """
        inside = path.removeprefix("data/")
        name = self.file_name.fullmatch(inside.rpartition("/")[2])
        whole = self.path.fullmatch(inside)
        if name is None or whole is None:
            return None
        groups = {**whole.groupdict(), **name.groupdict()}
        return {key: value for key, value in groups.items() if value is not None}


@dataclass(frozen=True, slots=True)
class NodeRule:
    """One node of the mission's tree; a path with ``{fields}`` stands for as many nodes as have data."""

    path: Template
    title: Template
    kind: str
    level: str
    description: Template


@dataclass(frozen=True, slots=True)
class Requirement:
    """A document or software that each delivery must hold, as a pattern of its path in the payload."""

    title: str
    path: re.Pattern[str]
    kind: str


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """What is to be delivered by the end of a day, by whom: so many AIPs at a node and below."""

    title: str
    node: str
    count: int
    due: datetime
    responsible: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """One submission agreement: a mission and a provider, and all rules of what is delivered.

    ``submitters`` are the values of Source-Organization that may deliver; empty means anybody.
    ``identifier`` is the grammar of External-Identifier, ``identifier_template`` makes one for
    ``oais pack``. ``source`` is the file it was read from and ``digest`` that file's sha256.
    """

    name: str
    title: str
    mission: str
    mission_title: str
    description: str
    slug: str
    theme: str
    discipline: str
    provider: Party
    submitters: tuple[str, ...]
    bagit_versions: tuple[str, ...]
    required_tags: tuple[str, ...]
    identifier: re.Pattern[str]
    identifier_template: Template
    new_versions: bool
    licence: str
    credit: str
    publisher: str
    creators: tuple[str, ...]
    access_policy: str
    levels: Mapping[str, LevelInfo]
    products: tuple[ProductRule, ...]
    tree: tuple[NodeRule, ...]
    documents: tuple[Requirement, ...]
    software: tuple[Requirement, ...]
    other_files: str
    deliveries: tuple[PlannedDelivery, ...] = ()
    source: str = ""
    digest: str = ""

    def rule_for(self, path: str) -> tuple[ProductRule, dict[str, str]] | None:
        """Return the first product rule the payload file falls under, with the groups of its name."""
        for rule in self.products:
            names = rule.match(path)
            if names is not None:
                return rule, names
        return None

    def may_deliver(self, organization: str) -> bool:
        """Return whether a Source-Organization is one that this agreement names, whatever its case."""
        known = {name.casefold() for name in self.submitters}
        return not known or organization.strip().casefold() in known

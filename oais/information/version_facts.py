"""What a sealed version says of itself that decides who may have it: its place, its kind, its request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oais.information.description import PackageDescription
from oais.information.observations import Observation, observations


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """Node, kind, level, mission values and visits of one version of an AIP, as its description has them."""

    node: str
    kind: str = ""
    level: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    observations: tuple[Observation, ...] = ()


def version_facts(description: PackageDescription) -> VersionFacts:
    """Return the facts of the version that a description is of."""
    return VersionFacts(
        node=description.node,
        kind=description.kind,
        level=description.level,
        values=package_values(description),
        observations=observations(description),
    )


def package_values(description: PackageDescription) -> dict[str, Any]:
    """Return the mission values of the package; what it does not say itself its first product says."""
    values: dict[str, Any] = dict(description.values)
    for product in description.products:
        for name, value in product.values.items():
            values.setdefault(name, value)
    return values

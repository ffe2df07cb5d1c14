"""From headers to a description, as an agreement maps them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oais.information.description import ObsCore, ProvenanceLink
from oais.information.findings import Finding
from oais.information.packages import Inspection
from policies.submission import SubmissionYaml
from policies.terms import Agreement, ProductRule


@dataclass(frozen=True, slots=True)
class MappedProduct:
    """What one product is, by its agreement, its headers and ``submission.yaml``."""

    kind: str
    level: str
    product_type: str
    obscore: ObsCore
    values: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[ProvenanceLink, ...] = ()
    valid_from: float | None = None
    valid_to: float | None = None
    findings: tuple[Finding, ...] = ()


def describe_product(
    agreement: Agreement,
    rule: ProductRule | None,
    inspection: Inspection,
    names: Mapping[str, str],
    submission: SubmissionYaml | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
) -> MappedProduct:
    """Describe one product; a value that cannot be read becomes None and a warning."""
    raise NotImplementedError

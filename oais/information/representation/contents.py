"""What every header reader returns, whatever the format: headers, structure, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oais.information.findings import Finding

MOST_ENTRIES = 20_000
"""Header entries listed of one file; the rest stays in the file."""

LONGEST_VALUE = 20_000
"""Characters of one header value that are listed."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Headers (one mapping a unit), structure (one plain description a unit) and findings of a file."""

    headers: tuple[Mapping[str, Any], ...] = ()
    structure: tuple[Mapping[str, Any], ...] = ()
    findings: tuple[Finding, ...] = ()

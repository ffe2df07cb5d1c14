"""Lays one version of an AIP out in the staging area."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aip.inventory import Inventory
from aip.stored import StoredAip
from oais.information.packages import PackageContents


@dataclass(frozen=True, slots=True)
class StagedAip:
    """A version laid out below ``path`` (shaped like an object root), not signed and not in the store."""

    aip_id: str
    version: int
    path: Path
    inventory: Inventory
    previous_digest: str


def stage_aip(contents: PackageContents, staging: Path, previous: StoredAip | None) -> StagedAip:
    """Lay the package out below ``staging``."""
    raise NotImplementedError

"""Is it a bag, complete and valid (RFC 8493 §3)? All that is wrong, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oais.information.findings import Finding, refuses
from oais.information.fixity import FileFixity
from sip.bag.reading import Bag

Profile = Literal["standard", "intake"]


@dataclass(frozen=True, slots=True)
class BagResult:
    """The bag as read and everything found wrong with it."""

    bag: Bag
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding is an error."""
        return not refuses(self.findings)


def validate_bag(
    root: Path,
    *,
    profile: Profile = "standard",
    files: Mapping[str, FileFixity] | None = None,
    progress: Callable[[int], None] | None = None,
) -> BagResult:
    """Check the bag at ``root``; with ``files`` (digests computed at receipt) nothing is read twice."""
    raise NotImplementedError(root, profile, files, progress)

"""Proves that a stored AIP still is what was sealed, or names the exact path that is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aip.stored import StoredAip
from oais.information.findings import Finding


@dataclass(frozen=True, slots=True)
class AuditResult:
    """One audit of one AIP: what was read and what was found."""

    aip_id: str
    head: int
    started_at: str
    ended_at: str
    algorithms: tuple[str, ...]
    files: int
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def audit_aip(
    stored: StoredAip | Path,
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
) -> AuditResult:
    """Audit one AIP (a Path is its object root); the result is appended to its ``logs/audits.jsonl``."""
    raise NotImplementedError


def audit_aips(
    stored: Iterable[StoredAip | Path],
    trusted: Mapping[str, bytes],
    *,
    algorithms: Sequence[str] = ("blake3",),
    from_disk: bool = True,
    workers: int | None = None,
) -> Iterator[AuditResult]:
    """Audit many AIPs on all cores, in the order given."""
    raise NotImplementedError

"""Audits: proof that what is stored still is what was sealed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aip.audit import AuditResult, audit_aips
from oais.archive import Archive
from oais.functions.storage import aip_store, find_aip

FAST = ("blake3",)
FULL = ("sha512",)


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """One run over many AIPs: what was read, and every AIP that is not intact."""

    started_at: str
    ended_at: str
    aips: int
    files: int
    bytes: int
    damaged: tuple[AuditResult, ...]

    @property
    def intact(self) -> bool:
        """Whether every AIP is what was sealed."""
        return not self.damaged

    def as_plain(self) -> dict[str, Any]:
        """Return the summary as ``--json`` shows it."""
        return {
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "aips": self.aips,
            "files": self.files,
            "bytes": self.bytes,
            "intact": self.intact,
            "findings": [
                {"aip": result.aip_id, **found.as_dict()}
                for result in self.damaged
                for found in result.findings
            ],
        }


def select_for_audit(archive: Archive, aip_id: str | None, sample: int | None, seed: int) -> list[Path]:
    """Return the object roots to audit: one AIP, a random sample of n, or all; raises NotFoundError."""
    if aip_id is not None:
        return [find_aip(archive, aip_id).path]
    roots = list(aip_store(archive).object_roots())
    if sample is None or sample >= len(roots):
        return roots
    return random.Random(seed).sample(roots, sample)  # noqa: S311 - a sample, not a secret


def run_audit(
    archive: Archive,
    roots: list[Path],
    *,
    full: bool = False,
    from_disk: bool = True,
    progress: Callable[[AuditResult], None] | None = None,
) -> AuditSummary:
    """Audit the AIPs at ``roots``; results go to each object's logs, damage into the summary."""
    started = archive.now()
    results = _results(archive, roots, full=full, from_disk=from_disk)
    aips = files = size = 0
    damaged = []
    for result in results:
        aips, files, size = aips + 1, files + result.files, size + result.bytes
        if not result.intact:
            damaged.append(result)
        if progress is not None:
            progress(result)
    return AuditSummary(started, archive.now(), aips, files, size, tuple(damaged))


def _results(archive: Archive, roots: list[Path], *, full: bool, from_disk: bool) -> Iterator[AuditResult]:
    return audit_aips(
        roots,
        archive.trusted_keys(),
        algorithms=FULL if full else FAST,
        from_disk=from_disk,
        workers=archive.settings.workers or None,
    )

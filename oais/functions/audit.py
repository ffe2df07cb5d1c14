"""Audits: proof that what was accepted is stored, and that what is stored still is what was sealed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aip.audit import AuditResult, audit_aips
from oais.archive import Home
from oais.functions.completeness import missing_from_store, storage_root_findings
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.storage import aip_store, find_aip
from oais.information.findings import Finding, Severity
from oais.information.identifiers import object_path

FAST = ("blake3",)
FULL = ("sha512",)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is audited: object roots, and whether they are to be all that was accepted, or all of one AIP."""

    roots: tuple[Path, ...]
    everything: bool = False
    aip_id: str = ""

    def __len__(self) -> int:
        return len(self.roots)


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """One run over many AIPs: what was read, every AIP that is not intact, and what the run did without."""

    started_at: str
    ended_at: str
    aips: int
    files: int
    bytes: int
    damaged: tuple[AuditResult, ...]
    warnings: tuple[str, ...] = ()

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
            "warnings": list(self.warnings),
            "findings": [
                {"aip": result.aip_id, **found.as_dict()}
                for result in self.damaged
                for found in result.findings
            ],
        }


def select_for_audit(archive: Home, aip_id: str | None, sample: int | None, seed: int) -> Selection:
    """Choose what to audit: one AIP, a random sample of n, or all that was ever accepted.

    Raises NotFoundError for an AIP that is neither in the store nor in any receipt.
    """
    if aip_id is not None:
        return _one(archive, aip_id)
    roots = tuple(aip_store(archive).found_roots())
    if sample is None:
        return Selection(roots, everything=True)
    if sample >= len(roots):
        return Selection(roots)
    return Selection(tuple(random.Random(seed).sample(roots, sample)))  # noqa: S311 - a sample, not a secret


def _one(archive: Home, aip_id: str) -> Selection:
    path = archive.aip_root / object_path(aip_id)
    if path.is_dir():
        return Selection((path,), aip_id=aip_id)
    if not any(about == aip_id for about, _ in missing_from_store(archive, {}, aip_id)):
        find_aip(archive, aip_id)
    return Selection((), aip_id=aip_id)


def run_audit(
    archive: Home,
    chosen: Selection,
    *,
    full: bool = False,
    from_disk: bool = True,
    progress: Callable[[AuditResult], None] | None = None,
) -> AuditSummary:
    """Audit what was chosen; results go to each object's logs, damage into the summary.

    An audit of everything, or of one AIP, also tells what receipts say was accepted and is not there; one of
    everything verifies the ledger as well.
    """
    started = archive.now()
    aips = files = size = 0
    heads: dict[str, int] = {}
    damaged: dict[str, AuditResult] = {}
    for result in _results(archive, chosen.roots, full=full, from_disk=from_disk):
        aips, files, size = aips + 1, files + result.files, size + result.bytes
        heads[result.aip_id] = result.head
        if not result.intact:
            damaged[result.aip_id] = result
        if progress is not None:
            progress(result)
    warnings = list(archive.warnings)
    for about, found in _missing(archive, chosen, heads):
        if found.severity is not Severity.ERROR:
            warnings.append(found.message)
            continue
        if found.code == "LED-004" and _is_told(found, damaged):
            continue
        known = damaged.get(about) or _unread(about, started)
        damaged[about] = replace(known, findings=(*known.findings, found))
    return AuditSummary(started, archive.now(), aips, files, size, tuple(damaged.values()), tuple(warnings))


def _missing(archive: Home, chosen: Selection, heads: dict[str, int]) -> Iterator[tuple[str, Finding]]:
    for found in storage_root_findings(archive):
        yield "aip/", found
    if chosen.everything or chosen.aip_id:
        yield from missing_from_store(archive, heads, chosen.aip_id)
    if chosen.everything and ledger_of(archive).signed:
        yield from (("ledger/", found) for found in verify_ledger(archive))


def _is_told(found: Finding, damaged: Mapping[str, AuditResult]) -> bool:
    """Return whether what the ledger misses is what the audit of the thing itself told already."""
    folders = tuple("aip/" if about == "aip/" else f"aip/{object_path(about)}/" for about in damaged)
    paths = {other.path for result in damaged.values() for other in result.findings}
    return found.path.startswith(folders) or found.path in paths


def _unread(about: str, started: str) -> AuditResult:
    return AuditResult(about, 0, started, started, (), 0, 0, ())


def _results(archive: Home, roots: Iterable[Path], *, full: bool, from_disk: bool) -> Iterator[AuditResult]:
    return audit_aips(
        roots,
        archive.trusted_keys(),
        algorithms=FULL if full else FAST,
        from_disk=from_disk,
        workers=archive.settings.workers or None,
    )

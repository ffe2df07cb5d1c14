"""Opens an archive again that a write closed which the disk did not confirm: only after it was read back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from aip.audit import audit_aip
from oais.archive import Archive
from oais.confirming import MARK, confirm, looking_into, open_again, why_closed
from oais.errors import StorageError
from oais.files import open_regular, storage_errors
from oais.functions.completeness import missing_from_store
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.recovery import look_again
from oais.functions.storage import aip_store
from oais.information.findings import Finding, refuses
from oais.walking import walk

_BEFORE: Final = timedelta(days=1).total_seconds()
"""What was written so long before the fault may have been waiting for the disk then."""

_PROBE: Final = b"whether this disk takes what it is given\n"


@dataclass(frozen=True, slots=True)
class Reopened:
    """Why the archive was closed, what was read back from the disk and found, and whether it is open now."""

    was: str
    files: int
    aips: int
    findings: tuple[tuple[str, Finding], ...]
    done: tuple[str, ...]
    opened: bool

    def as_plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return {
            "was": self.was,
            "files": self.files,
            "aips": self.aips,
            "findings": [{"about": about, **found.as_dict()} for about, found in self.findings],
            "done": list(self.done),
            "opened": self.opened,
        }


def reopen(archive: Archive, *, despite_damage: bool = False) -> Reopened:
    """Read back from the disk what was being stored when it failed, finish that, and open the archive.

    AIPs that were written to since a day before are read whole; receipts and ledger are compared with what
    is there. With damage the archive stays closed, unless ``despite_damage``: audits and repairs go on.
    Raises StorageError when the disk still fails, and while packages are being built.
    """
    was = why_closed(archive.home)
    if not was:
        return Reopened("", 0, 0, (), (), opened=True)
    with storage_errors("trying the disk"):
        _try_disk(archive.home)
        young = _read_anew(archive.home)
    roots = [root for root in aip_store(archive).found_roots() if young.intersection(_files_of(root))]
    findings = [(found.path, found) for found in _missing(archive)]
    for root in roots:
        audited = audit_aip(root, archive.trusted_keys(), algorithms=("sha512",), record=False)
        findings += [(audited.aip_id, found) for found in audited.findings]
    done: list[str] = []
    if despite_damage or not _is_damaged(findings):
        with looking_into(archive.home):
            done = look_again(archive)
        findings += [(found.path, found) for found in verify_ledger(archive)]
    opened = despite_damage or not _is_damaged(findings)
    if opened:
        with storage_errors("opening the archive"):
            open_again(archive.home)
    return Reopened(was, len(young), len(roots), tuple(findings), tuple(done), opened)


def _is_damaged(findings: list[tuple[str, Finding]]) -> bool:
    return refuses([found for _, found in findings])


def _missing(archive: Archive) -> Iterator[Finding]:
    if ledger_of(archive).signed:
        yield from (found for _, found in missing_from_store(archive, lambda _: 0))


def _try_disk(home: Path) -> None:
    """Write, fsync and read a small file back from the disk; raises OSError or StorageError."""
    probe = home / "staging" / f".reopen.{os.getpid()}.tmp"
    descriptor = os.open(probe, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, _PROBE)
        confirm(descriptor, probe)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        if os.pread(descriptor, len(_PROBE), 0) != _PROBE:
            raise StorageError("the disk gave back other bytes than it was given", remedy="replace the disk")
    finally:
        os.close(descriptor)
        probe.unlink()


def _read_anew(home: Path) -> set[str]:
    """Let the cache forget what was written shortly before the fault or after it; return those files."""
    since = _moment_of(home) - _BEFORE
    young = set()
    for entry in walk(home):
        if not entry.is_file or max(entry.status.st_mtime, entry.status.st_ctime) < since:
            continue
        path = f"{home}/{entry.path}"
        young.add(path)
        descriptor = open_regular(path)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    return young


def _moment_of(home: Path) -> float:
    try:
        return os.stat(home / MARK).st_mtime
    except FileNotFoundError:
        return 0.0  # the mark could not be left: everything is read


def _files_of(root: Path) -> set[str]:
    return {f"{root}/{entry.path}" for entry in walk(root) if entry.is_file}

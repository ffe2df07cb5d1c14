"""Opens an archive again that a write closed which the disk did not confirm: only after it was read back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from aip.audit import audit_aip
from aip.storage import AipStore
from oais.archive import Archive
from oais.confirming import MARK, confirm, looking_into, open_again, why_closed
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import open_regular
from oais.functions.completeness import missing_from_store
from oais.functions.copies.locations import Location, locations
from oais.functions.database_check import UncheckedError, fault_of_people
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.verifying import verify_ledger
from oais.functions.recovery import look_again
from oais.functions.storage import aip_store
from oais.information.findings import Finding, finding, refuses
from oais.walking import walk

_BEFORE: Final = timedelta(days=1).total_seconds()
"""What was written so long before the fault may have been waiting for the disk then."""

_PROBE: Final = b"whether this disk takes what it is given\n"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Why a home or a location was closed, what was read back from its disk and found, and if it is open now.

    Nothing was read where it was open.
    """

    was: str
    files: int
    aips: int
    findings: tuple[tuple[str, Finding], ...]
    opened: bool

    def as_plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        findings = [{"about": about, **found.as_dict()} for about, found in self.findings]
        return {
            "was": self.was,
            "files": self.files,
            "aips": self.aips,
            "findings": findings,
            "opened": self.opened,
        }


@dataclass(frozen=True, slots=True)
class Reopened:
    """What was read back of the archive itself and ``done`` to finish it, and of its closed ``locations``."""

    home: ReadBack
    done: tuple[str, ...]
    locations: Mapping[str, ReadBack]

    @property
    def opened(self) -> bool:
        """Whether archive and locations all are open now."""
        return all(one.opened for one in (self.home, *self.locations.values()))

    def as_plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        located = {name: one.as_plain() for name, one in self.locations.items()}
        return {**self.home.as_plain(), "opened": self.opened, "done": list(self.done), "locations": located}


_OPEN: Final = ReadBack("", 0, 0, (), opened=True)


def reopen(archive: Archive, *, despite_damage: bool = False) -> Reopened:
    """Read back from the disk what was being stored when it failed, finish that, and open the archive.

    AIPs that were written to since a day before are read whole; receipts and ledger are compared with what
    is there. With damage the archive stays closed, unless ``despite_damage``: audits and repairs go on.
    Locations of copies that their disks closed are read back in the same way.
    Raises StorageError when the disk still fails, and while packages are being built.
    """
    done: list[str] = []
    home = _OPEN
    if was := why_closed(archive.home):
        young, aips, findings = _read_back(archive, archive.home, aip_store(archive))
        findings += [(found.path, found) for found in (*_missing(archive), *_database(archive, young))]
        if despite_damage or not _is_damaged(findings):
            with looking_into(archive.home):
                done = look_again(archive)
            findings += [(found.path, found) for found in verify_ledger(archive)]
        opened = despite_damage or not _is_damaged(findings)
        home = _opened(archive.home, ReadBack(was, len(young), aips, tuple(findings), opened))
    closed = [one for one in locations(archive) if one.closed]
    located = {one.name: _reopen_location(archive, one, despite_damage) for one in closed}
    return Reopened(home, tuple(done), located)


def _reopen_location(archive: Archive, location: Location, despite_damage: bool) -> ReadBack:
    """Read back what was being copied to a location; what it has not is brought by the next sync."""
    was = location.closed
    young, aips, findings = _read_back(archive, location.path, location.store())
    opened = despite_damage or not _is_damaged(findings)
    return _opened(location.path, ReadBack(was, len(young), aips, tuple(findings), opened))


def _read_back(
    archive: Archive, room: Path, store: AipStore
) -> tuple[set[str], int, list[tuple[str, Finding]]]:
    """Try a disk, and read from it what was written lately: the files, how many AIPs, and what was found."""
    with storage_errors("trying the disk"):
        _try_disk(room)
        young = _read_anew(room)
    roots = [root for root in store.found_roots() if young.intersection(_files_of(root))]
    findings = []
    for root in roots:
        audited = audit_aip(root, archive.trusted_keys(), algorithms=("sha512",), record=False)
        findings += [(audited.aip_id, found) for found in audited.findings]
    return young, len(roots), findings


def _opened(room: Path, told: ReadBack) -> ReadBack:
    """Take the mark away where what was read back allows it."""
    if told.opened:
        with storage_errors("opening the archive"):
            open_again(room)
    return told


def _database(archive: Archive, young: set[str]) -> Iterator[Finding]:
    """Let SQLite read the database of people and orders again, where that lies in the home."""
    path = archive.home / "oais.sqlite"
    if str(path) not in young:
        return
    try:
        wrong = fault_of_people(path)
    except UncheckedError as error:
        wrong = str(error)
    if wrong:
        yield finding("AUD-010", path.name, f"{path.name}: {wrong}")


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

"""Backup: a second home that holds all that cannot be made again, brought up to date while the archive works.

The order is what makes it consistent: first what speaks of AIPs (people and orders, ledger and receipts),
then the AIPs. So whatever a copy speaks of is in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aip.audit import audit_aip
from aip.copying import copy_aip, copy_root_files
from aip.medium import Folder
from aip.stored import open_stored
from oais.archive import Home
from oais.database.copying import copy_database
from oais.disk_faults import storage_errors
from oais.errors import DamageError, NotFoundError, RefusedError, WrongUsageError
from oais.files import bring_file, exchange_directories, make_directories, read_regular, sync_paths, sync_tree
from oais.functions.storage import aip_store
from oais.functions.withdrawal.removing import follow
from oais.information.findings import Finding, finding
from oais.locks import exclusive_lock
from oais.walking import walk

_DATABASE = "oais.sqlite"
_PUBLIC_KEY = "keys/archive.pub"
_MIRRORED = ("policies", "keys", "trust")
"""Small rooms that are to be as they are at home, with nothing left over from before."""

_GROWING = ("sip/refused", "sip/uploads", "ledger")
"""Rooms in which files come to be and grow; what is gone from them at home stays in the backup."""

_TRIES = 5
_PARTIAL = ".version.partial"


@dataclass(frozen=True, slots=True)
class Backup:
    """What one run did: versions that were copied and proven, AIPs that were not sound, what to know."""

    target: str
    aips: int
    copied: tuple[str, ...]
    damaged: tuple[tuple[str, Finding], ...]
    warnings: tuple[str, ...]

    def as_plain(self) -> dict[str, object]:
        """Return it as ``--json`` shows it."""
        return {
            "target": self.target,
            "aips": self.aips,
            "copied": list(self.copied),
            "findings": [{"aip": aip, **found.as_dict()} for aip, found in self.damaged],
            "warnings": list(self.warnings),
        }


def back_up(archive: Home, target: Path, progress: Callable[[], None] | None = None) -> Backup:
    """Bring the backup in ``target`` up to date, or begin one in an empty or missing folder.

    Raises RefusedError for a folder that holds something else, WrongUsageError for one inside the archive,
    StorageError when a disk refuses.
    """
    _check_target(archive, target)
    with storage_errors(f"the backup {target.name}"):
        make_directories(archive.staging / "locks")
        with exclusive_lock(archive.staging / "locks" / "backup.lock", "the backup", wait=False):
            os.makedirs(target, mode=0o700, exist_ok=True)
            # First the key, by which the next run knows whose backup this is.
            for room in _MIRRORED:
                if (archive.home / room).is_dir():
                    _mirror(archive.home / room, target / room)
            bring_file(archive.home / "oais.yaml", target / "oais.yaml")
            warnings = _back_up_database(archive, target)
            for room in _GROWING:
                _grow_quietly(archive.home / room, target / room)
            return _back_up_aips(archive, target, warnings, progress)


def _check_target(archive: Home, target: Path) -> None:
    place = target.resolve()
    if place.is_relative_to(archive.home) or archive.home.is_relative_to(place):
        raise WrongUsageError(
            f"{target} and the archive lie in each other", remedy="name a folder elsewhere, on another disk"
        )
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    try:
        ours = read_regular(place / _PUBLIC_KEY) == read_regular(archive.home / _PUBLIC_KEY)
    except OSError:
        ours = False
    if not ours or _is_used(place):
        raise RefusedError(
            f"{target} is not empty and no backup of this archive",
            remedy="name an empty or missing folder, or the backup that is to be brought up to date",
        )


def _is_used(place: Path) -> bool:
    """Return whether a folder is a home that somebody works with: what a backup leaves out is there."""
    return (place / "search_index").exists() or (place / "staging").exists()


def _back_up_database(archive: Home, target: Path) -> list[str]:
    if archive.settings.database:
        return ["people and orders are in the database that the setting names: back it up with its own tools"]
    if (archive.home / _DATABASE).exists():
        copy_database(archive.home / _DATABASE, target / _DATABASE)
    return []


def _mirror(source: Path, target: Path) -> None:
    """Make a room as it is at home; a reader sees the old one or the new one."""
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(source, new, symlinks=True)
    sync_tree(new)
    if target.exists():
        exchange_directories(new, target)
        shutil.rmtree(new)
    else:
        os.rename(new, target)


def _grow_quietly(source: Path, target: Path) -> None:
    """Bring a room; the ledger again where it grew meanwhile, so that its tiles are those of its head."""
    for _ in range(_TRIES):
        before = _head(source)
        _grow(source, target)
        if _head(source) == before:
            return


def _head(source: Path) -> bytes:
    try:
        return read_regular(source / "checkpoint")
    except OSError:
        return b""


def _grow(source: Path, target: Path) -> None:
    make_directories(target)
    grown = {target, target.parent}
    for entry in walk(source) if source.is_dir() else ():
        place = target / entry.path
        if entry.is_directory:
            make_directories(place)
        elif entry.is_file and not entry.path.endswith(".tmp") and not _is_same(place, entry.status):
            with _gone_meanwhile():
                bring_file(source / entry.path, place)
                grown |= {place.parent, place.parent.parent}
    sync_paths((), sorted(grown))


def _is_same(place: Path, status: os.stat_result) -> bool:
    try:
        found = place.lstat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (status.st_size, status.st_mtime_ns)


@contextmanager
def _gone_meanwhile() -> Iterator[None]:
    """Let a file be gone that was there when its folder was read: an upload that has come in."""
    try:
        yield
    except FileNotFoundError:
        return


def _back_up_aips(
    archive: Home, target: Path, warnings: list[str], progress: Callable[[], None] | None
) -> Backup:
    """Copy what is new of every AIP and prove each copy; one that is not sound at home is told and left."""
    copy_root_files(archive.aip_root, target / "aip")
    withdrawn = follow(archive, target / "aip", target / _PARTIAL)
    trusted = archive.trusted_keys()
    copied: list[str] = []
    damaged: list[tuple[str, Finding]] = []
    count = 0
    for root in aip_store(archive).found_roots():
        count += 1
        place = target / "aip" / root.relative_to(archive.aip_root)
        name = root.name
        try:
            stored = open_stored(root)
            name = stored.aip_id
            new = copy_aip(stored, Folder(target, "."), place.relative_to(target).as_posix(), _PARTIAL)
        except (DamageError, NotFoundError, FileNotFoundError) as error:
            damaged.append((name, finding("AIP-001", root.name, str(error))))
            continue
        if new:
            # Every byte was read again already; names, signatures and the log are compared here.
            told = audit_aip(place, trusted, algorithms=(), record=False)
            damaged += [(told.aip_id, found) for found in told.findings if found.severity == "error"]
            copied += [f"{stored.aip_id}@v{number}" for number in new]
        if progress is not None:
            progress()
    gone = [*warnings, *(f"{aip_id} was withdrawn: its copy was removed" for aip_id in withdrawn)]
    return Backup(str(target), count, tuple(copied), tuple(damaged), tuple(gone))

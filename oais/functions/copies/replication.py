"""Replication: each location is brought what it has not, proven before and after.

What a location is owed is found by comparing, never remembered: a location that was away, or a run that was
broken off, is made up for by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aip.audit import audit_aip
from aip.copying import SourceError, copy_aip, head_of_copy
from aip.recovery import finish_version
from aip.root import renew_reader
from aip.seals import believed_inventory
from aip.stored import SIDECAR, StoredAip, open_stored, sidecar_digest
from oais.archive import Home
from oais.confirming import require_open
from oais.disk_faults import storage_errors
from oais.errors import ArchiveError, DamageError, NotFoundError, StorageError
from oais.files import make_directories, read_regular
from oais.functions.copies.locations import Location, locations
from oais.functions.reporting import Reporter
from oais.functions.storage import aip_store
from oais.functions.withdrawal.quarantined import purge
from oais.functions.withdrawal.removing import follow
from oais.information.findings import Finding, Severity, finding
from oais.information.identifiers import object_path
from oais.locks import exclusive_lock

_PARTIAL: Final = "staging/copying"
_MAKE_UP: Final = "'oais work' or 'oais location sync' makes up for it"


@dataclass(frozen=True, slots=True)
class Synced:
    """What one run did for a location: versions brought and proven, and AIPs that could not be brought.

    ``away`` says why the location could not be asked at all, or stopped answering; ``withdrawn`` are AIPs
    whose copies were taken out, because two people withdrew them.
    """

    location: str
    aips: int
    copied: tuple[str, ...]
    findings: tuple[tuple[str, Finding], ...]
    away: str = ""
    withdrawn: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, object]:
        """Return it as ``--json`` shows it."""
        return {
            "location": self.location,
            "aips": self.aips,
            "copied": list(self.copied),
            "findings": [{"aip": aip, **found.as_dict()} for aip, found in self.findings],
            "away": self.away,
            "withdrawn": list(self.withdrawn),
        }


def sync_all(
    home: Home, names: Sequence[str] = (), progress: Callable[[], None] | None = None
) -> Iterator[Synced]:
    """Bring every location, or those named, what it is owed; one that is away is told and stops no other.

    Raises DamageError when the list of locations is not what was written, StorageError.
    """
    for location in locations(home):
        if not names or location.name in names:
            yield sync(home, location, progress=progress)


def sync(
    home: Home,
    location: Location,
    aip_ids: Iterable[str] | None = None,
    progress: Callable[[], None] | None = None,
) -> Synced:
    """Bring a location all that it is owed, or of these AIPs alone; what cannot be brought is told.

    Withdrawals are followed where all is brought: at locations that were there when two people withdrew
    an AIP that has been done already, and each delivery would read all records of all withdrawals.
    """
    copied: list[str] = []
    findings: list[tuple[str, Finding]] = []
    withdrawn: list[str] = []
    count = 0
    try:
        with one_writer_at(home, location):
            if aip_ids is None:
                renew_reader(location.root)
                withdrawn = follow(home, location.root, location.path / _PARTIAL)
                purge(home, location.path)
            for root in _object_roots(home, aip_ids):
                count += 1
                try:
                    copied += _bring(home, location, root)
                except (DamageError, NotFoundError, SourceError) as error:
                    findings.append((root.name, _why_not(root, error)))
                if progress is not None:
                    progress()
    except ArchiveError as error:
        return Synced(location.name, count, tuple(copied), tuple(findings), error.message)
    return Synced(location.name, count, tuple(copied), tuple(findings), withdrawn=tuple(withdrawn))


def replicate(home: Home, aip_ids: Sequence[str], reporter: Reporter) -> None:
    """Bring AIPs that were just stored and acknowledged to every location; never raises.

    A location that is away, or cannot take them, is owed them: 'oais work' and 'oais location sync' make up
    for it.
    """
    if not aip_ids:
        return
    try:
        for location in locations(home):
            reporter.step("copy", f"to {location.name}")
            told = sync(home, location, aip_ids)
            missed = len(aip_ids) - len({name.rpartition("@")[0] for name in told.copied})
            if told.away or told.findings:
                reason = told.away or told.findings[0][1].message
                aips = "1 AIP" if missed == 1 else f"{missed} AIPs"
                reporter.warn(f"{location.name} is owed {aips}: {reason}", _MAKE_UP)
    except ArchiveError as error:
        reporter.warn(f"nothing was copied: {error.message}", error.remedy or _MAKE_UP)


def is_owed(home: Home, location: Location, root: Path) -> bool:
    """Return whether a location has another inventory of an AIP than the archive, or none; reads little."""
    copy = location.root / root.relative_to(home.aip_root)
    ours = sidecar_digest(root / SIDECAR)
    return not ours or sidecar_digest(copy / SIDECAR) != ours


def owed_to(home: Home, location: Location) -> int:
    """Return how many AIPs a location has not as the archive has them; raises StorageError."""
    return sum(1 for root in aip_store(home).found_roots() if is_owed(home, location, root))


@contextmanager
def one_writer_at(home: Home, location: Location) -> Iterator[None]:
    """Hold a location alone, of all processes of this archive.

    Raises StorageError when it is away, or closed by a write that its disk did not confirm.
    """
    location.store()
    require_open(location.path, f"nothing is copied to {location.name} any more")
    locks = home.staging / "locks"
    with storage_errors(f"location {location.name}"):
        make_directories(locks)
        with exclusive_lock(locks / f"location-{location.name}.lock", f"location {location.name}"):
            yield


def _object_roots(home: Home, aip_ids: Iterable[str] | None) -> Iterator[Path]:
    if aip_ids is None:
        yield from aip_store(home).found_roots()
    else:
        yield from (home.aip_root / object_path(aip_id) for aip_id in aip_ids)


def _bring(home: Home, location: Location, root: Path) -> list[str]:
    """Verify, copy, verify: the signature first, each byte on its way, names and signatures of the copy."""
    if not is_owed(home, location, root):
        return []
    stored = _proven(home, root)
    copy = location.root / root.relative_to(home.aip_root)
    if copy.is_dir() and finish_version(copy) and not is_owed(home, location, root):
        return []  # a run that was broken off had brought it all but the last file
    place = f"aip/{root.relative_to(home.aip_root).as_posix()}"
    medium = location.medium
    ahead = head_of_copy(medium, place)
    if ahead >= stored.head:
        raise DamageError(
            f"the copy of {stored.aip_id} at {location.name} ends with v{ahead}, the archive's with "
            f"v{stored.head}, and their inventories differ",
            remedy="find out which is right: 'oais repair' tells what each copy is",
        )
    new = copy_aip(stored, medium, place, _PARTIAL)
    told = audit_aip(copy, home.trusted_keys(), algorithms=(), record=False)
    wrong = [found.message for found in told.findings if found.severity is Severity.ERROR]
    if wrong:
        raise DamageError(f"the copy at {location.name} is not sound: {wrong[0]}")
    return [f"{stored.aip_id}@v{number}" for number in new]


def _proven(home: Home, root: Path) -> StoredAip:
    """Return an AIP whose inventory the archive signed; raises DamageError for any other."""
    try:
        stored = open_stored(root)
    except StorageError as error:
        raise SourceError(error.message, remedy=error.remedy) from error
    believed = believed_inventory(root, home.trusted_keys())
    wrong = [found.message for found in believed.findings if found.severity is Severity.ERROR]
    if wrong or believed.inventory is None:
        raise DamageError(f"{stored.aip_id} is not sound itself: {wrong[0] if wrong else 'no inventory'}")
    return stored


def _why_not(root: Path, error: ArchiveError) -> Finding:
    return finding("COP-001", root.name, error.message)


class Replicator:
    """The worker's copies: looks only where something was stored since, or a location came back."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._seen: dict[str, bytes] = {}

    def bring_due(self) -> int:
        """Bring all locations what they are owed; return how many versions came, or went withdrawn.

        Raises StorageError for the first that is away, DamageError for what could not be copied; both only
        after all others were seen to, and each once until something changes.
        """
        copied, faults = 0, list[ArchiveError]()
        for location in locations(self._home):
            head = self._state_of_archive()
            if not location.away and self._seen.get(location.name) == head:
                continue
            told = sync(self._home, location)
            copied += len(told.copied) + len(told.withdrawn)
            if told.away:
                self._seen.pop(location.name, None)
                faults.append(StorageError(told.away, remedy=_MAKE_UP))
                continue
            self._seen[location.name] = head
            faults += [DamageError(found.message, remedy=found.remedy) for _, found in told.findings[:1]]
        if faults and not copied:
            raise faults[0]
        return copied

    def _state_of_archive(self) -> bytes:
        """Return what changes with whatever is stored: the head of the ledger."""
        try:
            return read_regular(self._home.home / "ledger" / "checkpoint")
        except OSError:
            return b""

"""Repair: a damaged, lost or older copy is made anew from a proven one, and the damaged one is kept aside.

The new copy comes together beside the store, is read again from the disk and compared with the inventory that
the archive signed; then the two change places in one step. Nothing is ever mended in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Final

from aip.audit_log import check_audit_log
from aip.copying import build_copy
from aip.medium import Medium
from aip.stored import AUDITS, StoredAip, open_stored
from oais.archive import Archive, Home
from oais.disk_faults import storage_errors
from oais.errors import DamageError, NotFoundError
from oais.files import read_regular
from oais.functions.copies.deciding import Decision, decide
from oais.functions.copies.judging import Copy, State, judge, judge_copies
from oais.functions.copies.locations import HOME, locations, media, roots
from oais.functions.copies.replication import one_writer_at
from oais.functions.copies.telling import Mended, aside_of, keep_late_reports, keep_report, tell_audits
from oais.functions.ledger.recording import known_in, ledger_of, standing
from oais.functions.storage import BUILDING, aip_store
from oais.functions.withdrawal.keeping import tombstone_of
from oais.information.chained_log import line_after
from oais.information.findings import Finding, Severity, finding
from oais.information.identifiers import object_path
from oais.locks import exclusive_lock

_BUILDING: Final = "staging/repairing"

Recorded = Mapping[str, Mapping[int, str]]
"""What the ledger says of the versions of AIPs: the sha512 of each inventory, by place and number."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of one AIP: its copies as they were found, which one was believed, and what was done.

    ``waiting`` are the locations whose copies were to be made anew.
    """

    aip_id: str
    copies: tuple[Copy, ...]
    source: str
    waiting: tuple[str, ...]
    mended: tuple[Mended, ...]
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether every copy that could be asked is what was sealed now."""
        return not any(found.severity is Severity.ERROR for found in self.findings)

    def as_plain(self) -> dict[str, object]:
        """Return it as ``--json`` shows it."""
        return {
            "aip": self.aip_id,
            "copies": [
                {"location": copy.location, "state": str(copy.state), "head": copy.head}
                for copy in self.copies
            ],
            "source": self.source,
            "to_repair": list(self.waiting),
            "repaired": [mended.as_plain() for mended in self.mended],
            "findings": [found.as_dict() for found in self.findings],
        }


def places_of(home: Home, aip_ids: Sequence[str] = ()) -> list[str]:
    """Return where the AIPs lie below each storage root: those named, else all that any copy holds.

    Raises NotFoundError for an AIP of which there is no copy and no word in the ledger, StorageError.
    """
    if aip_ids:
        return [object_path(aip_id) for aip_id in aip_ids]
    stores = [aip_store(home)] + [one.store() for one in locations(home) if not one.away]
    return sorted(
        {root.relative_to(store.root).as_posix() for store in stores for root in store.found_roots()}
    )


def recorded_in(home: Home) -> Recorded:
    """Return what the ledger says of all versions; raises DamageError where it cannot be believed."""
    said: dict[str, dict[int, str]] = {}
    for (kind, subject), digest in standing(home, known_in(ledger_of(home))).items():
        aip_id, _, version = subject.rpartition("@v")
        if kind == "aip-version":
            said.setdefault(object_path(aip_id), {})[int(version)] = digest
    return said


def repair(
    archive: Archive, place: str, recorded: Recorded, *, unreadable: bool = False, dry_run: bool = False
) -> Repair:
    """Judge every copy of an AIP and make anew what is not as the archive signed it.

    Nothing is written where no copy is proven (COP-006), nor over one that cannot be read (COP-007), unless
    ``unreadable`` says that it is to be replaced. Raises NotFoundError, DamageError, StorageError.
    """
    said = recorded.get(place, {})
    copies = judge_copies(archive, place)
    if all(copy.state in {State.MISSING, State.AWAY} for copy in copies) and not said:
        raise NotFoundError(f"there is no copy of an AIP at {place}", remedy="'oais ls' lists what there is")
    decision = decide(place, copies, said, unreadable=unreadable)
    if not dry_run:
        keep_late_reports(archive, copies)
    if decision.source is not None and is_withdrawn(archive, decision.source):
        return _let_go(copies, decision.source)
    if dry_run or not decision.repaired:
        if not dry_run:
            tell_audits(archive, copies)
        return _told(place, copies, decision, ())
    with _nobody_else_writes(archive, decision):
        copies = judge_copies(archive, place)  # as they are now that nobody changes them
        decision = decide(place, copies, said, unreadable=unreadable)
        done = tuple(_mended(archive, place, decision))
    told = _told(place, copies, decision, done)
    new = _read_again(archive, place, done)
    told = replace(told, findings=(*told.findings, *_still_wrong(place, new)))
    tell_audits(archive, {copy.location: copy for copy in (*copies, *new)}.values())
    if done:
        keep_report(archive, told.aip_id, told.source, done)
    return told


def is_withdrawn(home: Home, copy: Copy) -> bool:
    """Return whether a tombstone stands for the AIP of a copy, which nobody brings back then.

    Raises DamageError when a record of its withdrawal is not what was signed: it may have been withdrawn.
    """
    return tombstone_of(home, open_stored(copy.root).aip_id) is not None


def _let_go(copies: Sequence[Copy], source: Copy) -> Repair:
    aip_id = open_stored(source.root).aip_id
    told = finding("COP-008", aip_id, f"{aip_id} was withdrawn, and is still at {source.location}")
    return Repair(aip_id, tuple(copies), "", (), (), (told,))


def _read_again(archive: Archive, place: str, done: Sequence[Mended]) -> list[Copy]:
    """Read every new copy once more from where it counts."""
    trusted, where = archive.trusted_keys(), roots(archive)
    names = [mended.location for mended in done]
    return [judge(name, where[name], place, trusted, archive.now()) for name in names]


def _still_wrong(place: str, new: Sequence[Copy]) -> Iterator[Finding]:
    for copy in new:
        if copy.state is not State.GOOD:
            yield finding("COP-003", place, f"the new copy at {copy.location} is {copy.state}")


def _told(place: str, copies: Sequence[Copy], decision: Decision, done: tuple[Mended, ...]) -> Repair:
    source = decision.source
    aip_id = open_stored(source.root).aip_id if source is not None else place.rpartition("/")[2]
    waiting = tuple(copy.location for copy in decision.repaired)
    believed = source.location if source is not None else ""
    return Repair(aip_id, tuple(copies), believed, waiting, done, decision.alarms)


@contextmanager
def _nobody_else_writes(archive: Archive, decision: Decision) -> Iterator[None]:
    """Keep ingests and copiers away; raises StorageError when a location is away by now."""
    names = {copy.location for copy in decision.repaired}
    with ExitStack() as held:
        held.enter_context(exclusive_lock(archive.staging / BUILDING, "the staging area"))
        for location in locations(archive):
            if location.name in names:
                held.enter_context(one_writer_at(archive, location))
        yield


def _mended(archive: Archive, place: str, decision: Decision) -> Iterator[Mended]:
    """Make every bad copy anew; raises DamageError when the source is not what it was, StorageError."""
    if decision.source is None:
        return
    writable = media(archive)
    source = open_stored(decision.source.root)
    if source.inventory_digest != decision.source.digest:
        raise DamageError(f"the copy at {decision.source.location} changed while it was read")
    for copy in decision.repaired:
        moment = archive.now()
        medium = writable[copy.location]
        with storage_errors(f"repairing {source.aip_id} at {copy.location}"):
            log = _log_of(copy, source, decision.source.location, moment)
            medium.remove(_BUILDING)
            try:
                build_copy(source, medium, _BUILDING)
                medium.replace(f"{_BUILDING}/{AUDITS}", log)
                aside = _put(archive, copy, medium, place, moment)
            finally:
                medium.remove(_BUILDING)
        yield Mended(copy.location, str(copy.state), copy.head, aside)


def _put(archive: Archive, copy: Copy, medium: Medium, place: str, moment: str) -> str:
    """Let the new copy count; return where the damaged one lies now, empty when there was none."""
    final = f"aip/{place}"
    mending = aip_store(archive).mending(copy.root.name) if copy.location == HOME else nullcontext()
    if copy.state is State.MISSING:
        with mending:
            medium.publish(_BUILDING, final)
        return ""
    # The new one waits where the damaged one is to rest: one step, and nobody can lose either.
    aside = _free(medium, aside_of(copy.root.name, moment))
    with mending:
        medium.publish(_BUILDING, aside)
        medium.exchange(aside, final)
    return aside


def _free(medium: Medium, wanted: str) -> str:
    """Return a name that nothing lies at."""
    names = chain((wanted,), (f"{wanted}.{number}" for number in count(2)))
    return next(name for name in names if next(medium.list(name), None) is None)


def _log_of(copy: Copy, source: StoredAip, believed: str, moment: str) -> bytes:
    """Return the log of audits of the new copy: that of the old one, where it is whole, and a line more."""
    whole = (copy.root / AUDITS).is_file() and next(check_audit_log(copy.root), None) is None
    log = read_regular(copy.root / AUDITS, follow=False) if whole else b""
    paths = [path for paths in source.inventory.manifest.values() for path in paths]
    entry = {
        "started_at": moment,
        "ended_at": moment,
        "head": source.head,
        "algorithms": ["sha512"],
        "files": len(paths),
        "bytes": sum((source.path / path).lstat().st_size for path in paths),
        "findings": [],
        "recovery": {
            "from": believed,
            "to": copy.location,
            "was": str(copy.state),
            "head": copy.head,
            "found": len(copy.findings),
        },
    }
    return log + line_after(log, entry)

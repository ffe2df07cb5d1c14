"""Carries an approved withdrawal out: tombstone, one rename out of the store, deletion.

Before the rename the whole AIP is there, after it the tombstone stands. Whoever comes after a crash, the
sweep at a start or somebody who repeats the command, goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path

from aip.reading import read_description, read_report
from aip.stored import INVENTORY, StoredAip
from oais.archive import Archive, Home
from oais.disk_faults import storage_errors
from oais.errors import DamageError, InUseError
from oais.files import read_regular, sync_directory
from oais.functions.ledger.recording import record_withdrawal
from oais.functions.ledger.unrecorded import marked
from oais.functions.quicklooks.answers import forget_looks
from oais.functions.storage import BUILDING, aip_store
from oais.functions.withdrawal.keeping import folder_of, keep, sound_withdrawals
from oais.functions.withdrawal.quarantined import purge
from oais.information.fixity import hash_bytes
from oais.information.identifiers import object_path
from oais.information.listing import listing
from oais.information.withdrawals import Deletion, LostVersion, Tombstone, Withdrawal, standing
from oais.locks import exclusive_lock
from oais.walking import walk
from search_index.index import open_index


def carry_out(archive: Archive, withdrawal: Withdrawal) -> Deletion:
    """Do what is left of an approved withdrawal; the caller lets nobody else write this AIP.

    Raises DamageError when the AIP cannot be read for its tombstone, StorageError.
    """
    if withdrawal.deletion is not None:
        return withdrawal.deletion
    tombstone = withdrawal.tombstone or _lay(archive, withdrawal)
    place = archive.staging / f"withdrawn-{folder_of(archive, withdrawal.aip_id).name}"
    _forget(archive, withdrawal.aip_id)  # first: nothing is found that is not stored
    aip_store(archive).take_out(withdrawal.aip_id, place)
    forget_looks(archive.home, _digests(place))
    with storage_errors(f"deleting {withdrawal.aip_id}"):
        _delete(place)
        purge(archive, archive.home)
        _delete(archive.dip_root / "derived")  # what was cut of its tables; it is made again of others
    _forget(archive, withdrawal.aip_id)  # once more: an ingest may have told of it just now
    deletion = Deletion(withdrawal.aip_id, withdrawal.number, archive.now())
    keep(archive, deletion)
    record_withdrawal(archive, (tombstone, deletion))
    return deletion


def _digests(place: Path) -> Mapping[str, object] | None:
    """Return the sha512 of all that an AIP taken out holds; None where it cannot be told any more."""
    try:
        manifest = json.loads(read_regular(place / INVENTORY, follow=False))["manifest"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return manifest if isinstance(manifest, dict) else None


def _delete(place: Path) -> None:
    if place.exists():
        shutil.rmtree(place)
        sync_directory(place.parent)


def _lay(archive: Archive, withdrawal: Withdrawal) -> Tombstone:
    """Keep the tombstone while the AIP is still there, whole: nobody sees it before the AIP is gone."""
    stored = aip_store(archive).find(withdrawal.aip_id)
    if stored is None:
        raise DamageError(
            f"{withdrawal.aip_id} is gone, and no tombstone was laid",
            remedy="restore it from a copy; then the withdrawal can be finished",
        )
    tombstone = _tombstone(stored, withdrawal, archive.now())
    keep(archive, tombstone)
    return tombstone


def _tombstone(stored: StoredAip, withdrawal: Withdrawal, now: str) -> Tombstone:
    """Return what will remain of an AIP, read while it is still there."""
    assert withdrawal.ruling is not None
    description = read_description(stored)
    files = [entry.status.st_size for entry in walk(stored.path) if entry.is_file]
    return Tombstone(
        aip_id=stored.aip_id,
        number=withdrawal.number,
        at=now,
        title=description.title,
        node=description.node,
        agreement=description.agreement,
        why=withdrawal.request.why,
        reason=withdrawal.request.reason,
        basis=withdrawal.request.basis,
        asked=withdrawal.request.act,
        approved=withdrawal.ruling.act,
        files=len(files),
        bytes=sum(files),
        versions=tuple(_lost(stored, number) for number in stored.versions),
    )


def _lost(stored: StoredAip, number: int) -> LostVersion:
    version = stored.inventory.versions[number]
    place = stored.path / f"v{number}" / INVENTORY
    with storage_errors(f"reading the inventory of {stored.aip_id}"):
        inventory = hash_bytes(read_regular(place, follow=False)).digests["sha512"]
    return LostVersion(
        number=number,
        stored_at=version.created,
        receipt=str(read_report(stored, number).get("receipt", {}).get("receipt_id", "")),
        inventory=inventory,
        files=hash_bytes(listing(version.state)).digests["sha512"],
    )


def _forget(archive: Archive, aip_id: str) -> None:
    """Take the AIP out of the index; raises StorageError, for what is gone must not be found any more."""
    with closing(open_index(archive.index_root)) as index:
        if index.is_made() and index.aip(aip_id) is not None:
            index.remove([aip_id])


def finish_withdrawals(archive: Archive) -> Iterator[str]:
    """Finish what a crash cut short, and say what was done; the caller keeps everybody else from building.

    Damaged records are for the audit to tell. Raises DamageError, StorageError.
    """
    for withdrawal in chain.from_iterable(sound_withdrawals(archive)):
        if withdrawal.approved and withdrawal.deletion is None:
            carry_out(archive, withdrawal)
            yield f"finished the withdrawal of {withdrawal.aip_id}"
        if withdrawal.approved and withdrawal.readmission is None:
            aip_store(archive).prune(withdrawal.aip_id)


def prune_after(archive: Archive, aip_id: str) -> None:
    """Remove the empty folders that a withdrawal left; while somebody builds the next sweep is told to."""
    try:
        with exclusive_lock(archive.staging / BUILDING, "the staging area", wait=False):
            aip_store(archive).prune(aip_id)
    except InUseError:
        with marked(archive) as mark:
            mark.stays = True


def owed(home: Home, root: Path) -> list[Withdrawal]:
    """Return the withdrawals that a copy of the store at ``root`` has not followed; raises StorageError.

    An AIP that is in the archive's own store is owed by nobody, whatever stood there before.
    """
    return [
        gone
        for gone in map(standing, sound_withdrawals(home))
        if gone is not None
        and gone.deletion is not None
        and (root / object_path(gone.aip_id)).is_dir()
        and not (home.aip_root / object_path(gone.aip_id)).exists()
    ]


def follow(home: Home, root: Path, partial: Path) -> list[str]:
    """Let a copy of the store at ``root`` follow the withdrawals that it owes; return the AIPs taken out.

    ``partial`` is a folder of the copy's own file system that is removed in the end. Only signed tombstones
    count, so that nobody empties a copy by writing a file. Raises StorageError.
    """
    gone = []
    for withdrawal in owed(home, root):
        source = root / object_path(withdrawal.aip_id)
        with storage_errors(f"taking {withdrawal.aip_id} out of {root.name}"):
            _delete(partial)
            source.rename(partial)
            sync_directory(source.parent)
            _delete(partial)
            for folder in list(source.parents)[:3]:
                if any(folder.iterdir()):
                    break
                folder.rmdir()
                sync_directory(folder.parent)
        gone.append(withdrawal.aip_id)
    return gone

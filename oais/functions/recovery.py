"""What a crash left behind: removed, finished, or recorded, before anything else is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from aip.root import renew_reader
from oais.archive import Archive
from oais.errors import StorageError
from oais.files import exclusive_lock
from oais.functions.ledger.recording import record_kept
from oais.functions.storage import BUILDING, aip_store


def sweep(archive: Archive) -> list[str]:
    """Remove what a crash left in staging and custody, finish half-made versions; say what was done.

    What was stored and did not come into the ledger any more is added to it, and the reader in the storage
    root is brought up to this release's. While any process builds packages nothing is swept: what lies there
    is its work. Raises DamageError when the ledger is damaged.
    """
    try:
        with exclusive_lock(archive.staging / BUILDING, "the staging area", wait=False):
            done = [*aip_store(archive).recover(), *_remove_remains(archive)]
            done += renew_reader(archive.aip_root)
            if added := record_kept(archive):
                done.append(f"added {added} entries to the ledger, which a crash had kept out")
            return done
    except StorageError:
        return []


def _remove_remains(archive: Archive) -> Iterator[str]:
    for room in (archive.staging, archive.custody):
        for path in sorted(room.iterdir()):
            if path.is_dir() and path.name != "locks":
                shutil.rmtree(path)
                yield f"removed {room.name}/{path.name}, left by a process that ended before it was done"

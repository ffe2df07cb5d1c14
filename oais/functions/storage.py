"""Archival storage: the way to stored AIPs, and what a crash left behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from aip.root import renew_reader
from aip.storage import AipStore
from aip.stored import StoredAip
from oais.archive import Archive, Home
from oais.errors import NotFoundError, StorageError
from oais.files import exclusive_lock, shared_lock


def aip_store(archive: Home) -> AipStore:
    """Return the store of the archive."""
    return AipStore(archive.aip_root, archive.staging / "locks")


def find_aip(archive: Home, aip_id: str) -> StoredAip:
    """Return a stored AIP; raises NotFoundError, or DamageError when its inventory is damaged."""
    stored = aip_store(archive).find(aip_id)
    if stored is None:
        raise NotFoundError(
            f"the archive holds no AIP {aip_id}", remedy="'oais ls' lists what it holds, 'oais find' searches"
        )
    return stored


@contextmanager
def ingesting(archive: Archive) -> Iterator[None]:
    """Keep the sweep away while packages are being built; any number of processes may build."""
    with shared_lock(archive.staging / "building.lock", "the staging area"):
        yield


def sweep(archive: Archive) -> list[str]:
    """Remove what a crash left in staging and custody, finish half-made versions; say what was done.

    The reader in the storage root is brought up to this release's too. While any process builds packages
    nothing is swept: what lies there is its work.
    """
    try:
        with exclusive_lock(archive.staging / "building.lock", "the staging area", wait=False):
            done = [*aip_store(archive).recover(), *_remove_remains(archive)]
            return [*done, *renew_reader(archive.aip_root)]
    except StorageError:
        return []


def _remove_remains(archive: Archive) -> Iterator[str]:
    for room in (archive.staging, archive.custody):
        for path in sorted(room.iterdir()):
            if path.is_dir() and path.name != "locks":
                shutil.rmtree(path)
                yield f"removed {room.name}/{path.name}, left by a process that ended before it was done"

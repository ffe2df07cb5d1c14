"""Archival storage: the way to stored AIPs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aip.storage import AipStore
from aip.stored import StoredAip
from oais.archive import Home
from oais.confirming import require_open
from oais.errors import NotFoundError, StorageError
from oais.functions.withdrawal.keeping import WithdrawnError, tombstone_of
from oais.locks import exclusive_lock, shared_lock

BUILDING: Final = "building.lock"
"""Lock file of the staging area: held together by those who build, alone by who tidies up."""


def aip_store(archive: Home) -> AipStore:
    """Return the store of the archive."""
    return AipStore(archive.aip_root, archive.staging / "locks")


def find_aip(archive: Home, aip_id: str) -> StoredAip:
    """Return a stored AIP; raises NotFoundError, or DamageError when its inventory is damaged.

    For whoever may know of all: one that was withdrawn is told as such, by WithdrawnError.
    """
    stored = aip_store(archive).find(aip_id)
    if stored is None and (tombstone := tombstone_of(archive, aip_id)) is not None:
        raise WithdrawnError(tombstone)
    if stored is None:
        raise NotFoundError(
            f"the archive holds no AIP {aip_id}", remedy="'oais ls' lists what it holds, 'oais find' searches"
        )
    return stored


@contextmanager
def ingesting(home: Home) -> Iterator[None]:
    """Keep the sweep away while packages are being built; any number of processes may build.

    Raises StorageError, also where a write was not confirmed and nobody has looked into it since.
    """
    require_open(home.home)
    with shared_lock(home.staging / BUILDING, "the staging area"):
        yield


def is_ingesting(home: Home) -> bool:
    """Return whether packages are being built; where no lock can be taken they may be."""
    try:
        with exclusive_lock(home.staging / BUILDING, "the staging area", wait=False):
            return False
    except StorageError:
        return True

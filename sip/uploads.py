"""Uploads in ``sip/uploads``: the bytes of a delivery as they arrive in pieces, one writer at a time.

A byte counts once it is synced. Where the next one goes is told by whoever keeps count of that; what lies
behind it was written by a writer that ended before it could sync, and is cut off.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oais.confirming import confirm
from oais.disk_faults import storage_errors
from oais.errors import DamageError, RefusedError, StorageError
from oais.files import free_bytes, make_directories, sync_directory, write_all

RESERVE = 64 << 20
"""Bytes of disk that no upload may take: the archive itself must be able to go on."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


class UploadBusyError(RefusedError):
    """Another request is writing this very upload."""

    http_status = 423


class NoRoomError(StorageError):
    """The disk has no room for the upload (RFC 4918 §11.5)."""

    http_status = 507


def create_upload(path: Path, length: int) -> None:
    """Make the empty file of a new upload of ``length`` bytes; raises NoRoomError, StorageError."""
    with _room_for(path.name):
        if length > free_bytes(path.parent.parent) - RESERVE:
            raise no_room(path.name)
        make_directories(path.parent)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        sync_directory(path.parent)
        sync_directory(path.parent.parent)


def remove_upload(path: Path) -> None:
    """Remove the file of an upload and its folder, as far as they are there; raises StorageError."""
    with storage_errors(f"removing the upload {path.name}"):
        if path.parent.exists():
            shutil.rmtree(path.parent)
            sync_directory(path.parent.parent)


class UploadWriter:
    """Adds bytes to one upload, from the last byte that counts on; ``offset`` is where the next one goes."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        self._name = path.name
        self._kept = 0
        self.offset = 0

    def start_at(self, offset: int) -> None:
        """Cut off what does not count; raises DamageError when bytes that were acknowledged are missing."""
        size = os.fstat(self._descriptor).st_size
        if size < offset:
            raise DamageError(
                f"{self._name} has {size} bytes, and {offset} were acknowledged",
                remedy="begin a new upload; what is left of this one ends by itself",
            )
        self._kept = offset
        self.drop()

    def add(self, data: bytes | memoryview) -> None:
        """Write more bytes; on a full disk those since ``keep`` are dropped and NoRoomError raised."""
        try:
            with _room_for(self._name):
                write_all(self._descriptor, data)
        except StorageError:
            self.drop()
            raise
        self.offset += len(data)

    def keep(self) -> int:
        """Sync what was added and return the offset that may be acknowledged; raises StorageError.

        What the disk did not confirm is dropped, and closes the archive.
        """
        try:
            with _room_for(self._name):
                confirm(self._descriptor, self._path)
        except StorageError:
            self.drop()
            raise
        self._kept = self.offset
        return self._kept

    def drop(self) -> None:
        """Take back what was added since ``keep``; raises StorageError."""
        with storage_errors(f"the upload {self._name}"):
            os.ftruncate(self._descriptor, self._kept)
            os.lseek(self._descriptor, self._kept, os.SEEK_SET)
        self.offset = self._kept


@contextmanager
def writing_upload(path: Path) -> Iterator[UploadWriter]:
    """Hold the file of an upload alone; raises UploadBusyError while another writer has it.

    The hold ends with the process that has it, however that ends.
    """
    with storage_errors(f"the upload {path.name}"):
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusyError(
                f"{path.name} is being written by another request",
                remedy="wait until that has ended, ask for the offset, and go on from there",
            ) from error
        yield UploadWriter(descriptor, path)
    finally:
        os.close(descriptor)


def no_room(name: str) -> NoRoomError:
    """Return the fault of a disk without room for an upload."""
    return NoRoomError(
        f"the disk has no room for the upload {name}",
        remedy="what was acknowledged is kept; go on when the archivist has made room",
    )


@contextmanager
def _room_for(name: str) -> Iterator[None]:
    """Tell a full disk from a broken one."""
    with storage_errors(f"the upload {name}"):
        try:
            yield
        except OSError as error:
            if error.errno in _FULL:
                raise no_room(name) from error
            raise

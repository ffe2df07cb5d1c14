"""What the disk answers, in words: which fault is ours, which is of the file, and what to do about it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from oais.errors import DamageError, StorageError


class NotRegularError(OSError):
    """What was to be read is a pipe, a socket, a device or a directory; a link fails with ELOOP."""


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turn an OSError into a StorageError that names what was being done."""
    try:
        yield
    except NotRegularError as error:
        name = os.fsencode(os.path.basename(error.filename)).decode("utf-8", "replace")
        raise StorageError(f"{what}: {name} is no regular file", remedy=_IN_ITS_PLACE) from error
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        remedy = _REMEDIES.get(error.errno or 0, "see the system's log; nothing half done was kept")
        raise StorageError(f"{what}: {reason}", remedy=remedy) from error


_IN_ITS_PLACE = "see what lies in its place and who put it there, and restore the file from a backup"

_REMEDIES = {
    errno.ELOOP: _IN_ITS_PLACE,
    errno.ENOSPC: "free space on the archive's file system and repeat; nothing half done was kept",
    errno.EDQUOT: "raise the quota of the archive's user and repeat; nothing half done was kept",
    errno.EROFS: "the file system is read-only: have it checked before it is mounted for writing again",
    errno.EACCES: "give the archive's user the right to write there and repeat",
    errno.EIO: "the disk reported an I/O error: check it before anything else is written",
}


def unreadable(name: str, error: OSError) -> DamageError | StorageError:
    """Return why a sealed file cannot be read: something else lies in its place, or the disk refuses it.

    What the disk refuses may be whole: a lost permission or a failing disk is no damage.
    """
    told = f"{name} cannot be read: {error.strerror}"
    if error.errno in _NOT_AS_SEALED:
        return DamageError(told, remedy="run an audit of this AIP and restore it from a copy")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return StorageError(told, remedy="give the archive's user the right to read it and repeat")
    return StorageError(told, remedy=_REMEDIES.get(error.errno or 0, "see the system's log"))


_NOT_AS_SEALED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.EISDIR})


def require_fault_of_file(error: OSError) -> None:
    """Raise an error that tells nothing of the file that was to be read: our disk fails, or we hold too much.

    Whatever else keeps a stranger's file from being read is a fault of the file.
    """
    if error.errno in _FAULTS_OF_OURS:
        raise error


_FAULTS_OF_OURS = frozenset({errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM})

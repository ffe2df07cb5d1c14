"""Locks between processes: a file that one holds alone, or several together; a process that dies lets go."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oais.disk_faults import storage_errors
from oais.errors import InUseError


@contextmanager
def exclusive_lock(path: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file alone; without ``wait`` a taken lock is an InUseError."""
    with _locked(path, what, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB):
        yield


@contextmanager
def shared_lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file together with others, so that nobody has it alone meanwhile."""
    with _locked(path, what, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(path: Path, what: str, how: int) -> Iterator[None]:
    with storage_errors(f"the lock of {what}"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError as error:
            raise InUseError(
                f"{what} is in use by another process", remedy="wait until it has ended, then repeat"
            ) from error
        yield
    finally:
        with suppress(OSError):  # nothing was written through it, and the lock is let go all the same
            os.close(descriptor)

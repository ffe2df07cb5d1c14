"""Faults of the disk at a chosen call: the n-th write, sync, rename, open … of one ingest fails or kills."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from oais import files

CALLS = (
    "write",
    "fsync",
    "rename",
    "replace",
    "mkdir",
    "link",
    "open",
    "close",
    "unlink",
    "rmdir",
    "scandir",
)
KILLED = 40
_CLOSE = os.close


class Steps:
    """Counts the calls that ask something of the disk; at the chosen one ``fail`` is done instead."""

    def __init__(self, at: int, fail: Callable[[], object]) -> None:
        self.count = 0
        self._at = at
        self._fail = fail
        self._owner = os.getpid()

    def wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that is counted."""

        def step(*arguments: Any, **keywords: Any) -> Any:
            if os.getpid() == self._owner:
                self.count += 1
                if self.count == self._at:
                    if real is _CLOSE:
                        real(*arguments)  # Linux lets go of the descriptor even when close fails
                    self._fail()
            return real(*arguments, **keywords)

        return step


class _Library:
    """Stands for the C library: its rename is counted, and answers by a code instead of raising."""

    def __init__(self, steps: Steps, real: Any) -> None:
        self._real = real
        self._rename = steps.wrapped(real.renameat2)

    def renameat2(self, *arguments: Any) -> int:
        """Rename, or fail as the system call does."""
        try:
            return int(self._rename(*arguments))
        except OSError as error:
            ctypes.set_errno(error.errno or errno.EIO)
            return -1


def failing(code: int) -> Callable[[], object]:
    """Return what raises the error that the disk would."""

    def fail() -> object:
        raise OSError(code, os.strerror(code))

    return fail


def killing() -> object:
    """End the process as a power cut would: nothing is flushed, nothing is cleaned up."""
    os._exit(KILLED)


@contextmanager
def at_step(number: int, fail: Callable[[], object]) -> Iterator[Steps]:
    """Let the ``number``-th call fail; with 0 calls are only counted."""
    steps = Steps(number, fail)
    real = {name: getattr(os, name) for name in CALLS}
    library = files._LIBC
    for name, call in real.items():
        setattr(os, name, steps.wrapped(call))
    files._LIBC = _Library(steps, library)  # type: ignore[assignment]
    try:
        yield steps
    finally:
        files._LIBC = library
        for name, call in real.items():
            setattr(os, name, call)

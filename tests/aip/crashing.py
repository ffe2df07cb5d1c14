"""Runs an action in a child process that dies, or is failed by the disk, at its n-th durable step."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable
from typing import Any, Literal

from oais import files
from oais.errors import StorageError

Fault = Literal["killed", "EIO", "ENOSPC"]
DIED, REFUSED, DONE, OVERCOME, WRONG = 40, 41, 0, 42, 99


class _Steps:
    """Counts calls that change the disk; at the chosen one the process dies or the call fails."""

    def __init__(self, fault: Fault, at: int) -> None:
        self._fault = fault
        self._left = at

    @property
    def happened(self) -> bool:
        """Whether the chosen step was reached."""
        return self._left <= 0

    def wrapped(self, real: Callable[..., Any], *, returns_code: bool = False) -> Callable[..., Any]:
        def step(*arguments: Any, **keywords: Any) -> Any:
            self._left -= 1
            if self._left != 0:
                return real(*arguments, **keywords)
            if self._fault == "killed":
                os._exit(DIED)
            code = errno.EIO if self._fault == "EIO" else errno.ENOSPC
            if returns_code:
                ctypes.set_errno(code)
                return -1
            raise OSError(code, os.strerror(code))

        return step


class _Library:
    """Stands for the C library in ``oais.files``, with its rename counted."""

    def __init__(self, steps: _Steps, real: Any) -> None:
        self.renameat2 = steps.wrapped(real.renameat2, returns_code=True)


def run_with_fault(action: Callable[[], object], fault: Fault, at: int, more: tuple[str, ...] = ()) -> int:
    """Return how the child ended; ``more`` are functions of ``os`` that count as steps too.

    DIED, REFUSED (a StorageError came out), DONE (fewer steps than ``at``), OVERCOME (a fault that
    did no harm, as the making of a folder that is there already) or WRONG.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = WRONG
    try:
        steps = _Steps(fault, at)
        for name in ("fsync", "rename", "replace", "mkdir", "link", "chmod", *more):
            setattr(os, name, steps.wrapped(getattr(os, name)))
        files._LIBC = _Library(steps, files._LIBC)  # type: ignore[assignment]
        action()
        code = OVERCOME if steps.happened else DONE
    except StorageError:
        code = REFUSED
    finally:
        os._exit(code)

"""What can befall a step, and which."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

KILLED: Final = 40
"""How a process ends that is killed at a step."""


class Fault(StrEnum):
    """What befalls a step. The disk of EROFS and EDQUOT stays so; what cannot be read by EIO stays so.

    The others are met once.
    """

    KILL = "kill"
    TORN = "torn"
    EIO = "EIO"
    ENOSPC = "ENOSPC"
    EDQUOT = "EDQUOT"
    EROFS = "EROFS"
    EMFILE = "EMFILE"
    MEMORY = "MemoryError"


_WRITES: Final = frozenset(
    [
        "write",
        "fsync",
        "create",
        "rename",
        "link",
        "mkdir",
        "truncate",
        "chmod",
        "statement",
        "commit",
        "unlink",
        "rmdir",
    ]
)
_GROWS: Final = frozenset(["write", "fsync", "create", "rename", "link", "mkdir", "statement", "commit"])
_OPENS: Final = frozenset(["open", "create", "list", "connect"])
LASTING: Final = frozenset({Fault.EROFS, Fault.EDQUOT})

_APPLIES: Final = {
    Fault.TORN: frozenset({"write"}),
    Fault.ENOSPC: _GROWS,
    Fault.EDQUOT: _GROWS,
    Fault.EROFS: _WRITES - {"fsync"},
    Fault.EMFILE: _OPENS,
}


def applies(fault: Fault, call: str) -> bool:
    """Return whether a call of that kind can meet the fault."""
    return call in _APPLIES.get(fault, (call,))

"""The registered extensions of OCFL and the directories that carry them."""

from __future__ import annotations

from collections.abc import Iterator

from aip.validation.ocfl.entries import Entry, Kind
from oais.information.findings import Finding, finding

REGISTERED = frozenset(
    {
        "initial",
        "0001-digest-algorithms",
        "0002-flat-direct-storage-layout",
        "0003-hash-and-id-n-tuple-storage-layout",
        "0004-hashed-n-tuple-storage-layout",
        "0005-mutable-head",
        "0006-flat-omit-prefix-storage-layout",
        "0007-n-tuple-omit-prefix-storage-layout",
        "0008-schema-registry",
        "0009-digest-algorithms",
        "0010-differential-n-tuple-omit-prefix-storage-layout",
        "0011-direct-clean-path-layout",
        "0012-hash-and-no-prefix-id-n-tuple-storage-layout",
    }
)
"""Names in the community's registry of extensions when this was written."""

_NEWEST = 12


def is_registered(name: str) -> bool:
    """Return whether the name is registered, or numbered after the newest one known here."""
    number = name[:4]
    later = number.isascii() and number.isdecimal() and name[4:5] == "-" and int(number) > _NEWEST
    return later or name in REGISTERED


def check_extensions(
    entries: list[Entry], folder: str, misplaced: str, unregistered: str
) -> Iterator[Finding]:
    """Check the names in an ``extensions`` directory; the two codes differ for object and root."""
    for entry in entries:
        path = folder + entry.name
        if entry.kind is Kind.FILE:
            yield finding(misplaced, path, f"{path} is a file, expected extension directories only")
        elif entry.kind is Kind.DIRECTORY and not is_registered(entry.name):
            yield finding(unregistered, path, f"extension {entry.name} is not in the registry of extensions")

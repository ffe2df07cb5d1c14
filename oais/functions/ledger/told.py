"""What the ledger itself tells of an AIP: to compare the two, no large inventory need be taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from urllib.parse import unquote

from aip.stored import INVENTORY, is_sealed
from oais.files import open_regular

_BLOCK = 1 << 20


def told_versions(root: Path, known: Mapping[tuple[str, str], str]) -> tuple[str, int]:
    """Return identifier and newest version of the AIP at an object root, if the ledger knows that version.

    The inventory at the root is that of the newest version, byte by byte, and its sidecar says what the
    ledger does: whoever hashes the inventory of that version then knows whether both are in doubt. The number
    is 0 where that cannot be said: then the inventory itself must tell. Raises StorageError for a sidecar
    that the disk does not give.
    """
    aip_id = unquote(root.name, errors="replace")
    newest = next(number for number in count() if ("aip-version", f"{aip_id}@v{number + 1}") not in known)
    if not newest:
        return aip_id, 0
    try:
        alike = _alike(root / INVENTORY, root / f"v{newest}" / INVENTORY)
    except OSError:
        return aip_id, 0
    sealed = alike and is_sealed(root, newest, known["aip-version", f"{aip_id}@v{newest}"])
    return aip_id, newest if sealed else 0


def _alike(one: Path, other: Path) -> bool:
    """Return whether two files hold the same bytes; raises OSError."""
    with open(open_regular(one), "rb") as first, open(open_regular(other), "rb") as second:
        while block := first.read(_BLOCK):
            if block != second.read(_BLOCK):
                return False
        return not second.read(1)

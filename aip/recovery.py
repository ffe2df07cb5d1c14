"""Finishes a version whose coming in was cut short by a crash, from what the version itself holds.

A version folder is renamed into the object only when it is complete, synced and signed; what a crash can
leave undone is the copy of its inventory and sidecar at the object's root.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from aip.inventory import Inventory, parse_inventory
from aip.sealing import sidecar_line
from aip.stored import INVENTORY, SIDECAR, sidecar_digest
from oais.files import read_regular, sync_directory, write_durably

_VERSION = re.compile(r"v([1-9][0-9]*)")
_REMAINS = re.compile(r"\.inventory\.json(\.sha512)?\.[0-9]+\.tmp")


def finish_version(root: Path) -> str:
    """Bring root inventory and sidecar up to the newest version folder; return what was done, or nothing.

    A version folder that does not prove itself (its inventory is not what its sidecar says, or it does not
    continue the root's) is left alone: that is damage, and the audit's to tell. Raises OSError.
    """
    newest = newest_version_folder(root)
    data = _proven(root / f"v{newest}")
    if not data or not _continues(root, data, newest):
        return ""
    done = _remove_remains(root)
    if _read(root / INVENTORY) != data:
        write_durably(root / INVENTORY, data)
        done = f"{root.name}: v{newest} was complete, its inventory was brought to the root"
    digest = hashlib.sha512(data).hexdigest()
    if sidecar_digest(root / SIDECAR) != digest:
        write_durably(root / SIDECAR, sidecar_line(digest))
        done = done or f"{root.name}: the sidecar of v{newest} was brought to the root"
    return done


def is_unfinished(root: Path) -> bool:
    """Return whether the root's inventory differs from that of the newest version folder, read cheaply.

    Sidecars and sizes are compared; a whole root with changed bytes is for the audit to find.
    """
    try:
        newest = root / f"v{newest_version_folder(root)}"
        same = _read(root / SIDECAR) == _read(newest / SIDECAR)
        sizes = {os.stat(folder / INVENTORY).st_size for folder in (root, newest)}
        return not same or len(sizes) > 1 or any(map(_REMAINS.fullmatch, os.listdir(root)))
    except OSError:
        return False


def newest_version_folder(root: Path) -> int:
    """Return the highest number of a version folder that is there, 0 when there is none."""
    numbers = [0]
    for name in os.listdir(root):
        match = _VERSION.fullmatch(name)
        if match:
            numbers.append(int(match[1]))
    return max(numbers)


def _proven(folder: Path) -> bytes:
    """Return the version's own inventory if its sidecar confirms it, else nothing."""
    data = _read(folder / INVENTORY)
    digest = hashlib.sha512(data).hexdigest()
    return data if data and sidecar_digest(folder / SIDECAR) == digest else b""


def _continues(root: Path, data: bytes, newest: int) -> bool:
    """Whether the version's inventory is the root's, or has exactly one version more."""
    found = _read(root / INVENTORY)
    if found == data:
        return True
    try:
        old, new = parse_inventory(found), parse_inventory(data)
    except ValueError:
        return False
    return new.head == newest == old.head + 1 and _same_history(old, new)


def _same_history(old: Inventory, new: Inventory) -> bool:
    return old.aip_id == new.aip_id and all(
        new.versions.get(number) == version for number, version in old.versions.items()
    )


def _remove_remains(root: Path) -> str:
    remains = [name for name in os.listdir(root) if _REMAINS.fullmatch(name)]
    for name in remains:
        os.unlink(root / name)
    if remains:
        sync_directory(root)
        return f"{root.name}: {len(remains)} unfinished copy of the inventory was removed"
    return ""


def _read(path: Path) -> bytes:
    try:
        return read_regular(path, follow=False)
    except FileNotFoundError:
        return b""

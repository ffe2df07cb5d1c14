"""What the ledger itself tells of an AIP: to compare the two, no large inventory need be taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from urllib.parse import unquote

from aip.stored import INVENTORY, is_sealed
from oais.files import read_regular


def told_versions(root: Path, known: Mapping[tuple[str, str], str]) -> tuple[str, int]:
    """Return identifier and newest version of the AIP at an object root, by the ledger's sha512 of it.

    The inventory at the root is that of the newest version: when its bytes are what the ledger says, nothing
    in it is in doubt. The number is 0 where that cannot be said: then the inventory itself must tell. Raises
    StorageError for a sidecar that the disk does not give.
    """
    aip_id = unquote(root.name, errors="replace")
    newest = next(number for number in count() if ("aip-version", f"{aip_id}@v{number + 1}") not in known)
    if not newest:
        return aip_id, 0
    try:
        digest = hashlib.sha512(read_regular(root / INVENTORY, follow=False)).hexdigest()
    except OSError:
        return aip_id, 0
    same = digest == known["aip-version", f"{aip_id}@v{newest}"]
    return aip_id, newest if same and is_sealed(root, newest, digest) else 0

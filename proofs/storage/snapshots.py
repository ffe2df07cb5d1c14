"""A folder kept in memory: taken, compared by one digest, and put back as it was."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

Kept = Mapping[str, tuple[int, bytes | None]]
"""Mode and bytes of each file by its path, no bytes for a folder; parents come before what they hold."""

_CHANCE = re.compile(rb"\.[0-9]+\.tmp\b")


def taken(root: Path) -> dict[str, tuple[int, bytes | None]]:
    """Return everything below a folder."""
    found: dict[str, tuple[int, bytes | None]] = {}
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(f"{root}/{prefix}") as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{prefix}{entry.name}"
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                found[path] = (status.st_mode & 0o7777, None)
                waiting.append(f"{path}/")
            else:
                with open(entry.path, "rb", buffering=0) as stream:
                    found[path] = (status.st_mode & 0o7777, stream.read())
    return found


def put_back(root: Path, kept: Kept) -> None:
    """Make a folder what it was; only what differs is touched."""
    now = taken(root) if root.exists() else {}
    root.mkdir(parents=True, exist_ok=True)
    for path in list(reversed(now)):
        if path not in kept or (now[path][1] is None) != (kept[path][1] is None):
            (os.rmdir if now.pop(path)[1] is None else os.unlink)(f"{root}/{path}")
    for path, (mode, data) in kept.items():
        if now.get(path) == (mode, data):
            continue
        full = f"{root}/{path}"
        if data is None:
            if path not in now:
                os.mkdir(full)
        else:
            if path in now:
                os.unlink(full)  # it may have another name, which is to keep its bytes
            with open(full, "wb", buffering=0) as stream:
                stream.write(data)
        os.chmod(full, mode)


def digest_of(kept: Kept) -> bytes:
    """Return one digest of names, modes and bytes; the number of a process in a name does not count."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(kept):
        mode, data = kept[path]
        name = _CHANCE.sub(b".tmp", os.fsencode(path))
        digest.update(b"%s\0%o\0%d\0" % (name, mode, -1 if data is None else len(data)))
        digest.update(data or b"")
    return digest.digest()

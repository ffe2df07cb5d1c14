"""A folder kept in memory: taken, compared by one digest, and put back as it was."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import stat
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

Kept = Mapping[str, tuple[int, bytes | None]]
"""Mode and bytes of each file by its path, no bytes for a folder; parents come before what they hold."""

_TIMED = frozenset({"seconds", "inode"})
_LOG, _FRAME = 32, 24
"""Bytes at the head of a write-ahead log, and before each page in it."""

_CHANCE = re.compile(rb"\.[0-9]+\.(?:tmp|[0-9]+)$")
_MOMENTS = re.compile(rb"(?:modified\x94|h\x05)G.{8}", re.DOTALL)
"""When its parts were written, in a segment of the words' index."""


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


def digest_of(kept: Kept, *, pages: bool = True) -> bytes:
    """Return one digest of names, modes and bytes; of a closed database its rows count, of a log its pages.

    What chance or the speed of the machine brings in does not count: the number of a process or a moment in
    a name, the seconds that an audit took, where on the disk an AIP lay then, when an index was written,
    which locks were ever held. Without ``pages`` a database counts by its length alone: what of the above its
    pages hold cannot be told apart, nor a letter in it that is sealed with a key drawn for it.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(path for path in kept if "/locks/" not in path):
        mode, data = kept[path]
        name = _CHANCE.sub(b".tmp", os.fsencode(path))
        if path.endswith("-shm"):
            continue  # made anew by whoever opens the database first
        if not data and path.endswith("-wal"):
            continue
        if data and path.endswith((".sqlite", "-wal")) and not pages:
            data = b"%d" % len(data)
        elif data and path.endswith("-wal"):
            data = _frames_of(data)
        elif data and path.endswith(".sqlite") and not kept.get(f"{path}-wal", (0, b""))[1]:
            data = _rows_of(data)
        elif data and path.endswith(".seg"):
            data = _MOMENTS.sub(b"", data)
        digest.update(b"%s\0%o\0%d\0" % (name, mode, -1 if data is None else len(data)))
        digest.update(data or b"")
    return digest.digest()


@lru_cache(4096)
def _frames_of(data: bytes) -> bytes:
    """Return a digest of the pages that a write-ahead log holds, without the salts that chance chose.

    A frame counts that has the salts of the log's head; those after it are of another time
    (https://sqlite.org/fileformat2.html#walformat). A log cut short counts by its length too.
    """
    digest = hashlib.blake2b(b"%d" % len(data), digest_size=16)
    size = int.from_bytes(data[8:12], "big") + _FRAME
    for at in range(_LOG, len(data), size):
        if data[at + 8 : at + 16] != data[16:24]:
            break
        digest.update(data[at : at + 8] + data[at + _FRAME : at + size])
    return digest.digest()


@lru_cache(4096)
def _rows_of(data: bytes) -> bytes:
    """Return a digest of all that a database says, or its bytes where it is none."""
    database = sqlite3.connect(":memory:")
    digest = hashlib.blake2b(digest_size=16)
    try:
        database.deserialize(data[:18] + b"\1\1" + data[20:])  # as one without a log of its own
        names = database.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
        for name, sql in names:
            digest.update(repr((name, sql)).encode())
            if sql and sql.startswith("CREATE TABLE"):
                rows = database.execute(f'SELECT * FROM "{name}"')
                told = [column[0] not in _TIMED for column in rows.description]
                found = sorted(
                    repr([each for each, counts in zip(row, told, strict=True) if counts]) for row in rows
                )
                digest.update("".join(found).encode())
    except sqlite3.Error:
        return data
    finally:
        database.close()
    return digest.digest()

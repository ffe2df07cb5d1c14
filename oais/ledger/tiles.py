"""The files of the Merkle tree: tiles of 256 hashes and bundles of 256 entries (C2SP tlog-tiles).

What a signed checkpoint covers is never written again. A file beyond it was left by a crash, means nothing,
and is replaced by the next append.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.errors import DamageError
from oais.files import make_directories, open_regular, sync_paths
from oais.information.ledger.merkle import HASH_BYTES, complete_root, leaf_hash

WIDTH: Final = 256
ENTRY_BYTES: Final = 32
_LENGTH: Final = ENTRY_BYTES.to_bytes(2, "big")
_RECORD: Final = len(_LENGTH) + ENTRY_BYTES
_REMEDY: Final = "restore ledger/ from a copy; 'oais ledger verify' names every file that is wrong"


def number_path(number: int) -> str:
    """Return a number as tlog-tiles writes it: 1234067 is ``x001/x234/067``."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.append(f"x{number % 1000:03}")
    return "/".join(reversed(groups))


def number_of(path: str) -> int:
    """Return the number that was written so."""
    return int(path.replace("/", "").replace("x", ""))


def tile_path(level: int | str, number: int, width: int) -> str:
    """Return where a tile lies below the ledger; the level ``entries`` is that of the bundles."""
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{number_path(number)}{partial}"


def rows(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, number and width of every tile of a tree of so many entries, the lowest level first."""
    level, count = 0, size
    while count:
        yield from ((level, number, WIDTH) for number in range(count // WIDTH))
        if count % WIDTH:
            yield level, count // WIDTH, count % WIDTH
        level, count = level + 1, count // WIDTH


class Tiles:
    """The tiles of a ledger, read as they are asked for and kept; raises DamageError and StorageError."""

    def __init__(self, root: Path, size: int) -> None:
        self._root = root
        self._size = size
        self._read: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree, from the one tile in which it stands."""
        high, low = divmod(level, 8)
        first = index << low
        number, at = divmod(first, WIDTH)
        tile = self._tile(high, number)
        hashes = [tile[place * HASH_BYTES :][:HASH_BYTES] for place in range(at, at + (1 << low))]
        return complete_root(hashes)

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._read:
            width = min(WIDTH, (self._size >> 8 * level) - number * WIDTH)
            self._read[level, number] = read_tile(self._root, level, number, width)
        return self._read[level, number]


def read_tile(root: Path, level: int | str, number: int, width: int, *, from_disk: bool = False) -> bytes:
    """Return the bytes of a tile or bundle, cut to its width: a partial one may lie in the full one.

    Raises DamageError when it is not there or too short, StorageError when the disk refuses it.
    """
    expected = width * (_RECORD if level == "entries" else HASH_BYTES)
    for wide in dict.fromkeys((width, WIDTH)):
        path = tile_path(level, number, wide)
        with storage_errors(f"reading ledger/{path}"), suppress(FileNotFoundError):
            data = _read(root / path, from_disk=from_disk)
            if len(data) < expected or (wide == width and len(data) != expected):
                raise DamageError(f"ledger/{path} has {len(data)} bytes, expected {expected}", remedy=_REMEDY)
            return data[:expected]
    raise DamageError(f"ledger/{tile_path(level, number, width)} is missing", remedy=_REMEDY)


def _read(path: Path, *, from_disk: bool) -> bytes:
    with open(open_regular(path), "rb") as stream:
        if from_disk:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return stream.read(WIDTH * _RECORD + 1)


def entries_in(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises ValueError when it is not made of records of ours."""
    records = [bundle[at : at + _RECORD] for at in range(0, len(bundle), _RECORD)]
    if any(len(record) != _RECORD or record[:2] != _LENGTH for record in records):
        raise ValueError("it does not hold entries of 32 bytes each")
    return [record[2:] for record in records]


Tile = tuple[int | str, int, int]
"""Level (``entries`` for a bundle), number and width."""


def write_entries(root: Path, size: int, entries: Sequence[bytes]) -> list[Tile]:
    """Add entries behind the first ``size`` and every tile above them; return what was written, durably.

    Raises StorageError, and DamageError when a tile on the edge cannot be read.
    """
    records = b"".join(_LENGTH + entry for entry in entries)
    files = _row(root, "entries", size, records, _RECORD)
    hashes, level, known = [leaf_hash(entry) for entry in entries], 0, size
    while hashes:
        row = _row(root, level, known, b"".join(hashes), HASH_BYTES)
        files |= row
        hashes = [complete_root(hashes_in(tile)) for (_, _, width), tile in row.items() if width == WIDTH]
        level, known = level + 1, known // WIDTH
    _write(root, files)
    return list(files)


def hashes_in(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def _row(root: Path, level: int | str, known: int, added: bytes, each: int) -> dict[Tile, bytes]:
    """Return the tiles of one level that change when ``added`` comes behind ``known`` members of it."""
    first, width = divmod(known, WIDTH)
    data = (read_tile(root, level, first, width) if width else b"") + added
    step = WIDTH * each
    parts = (data[place : place + step] for place in range(0, len(data), step))
    return {(level, first + number, len(part) // each): part for number, part in enumerate(parts)}


def _write(root: Path, files: Mapping[Tile, bytes]) -> None:
    """Write tiles in place of what a crash left there, and make them and their names durable."""
    paths: list[Path] = []
    folders: dict[Path, None] = {}
    with storage_errors("writing ledger/tile"):
        for tile, data in files.items():
            path = root / tile_path(*tile)
            for made in make_directories(path.parent):
                folders[made.parent] = None
            folders[path.parent] = None
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            paths.append(path)
        sync_paths(paths, list(folders))


def drop_unsigned(root: Path, size: int) -> None:
    """Remove the partial tiles that a crash left beyond the first ``size`` entries; raises StorageError.

    What comes next may have other widths, and then they would stand there for good, with what nobody signed.
    """
    with storage_errors("tidying the ledger"):
        levels = os.listdir(root / "tile") if (root / "tile").is_dir() else []
        for name in levels:
            if name == "entries" or name.isdigit():
                number, width = divmod(size >> 8 * (int(name) if name.isdigit() else 0), WIDTH)
                while _drop_wider(root, name, number, width):
                    number, width = number + 1, 0


def _drop_wider(root: Path, name: str, number: int, width: int) -> bool:
    """Remove the partial tiles of a number that are wider; return whether there was anything of it."""
    folder = (root / tile_path(name, number, 1)).parent
    if not folder.is_dir():
        return (root / tile_path(name, number, WIDTH)).exists()
    for partial in folder.iterdir():
        if partial.name.isdigit() and int(partial.name) > width:
            partial.unlink()
    return True


def drop_partials(root: Path, written: Iterable[Tile]) -> None:
    """Remove the partial tiles of those that have become full: what they held stands in the full one."""
    for level, number, width in written:
        folder = (root / tile_path(level, number, 1)).parent
        if width == WIDTH and folder.is_dir():
            with storage_errors("tidying the ledger"):
                for partial in folder.iterdir():
                    partial.unlink()
                folder.rmdir()

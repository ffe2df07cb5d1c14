"""A package as a row of pieces whose lengths are known before a byte is read.

So its size is known before it is ordered, and any part of it can be made alone, without the rest and
without a file: that is how a broken download goes on.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from dip.order import DipItem
from oais.errors import DamageError, StorageError
from oais.files import open_sealed

BLOCK = 1 << 18
"""Bytes read at once."""

ASK_EVERY = 32 << 20
"""Bytes of one file after which it is asked again whether it may be had."""

Ask = Callable[[DipItem], object]
"""Asked before a file is opened and every ``ASK_EVERY`` bytes of it; it ends the delivery by raising."""


class Reading:
    """One making of a package, whole or in part: what is asked, and the CRC-32 of each file read."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self._crcs: dict[str, int] = {}

    def note(self, item: DipItem, crc: int) -> None:
        """Remember the CRC-32 of a file that was read to its end."""
        self._crcs[item.digests["sha512"]] = crc

    def crc(self, item: DipItem) -> int:
        """Return the CRC-32 of a file; one that lies before the part that is made is read for it."""
        digest = item.digests["sha512"]
        if digest not in self._crcs:
            self._crcs[digest] = _crc_of_file(item.source, item.size, digest)
        return self._crcs[digest]


class Piece(Protocol):
    """A part of a package."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop`` (not included)."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Bytes that are known."""

    data: bytes

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:  # noqa: ARG002
        """Yield the bytes from ``start`` to ``stop``."""
        yield self.data[start:stop]


@dataclass(frozen=True, slots=True)
class Late:
    """Bytes whose number is known, and which are known themselves once files were read: checksums."""

    size: int
    made: Callable[[Reading], bytes]

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop``."""
        yield self.made(reading)[start:stop]


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of one stored file.

    A part that holds the file's end is given only when the whole file has the digest that was sealed:
    nobody gets to the end of a file that is damaged.
    """

    item: DipItem

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.item.size

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop``; raises DamageError, StorageError, and as ``ask``."""
        if stop < self.size:
            yield from self._watched(reading, start, stop)
            return
        crc, hasher, position = 0, hashlib.sha512(), 0
        for block in self._watched(reading, 0, stop):
            hasher.update(block)
            crc = zlib.crc32(block, crc)
            position += len(block)
            if position == self.size:
                self._require(hasher.hexdigest())
            if position > start:
                yield block[max(0, len(block) - (position - start)) :]
        reading.note(self.item, crc)

    def _watched(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes as they lie on disk, asking on the way."""
        reading.ask(self.item)
        asked = 0
        for block in _blocks(self.item, start, stop):
            asked += len(block)
            if asked >= ASK_EVERY:
                reading.ask(self.item)
                asked = 0
            yield block

    def _require(self, found: str) -> None:
        expected = self.item.digests["sha512"]
        if found != expected:
            raise DamageError(
                f"sha512 of {self.item.path} is {found[:16]}…, expected {expected[:16]}…",
                remedy="nothing was delivered; run an audit of this AIP and restore it from a copy",
            )


def _blocks(item: DipItem, start: int, stop: int) -> Iterator[bytes]:
    try:
        with open_sealed(item.source, item.size, item.path) as stream:
            stream.seek(start)
            while start < stop:
                block = stream.read(min(BLOCK, stop - start))
                if not block:
                    raise DamageError(f"{item.path} ends at byte {start}, expected {item.size}")
                start += len(block)
                yield block
    except OSError as error:
        raise StorageError(f"{item.path} cannot be read: {error.strerror}") from error


@lru_cache(maxsize=10_000)
def _crc_of_file(source: Path, size: int, sha512: str) -> int:
    """Return the CRC-32 of a stored file; stored files do not change, so what was read once holds."""
    crc = 0
    for block in _blocks(DipItem(source.name, source, size, {"sha512": sha512}), 0, size):
        crc = zlib.crc32(block, crc)
    return crc


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package: its whole name there and its bytes, known or stored."""

    name: str
    body: Fixed | Payload


@dataclass(frozen=True, slots=True)
class Pieces:
    """A whole package; ``size`` is its length in bytes."""

    pieces: Sequence[Piece]

    @property
    def size(self) -> int:
        """Length in bytes."""
        return sum(piece.size for piece in self.pieces)

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop`` (not included)."""
        at = 0
        for piece in self.pieces:
            if at >= stop:
                return
            if start < at + piece.size:
                yield from piece.read(reading, max(0, start - at), min(piece.size, stop - at))
            at += piece.size

"""A tar.gz laid out before a byte is read: a POSIX tar whose gzip only wraps and does not pack.

Mission products hardly pack further, and stored blocks (RFC 1951 §3.2.4) make the length known before
and each part alone.
"""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dip.pieces import Fixed, Member, Piece, Pieces, Reading

_BLOCK = 0xFFFF
_HEAD = struct.pack("<BBBBIBB", 0x1F, 0x8B, 8, 0, 0, 0, 255)
"""Deflate, no flags, no time, no system told (RFC 1952 §2.3)."""

_BLOCK_HEAD = 5
_TRAIL = 8
_RECORD = tarfile.RECORDSIZE


def tar_pieces(members: Sequence[Member], at: datetime) -> Pieces:
    """Return the tar of ``members``, in their order, each with the time ``at``."""
    pieces: list[Piece] = []
    for member in members:
        pieces += [
            Fixed(_header(member, at)),
            member.body,
            Fixed(bytes(-member.body.size % tarfile.BLOCKSIZE)),
        ]
    written = sum(piece.size for piece in pieces)
    end = 2 * tarfile.BLOCKSIZE
    pieces.append(Fixed(bytes(end + -(written + end) % _RECORD)))
    return Pieces(pieces)


def _header(member: Member, at: datetime) -> bytes:
    info = tarfile.TarInfo(member.name)
    info.size = member.body.size
    info.mtime = int(at.timestamp())
    info.mode = 0o644
    return info.tobuf(tarfile.PAX_FORMAT)


@dataclass(frozen=True, slots=True)
class StoredGzip:
    """The gzip of a package that is not packed: as large as what it holds and five bytes for each 65535."""

    inner: Pieces

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(_HEAD) + self.inner.size + _BLOCK_HEAD * -(-self.inner.size // _BLOCK) + _TRAIL

    def read(self, reading: Reading, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``stop``; what lies before them is read for the checksum."""
        at = 0
        for part in self._parts(reading):
            if at >= stop:
                return
            if at + len(part) > start:
                yield part[max(0, start - at) : stop - at]
            at += len(part)

    def _parts(self, reading: Reading) -> Iterator[bytes]:
        yield _HEAD
        crc, left = 0, self.inner.size
        for block in _recut(self.inner.read(reading, 0, self.inner.size)):
            left -= len(block)
            crc = zlib.crc32(block, crc)
            yield struct.pack("<BHH", left == 0, len(block), len(block) ^ 0xFFFF) + block
        yield struct.pack("<II", crc, self.inner.size & 0xFFFFFFFF)


def _recut(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in blocks of 65535; only the last is shorter."""
    rest = bytearray()
    for block in blocks:
        rest += block
        cut = len(rest) - len(rest) % _BLOCK
        for start in range(0, cut, _BLOCK):
            yield bytes(rest[start : start + _BLOCK])
        del rest[:cut]
    if rest:
        yield bytes(rest)

"""Reading zip files (APPNOTE 6.3): stored and deflated members, every byte of the file accounted for.

A zip says everything twice, in its central directory and before each member. Readers differ in which
they believe; we believe neither unless they agree, and no byte may belong to nothing or to two members.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sip.containers.limits import ContainerFault
from sip.containers.unpacking import Unpacking
from sip.containers.zip_directory import Entry, Extent, parse_extra, read_directory

_LOCAL = struct.Struct("<4s5H3L2H")
_READ: Final = 1 << 20
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR, _UTF_8 = 0x0008, 0x0800
_UNIX = (3, 19)
_UNICODE_PATH = 0x7075
_DESCRIPTORS = ("<4s3L", "<3L", "<4sLQQ", "<LQQ")


def unpack_zip(descriptor: int, size: int, unpacking: Unpacking) -> None:
    """Unpack a zip file of ``size`` bytes; raises ContainerFault where it cannot be trusted."""
    directory = read_directory(descriptor, size, unpacking.limits)
    unpacked = sum(entry.unpacked for entry in directory.entries)
    if unpacked > unpacking.limits.by_ratio(size):
        raise ContainerFault("BOX-010", "", f"unpacks from {size} to {unpacked} bytes")
    extents = sorted(
        (_locate(descriptor, entry, directory.start) for entry in directory.entries),
        key=lambda located: located.extent.start,
    )
    _check_extents(descriptor, extents, directory.start)
    for located in extents:
        _unpack_member(descriptor, located, unpacking)


@dataclass(frozen=True, slots=True)
class _Located:
    """An entry whose local header was found and agrees; ``data`` is where its packed bytes begin."""

    entry: Entry
    extent: Extent
    data: int
    described_after: bool


def _locate(descriptor: int, entry: Entry, limit: int) -> _Located:
    """Read the local header of an entry and compare it with the central directory."""
    header = os.pread(descriptor, _LOCAL.size, entry.offset)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise ContainerFault("BOX-015", entry.name, f"no header of {entry.name!r} where it should be")
    fields = _LOCAL.unpack(header)
    flags, method, crc, packed, unpacked = fields[2], fields[3], *fields[6:9]
    name_length, extra_length = fields[9:11]
    start = entry.offset + _LOCAL.size
    raw_name = os.pread(descriptor, name_length, start)
    extra = parse_extra(os.pread(descriptor, extra_length, start + name_length), entry.name)
    wide = extra.get(1, b"")
    if len(wide) >= 16 and unpacked == packed == 0xFFFFFFFF:
        unpacked, packed = struct.unpack("<QQ", wide[:16])
    after = bool(flags & _DESCRIPTOR)
    sizes = (crc, packed, unpacked)
    told = sizes == (entry.crc, entry.packed, entry.unpacked) or (after and not any(sizes))
    if (raw_name, method, flags) != (entry.raw_name, entry.method, entry.flags) or not told:
        message = f"{entry.name!r}: name, method, flags or sizes differ between its two headers"
        raise ContainerFault("BOX-015", entry.name, message)
    data = start + name_length + extra_length
    if data + entry.packed > limit:
        raise ContainerFault("BOX-016", entry.name, f"{entry.name!r} reaches into the directory")
    return _Located(entry, Extent(entry.offset, data + entry.packed), data, after)


def _check_extents(descriptor: int, located: list[_Located], end: int) -> None:
    """Every byte before the central directory belongs to exactly one member."""
    position = 0
    for index, this in enumerate(located):
        name, extent = this.entry.name, this.extent
        if extent.start < position:
            raise ContainerFault("BOX-016", name, f"{name!r} shares bytes with another member")
        if extent.start > position:
            message = f"{extent.start - position} bytes before {name!r} belong to no member"
            raise ContainerFault("BOX-004", name, message)
        following = located[index + 1].extent.start if index + 1 < len(located) else end
        position = extent.end
        if this.described_after:
            position += _descriptor_length(descriptor, this, following - extent.end)
    if position != end:
        message = f"{end - position} bytes before the central directory belong to no member"
        raise ContainerFault("BOX-004", "", message)


def _descriptor_length(descriptor: int, located: _Located, room: int) -> int:
    """Return the length of the data descriptor after a member; it must agree as well (§4.3.9)."""
    entry = located.entry
    for layout in _DESCRIPTORS:
        if struct.calcsize(layout) != room:
            continue
        fields = struct.unpack(layout, os.pread(descriptor, room, located.extent.end))
        if fields[-3:] == (entry.crc, entry.packed, entry.unpacked):
            return room
    message = f"{entry.name!r}: no data descriptor that agrees with the central directory"
    raise ContainerFault("BOX-015", entry.name, message)


def _unpack_member(descriptor: int, located: _Located, unpacking: Unpacking) -> None:
    entry = located.entry
    mode = entry.attributes >> 16 if entry.system in _UNIX else 0
    if not _kind_is_fine(entry, mode, unpacking) or not _name_is_clear(entry, unpacking):
        return
    path = unpacking.admit(entry.name, mode & 0o7000, is_directory=entry.is_directory)
    if not path:
        return
    if entry.is_directory:
        unpacking.add_directory(path)
        return
    member = _MemberReader(_unpacked_blocks(descriptor, located), entry)
    unpacking.add_file(path, entry.unpacked, member.read)
    member.check_end()


def _kind_is_fine(entry: Entry, mode: int, unpacking: Unpacking) -> bool:
    name, kind = entry.name, stat.S_IFMT(mode)
    if entry.flags & _ENCRYPTED:
        unpacking.log.add("BOX-017", name, f"member {name!r} is encrypted")
    elif entry.method not in (_STORED, _DEFLATED):
        unpacking.log.add("BOX-018", name, f"member {name!r} is packed by method {entry.method}")
    elif kind not in (0, stat.S_IFDIR if entry.is_directory else stat.S_IFREG):
        unpacking.log.add("BOX-006", name, f"mode of member {name!r} is {mode:06o}")
    elif entry.is_directory and (entry.unpacked or entry.packed > 2):
        unpacking.log.add("BOX-009", name, f"member {name!r} is a directory and has content")
    else:
        return True
    return False


def _name_is_clear(entry: Entry, unpacking: Unpacking) -> bool:
    """A name that is not ASCII must be flagged as UTF-8 and be spelled in one way only."""
    other = entry.extra.get(_UNICODE_PATH)
    if other is not None and other[5:] != entry.raw_name:
        message = f"member {entry.name!r} has a second name {other[5:]!r}"
    elif not entry.raw_name.isascii() and not entry.flags & _UTF_8:
        message = f"member {entry.name!r} is not ASCII and not flagged as UTF-8"
    else:
        return True
    unpacking.log.add("BOX-019", entry.name, message)
    return False


def _unpacked_blocks(descriptor: int, located: _Located) -> Iterator[bytes]:
    """Yield a member's bytes, unpacked, never far more at once than were read."""
    inflate = zlib.decompressobj(-15) if located.entry.method == _DEFLATED else None
    name, position, end = located.entry.name, located.data, located.data + located.entry.packed
    while position < end:
        packed = os.pread(descriptor, min(_READ, end - position), position)
        if not packed:
            raise ContainerFault("BOX-002", name, f"the zip ends in {name!r}")
        position += len(packed)
        if inflate is None:
            yield packed
            continue
        try:
            while packed:
                yield inflate.decompress(packed, _READ)
                packed = inflate.unconsumed_tail
        except zlib.error as error:
            raise ContainerFault("BOX-003", name, f"{name!r} is damaged: {error}") from error
        if inflate.unused_data or (inflate.eof and position < end):
            raise ContainerFault("BOX-004", name, f"bytes follow the packed data of {name!r}")
    if inflate is not None and not inflate.eof:
        raise ContainerFault("BOX-002", name, f"the packed data of {name!r} are truncated")


class _MemberReader:
    """Gives a member's bytes in the pieces asked for, and holds it to its size and CRC-32."""

    def __init__(self, blocks: Iterator[bytes], entry: Entry) -> None:
        self._blocks = blocks
        self._entry = entry
        self._held = bytearray()
        self._crc = 0

    def read(self, count: int) -> bytes:
        """Return exactly ``count`` bytes; raises ContainerFault when the member has fewer."""
        while len(self._held) < count:
            block = next(self._blocks, None)
            if block is None:
                name = self._entry.name
                message = f"{name!r} has fewer bytes than the {self._entry.unpacked} it claims"
                raise ContainerFault("BOX-003", name, message)
            self._held += block
        data = bytes(self._held[:count])
        del self._held[:count]
        self._crc = zlib.crc32(data, self._crc)
        return data

    def check_end(self) -> None:
        """Raise ContainerFault when bytes are left or the CRC-32 is not the one listed."""
        name = self._entry.name
        if self._held or any(block for block in self._blocks):
            message = f"{name!r} has more bytes than the {self._entry.unpacked} it claims"
            raise ContainerFault("BOX-003", name, message)
        if self._crc != self._entry.crc:
            message = f"CRC-32 of {name!r} is {self._crc:08x}, expected {self._entry.crc:08x}"
            raise ContainerFault("BOX-003", name, message)

"""A zip laid out before a byte is read: members stored, sizes behind the data, zip64 where needed.

The structure is that of PKWARE's APPNOTE 6.3.10. The CRC-32 of a member is not on record, so it stands
in a data descriptor behind the member's bytes (§4.3.9) and in the central directory at the end.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dip.pieces import Fixed, Late, Member, Piece, Pieces, Reading

_LIMIT = 0xFFFFFFFF
_MOST_MEMBERS = 0xFFFF
_FLAGS = 0x0808
"""Bit 3: sizes and CRC-32 follow the data; bit 11: names are UTF-8 (§4.4.4)."""

_UNIX = 3 << 8
_PLAIN, _ZIP64 = 20, 45
_MODE = (stat.S_IFREG | 0o644) << 16
_EARLIEST, _LATEST = 1980, 2107
"""The years that a zip can tell."""


@dataclass(frozen=True, slots=True)
class _Placed:
    member: Member
    offset: int

    def crc(self, reading: Reading) -> int:
        """Return the CRC-32 of the member's bytes."""
        body = self.member.body
        return zlib.crc32(body.data) if isinstance(body, Fixed) else reading.crc(body.item)


def _is_large(member: Member) -> bool:
    """Return whether a member's size needs zip64."""
    return member.body.size >= _LIMIT


def zip_pieces(members: Sequence[Member], at: datetime) -> Pieces:
    """Return the zip of ``members``, in their order, each with the time ``at``."""
    time = _dos_time(at)
    pieces: list[Piece] = []
    placed: list[_Placed] = []
    offset = 0
    for member in members:
        place = _Placed(member, offset)
        parts: list[Piece] = [Fixed(_local_header(member, time)), member.body, _descriptor(place)]
        placed.append(place)
        pieces += parts
        offset += sum(part.size for part in parts)
    size = sum(_entry_size(place) for place in placed)
    pieces.append(Late(size, lambda reading: _directory(placed, time, reading)))
    pieces.append(Fixed(_end(len(placed), offset, size)))
    return Pieces(pieces)


def _dos_time(at: datetime) -> tuple[int, int]:
    """Return time and date as MS-DOS has them, in UTC, to two seconds (§4.4.6)."""
    year = min(max(at.year, _EARLIEST), _LATEST)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (year - _EARLIEST) << 9 | at.month << 5 | at.day


def _local_header(member: Member, time: tuple[int, int]) -> bytes:
    name = member.name.encode()
    sizes = (_LIMIT, _LIMIT) if _is_large(member) else (0, 0)
    extra = struct.pack("<HHQQ", 1, 16, 0, 0) if _is_large(member) else b""
    needed = _ZIP64 if _is_large(member) else _PLAIN
    head = struct.pack("<IHHHHHIIIHH", 0x04034B50, needed, _FLAGS, 0, *time, 0, *sizes, len(name), len(extra))
    return head + name + extra


def _descriptor(place: _Placed) -> Late:
    """Return what stands behind a member's bytes (§4.3.9)."""
    shape = "<IIQQ" if _is_large(place.member) else "<IIII"
    size = place.member.body.size
    return Late(
        struct.calcsize(shape), lambda reading: struct.pack(shape, 0x08074B50, place.crc(reading), size, size)
    )


def _entry_size(place: _Placed) -> int:
    return 46 + len(place.member.name.encode()) + len(_zip64_extra(place))


def _zip64_extra(place: _Placed) -> bytes:
    """Return the sizes and the offset that do not fit into 32 bits (§4.5.3)."""
    size = place.member.body.size
    numbers = [size, size] if _is_large(place.member) else []
    numbers += [place.offset] if place.offset >= _LIMIT else []
    return struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""


def _directory(placed: Sequence[_Placed], time: tuple[int, int], reading: Reading) -> bytes:
    return b"".join(_entry(place, time, reading) for place in placed)


def _entry(place: _Placed, time: tuple[int, int], reading: Reading) -> bytes:
    """Return the central directory header of a member (§4.3.12)."""
    name, extra = place.member.name.encode(), _zip64_extra(place)
    needed = _ZIP64 if extra else _PLAIN
    size = _LIMIT if _is_large(place.member) else place.member.body.size
    made_by, crc = _UNIX | needed, place.crc(reading)
    shape = "<IHHHHHHIIIHHHHHII"
    lengths = (len(name), len(extra), 0, 0, 0)
    where = (_MODE, min(place.offset, _LIMIT))
    head = struct.pack(
        shape, 0x02014B50, made_by, needed, _FLAGS, 0, *time, crc, size, size, *lengths, *where
    )
    return head + name + extra


def _end(members: int, offset: int, size: int) -> bytes:
    """Return the end of the central directory, with zip64's where a number needs it (§4.3.14 to 16)."""
    count = min(members, _MOST_MEMBERS)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, min(size, _LIMIT), min(offset, _LIMIT), 0)
    if members < _MOST_MEMBERS and max(size, offset) < _LIMIT:
        return end
    versions = (_UNIX | _ZIP64, _ZIP64, 0, 0)
    whole = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, *versions, members, members, size, offset)
    return whole + struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1) + end

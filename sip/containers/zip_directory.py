"""The central directory of a zip file: where it stands and what it lists (APPNOTE §4.3.12 to §4.3.16)."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sip.containers.limits import ContainerFault, ContainerLimits

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LONGEST_COMMENT: Final = 0xFFFF
_LARGEST_DIRECTORY: Final = 512 << 20
_ALL_16, _ALL_32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One member as the central directory lists it."""

    raw_name: bytes
    name: str
    system: int
    flags: int
    method: int
    crc: int
    packed: int
    unpacked: int
    attributes: int
    offset: int
    extra: Mapping[int, bytes]

    @property
    def is_directory(self) -> bool:
        """Whether the name says that it is a directory."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes of the file from ``start`` up to, not including, ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Directory:
    """All entries, and where the central directory begins."""

    entries: tuple[Entry, ...]
    start: int


@dataclass(frozen=True, slots=True)
class _End:
    count: int
    size: int
    offset: int
    position: int


def read_directory(descriptor: int, size: int, limits: ContainerLimits) -> Directory:
    """Find and read the central directory; raises ContainerFault for any contradiction."""
    end = _find_end(descriptor, size)
    if end.offset + end.size != end.position:
        message = f"the directory of {end.size} bytes at {end.offset} does not meet its end record"
        raise ContainerFault("BOX-020", "", message)
    if end.count > limits.members:
        raise ContainerFault("BOX-012", "", f"{end.count} members; at most {limits.members}")
    if end.size > _LARGEST_DIRECTORY or end.count * _CENTRAL.size > end.size:
        raise ContainerFault("BOX-020", "", f"{end.count} members in {end.size} bytes of directory")
    data = os.pread(descriptor, end.size, end.offset)
    entries = []
    position = 0
    while position < len(data):
        entry, position = _entry(data, position)
        entries.append(entry)
    if len(entries) != end.count:
        message = f"the directory lists {len(entries)} members, its end record {end.count}"
        raise ContainerFault("BOX-020", "", message)
    return Directory(tuple(entries), end.offset)


def _find_end(descriptor: int, size: int) -> _End:
    """Find the one end record whose comment ends where the file ends (§4.3.16)."""
    reach = min(size, _END.size + _LONGEST_COMMENT)
    tail = os.pread(descriptor, reach, size - reach)
    fitting = []
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        record = tail[at : at + _END.size]
        if len(record) == _END.size and at + _END.size + _END.unpack(record)[7] == len(tail):
            fitting.append(at)
        at = tail.find(b"PK\x05\x06", at + 1)
    if not fitting:
        raise ContainerFault("BOX-002", "", "no end record where the zip ends: truncated or appended to")
    if len(fitting) > 1:
        raise ContainerFault("BOX-020", "", f"{len(fitting)} end records fit; which holds is unclear")
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, fitting[0])
    if (disk, first_disk) not in ((0, 0), (_ALL_16, _ALL_16)) or here != count:
        raise ContainerFault("BOX-020", "", "the zip is spread over several disks")
    end = _End(count, length, offset, size - reach + fitting[0])
    if count == _ALL_16 or _ALL_32 in (length, offset):
        return _find_end_64(descriptor, end)
    return end


def _find_end_64(descriptor: int, end: _End) -> _End:
    """Read the zip64 end record (§4.3.14, §4.3.15); a small zip may have exactly 65,535 members."""
    at = end.position - _LOCATOR_64.size
    locator = os.pread(descriptor, _LOCATOR_64.size, at) if at >= 0 else b""
    if not locator.startswith(b"PK\x06\x07"):
        if _ALL_32 in (end.size, end.offset):
            raise ContainerFault("BOX-020", "", "sizes refer to a zip64 record that is not there")
        return end
    _, disk, position, _ = _LOCATOR_64.unpack(locator)
    record = os.pread(descriptor, _END_64.size, position) if position < at else b""
    if len(record) < _END_64.size or not record.startswith(b"PK\x06\x06") or disk:
        raise ContainerFault("BOX-020", "", "the zip64 end record is not where its locator says")
    _, length, _, _, _, _, here, count, size, offset = _END_64.unpack(record)
    if position + 12 + length != at or here != count:
        raise ContainerFault("BOX-020", "", "the zip64 end record does not meet its locator")
    plain = ((end.count, count, _ALL_16), (end.size, size, _ALL_32), (end.offset, offset, _ALL_32))
    if any(small not in (large, marker) for small, large, marker in plain):
        raise ContainerFault("BOX-020", "", "the zip64 and the plain end record disagree")
    return _End(count, size, offset, position)


def _entry(data: bytes, at: int) -> tuple[Entry, int]:
    if len(data) - at < _CENTRAL.size or data[at : at + 4] != b"PK\x01\x02":
        raise ContainerFault("BOX-020", "", "the central directory is damaged")
    fields = _CENTRAL.unpack_from(data, at)
    name_at = at + _CENTRAL.size
    extra_at = name_at + fields[10]
    comment_at = extra_at + fields[11]
    following = comment_at + fields[12]
    if following > len(data):
        raise ContainerFault("BOX-020", "", "the central directory is damaged")
    raw_name = data[name_at:extra_at]
    name = raw_name.decode("utf-8", "surrogateescape")
    extra = parse_extra(data[extra_at:comment_at], name)
    packed, unpacked, offset = _wide(extra.get(1, b""), fields, name)
    entry = Entry(
        raw_name=raw_name,
        name=name,
        system=fields[1] >> 8,
        flags=fields[3],
        method=fields[4],
        crc=fields[7],
        packed=packed,
        unpacked=unpacked,
        attributes=fields[15],
        offset=offset,
        extra=extra,
    )
    return entry, following


def _wide(wide: bytes, fields: tuple[int, ...], name: str) -> tuple[int, int, int]:
    """Return packed size, unpacked size and offset, from the zip64 field where they are all ones (§4.5.3)."""
    values = [fields[9], fields[8], fields[16]]  # the order in which the zip64 field holds them
    for index, value in enumerate(values):
        if value == _ALL_32:
            if len(wide) < 8:
                raise ContainerFault("BOX-020", name, f"{name!r} lacks the zip64 size it refers to")
            values[index] = int.from_bytes(wide[:8], "little")
            wide = wide[8:]
    unpacked, packed, offset = values
    return packed, unpacked, offset


def parse_extra(data: bytes, name: str) -> dict[int, bytes]:
    """Read the extra field: id, length, data (§4.5); raises ContainerFault when it does not add up."""
    extra: dict[int, bytes] = {}
    while len(data) >= 4:
        key, length = struct.unpack_from("<HH", data)
        if key in extra or 4 + length > len(data):
            raise ContainerFault("BOX-020", name, f"the extra field of {name!r} is damaged")
        extra[key] = data[4 : 4 + length]
        data = data[4 + length :]
    return extra

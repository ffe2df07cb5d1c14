"""Reading tar and gzipped tar as a stream: ustar, GNU long names and pax headers, nothing else.

Our own reader, because limits must hold before a byte is kept: one member's extended header, name and
size are judged while the next is still unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sip.containers.limits import ContainerFault
from sip.containers.streams import Read
from sip.containers.unpacking import Unpacking

BLOCK: Final = 512
"""Bytes of a tar block (POSIX.1-2017, pax: ustar Interchange Format)."""

LARGEST_EXTENSION: Final = 64 << 10
"""Bytes of one extended header; names need some hundred."""

LONGEST_GNU_NAME: Final = 4 << 10
"""Bytes of one GNU long name."""

_MOST_EXTENSIONS: Final = 8
_READ: Final = 1 << 20
_REGULAR = frozenset({b"0", b"\0", b"7"})
_LINKS_AND_DEVICES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a FIFO",
}
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ([^=]+)=")


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    kind: bytes
    size: int
    mode: int


def unpack_tar(read: Read, unpacking: Unpacking) -> None:
    """Unpack a tar stream; raises ContainerFault where it cannot be read on."""
    reader = _TarReader(read, unpacking)
    while (member := reader.next_member()) is not None:
        reader.unpack(member)
    reader.check_end()


class _TarReader:
    def __init__(self, read: Read, unpacking: Unpacking) -> None:
        self._read = read
        self._unpacking = unpacking
        self._name = ""

    def next_member(self) -> _Member | None:
        """Return the next member with its extended headers applied; None at the end marker."""
        extended: dict[str, str] = {}
        for _ in range(_MOST_EXTENSIONS):
            header = self._read(BLOCK)
            if not header and not extended:
                self._report_no_end_marker()
                return None
            if len(header) < BLOCK:
                raise self._truncated()
            if not header.strip(b"\0"):
                self._end_marker(bool(extended))
                return None
            self._name = _text(header[:100])
            _check_checksum(header, self._name)
            kind, size = header[156:157], _number(header[124:136], self._name)
            if kind == b"x":
                extended |= self._pax(size)
            elif kind == b"g":
                self._global_pax(size)
            elif kind in (b"L", b"K"):
                extended |= self._gnu_name(kind, size)
            else:
                member = _member(header, kind, size, extended)
                self._name = member.name
                return member
        message = f"more than {_MOST_EXTENSIONS} extended headers for one member"
        raise ContainerFault("BOX-014", self._name, message)

    def unpack(self, member: _Member) -> None:
        """Write one member, or report why it is not written and read past it."""
        is_directory = member.kind == b"5" or (member.kind in _REGULAR and member.name.endswith("/"))
        regular = member.kind in _REGULAR and not is_directory
        path = self._unpacking.admit(member.name, member.mode, is_directory=is_directory)
        if is_directory and path:
            self._unpacking.add_directory(path)
        elif not is_directory and not regular:
            self._report_kind(member)
        if regular and path:
            self._unpacking.add_file(path, member.size, self._exactly)
        elif member.kind not in _LINKS_AND_DEVICES:
            self._unpacking.skip_file(member.size, self._exactly)
        if member.kind not in _LINKS_AND_DEVICES:
            self._padding(member.size)

    def check_end(self) -> None:
        """After the end marker only zeros may come, in whole blocks."""
        while data := self._read(_READ):
            if data.strip(b"\0"):
                raise ContainerFault("BOX-004", "", "bytes follow the tar's end marker")
            if len(data) % BLOCK:
                raise ContainerFault("BOX-002", "", "the tar does not end at a whole block")

    def _report_kind(self, member: _Member) -> None:
        name, kind = member.name, _LINKS_AND_DEVICES.get(member.kind)
        if kind:
            self._unpacking.log.add("BOX-006", name, f"member {name!r} is {kind}")
        elif member.kind == b"S":
            self._unpacking.log.add("BOX-013", name, f"member {name!r} is sparse")
        else:
            message = f"member {name!r} is of type {member.kind!r}; expected a file or a directory"
            raise ContainerFault("BOX-018", name, message)

    def _exactly(self, count: int) -> bytes:
        data = self._read(count)
        if len(data) < count:
            raise self._truncated()
        return data

    def _truncated(self) -> ContainerFault:
        where = f"in or after member {self._name!r}" if self._name else "before its first member"
        return ContainerFault("BOX-002", self._name, f"the tar ends {where}")

    def _padding(self, size: int) -> None:
        if size % BLOCK:
            self._exactly(BLOCK - size % BLOCK)

    def _end_marker(self, dangling: bool) -> None:
        """Two blocks of zeros end a tar; one alone, or none, is a remark as long as no member is cut."""
        second = self._read(BLOCK)
        if dangling or second.strip(b"\0"):
            raise ContainerFault("BOX-003", self._name, "a block of zeros stands before the end")
        if not second:
            self._report_no_end_marker()
        elif len(second) < BLOCK:
            raise self._truncated()

    def _report_no_end_marker(self) -> None:
        if not self._name:
            raise self._truncated()
        message = f"the tar ends after member {self._name!r} without its end marker"
        self._unpacking.log.add("BOX-021", self._name, message)

    def _extension(self, size: int, most: int) -> bytes:
        if size > most:
            message = f"an extended header of {size} bytes before {self._name!r}; at most {most}"
            raise ContainerFault("BOX-014", self._name, message)
        data = self._exactly(size)
        self._padding(size)
        return data

    def _gnu_name(self, kind: bytes, size: int) -> dict[str, str]:
        data = self._extension(size, LONGEST_GNU_NAME)
        return {"path" if kind == b"L" else "linkpath": _text(data)}

    def _global_pax(self, size: int) -> None:
        """A global header may comment; what it would say of every member is not believed."""
        keys = _pax_records(self._extension(size, LARGEST_EXTENSION), self._name).keys()
        if not keys <= {"comment", "charset", "hdrcharset"}:
            found = f"a global header sets {', '.join(sorted(keys))}"
            raise ContainerFault("BOX-018", self._name, found)

    def _pax(self, size: int) -> dict[str, str]:
        records = _pax_records(self._extension(size, LARGEST_EXTENSION), self._name)
        if any(key.startswith("GNU.sparse") for key in records):
            name = records.get("path", self._name)
            raise ContainerFault("BOX-013", name, f"member {name!r} is sparse")
        return records


def _pax_records(data: bytes, name: str) -> dict[str, str]:
    """Read ``length key=value`` records (POSIX.1-2017, pax Header Block)."""
    records: dict[str, str] = {}
    while data:
        match = _PAX_RECORD.match(data)
        length = int(match[1]) if match else 0
        if match is None or not match.end() < length <= len(data) or data[length - 1] != 0x0A:
            raise ContainerFault("BOX-003", name, "an extended header is damaged")
        key = _text(match[2])
        if key in records:
            raise ContainerFault("BOX-003", name, f"an extended header sets {key} twice")
        records[key] = data[match.end() : length - 1].decode("utf-8", "surrogateescape")
        data = data[length:]
    return records


def _member(header: bytes, kind: bytes, size: int, extended: dict[str, str]) -> _Member:
    name = _text(header[:100])
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    name = extended.get("path", f"{prefix}/{name}" if prefix else name)
    if "size" in extended:
        if re.fullmatch(r"[0-9]{1,18}", extended["size"]) is None:
            raise ContainerFault("BOX-003", name, f"size of {name!r} is {extended['size']!r}")
        size = int(extended["size"])
    return _Member(name, kind, size, _number(header[100:108], name))


def _check_checksum(header: bytes, name: str) -> None:
    """The sum of the header's bytes, its own field taken as spaces; signed in some old tars."""
    stored = _number(header[148:156], name)
    blanked = header[:148] + b" " * 8 + header[156:]
    unsigned = sum(blanked)
    if stored not in (unsigned, unsigned - 256 * sum(byte > 127 for byte in blanked)):
        raise ContainerFault("BOX-003", name, f"checksum of the header of {name!r} is wrong")


def _number(field: bytes, name: str) -> int:
    """Read an octal number, or a positive base-256 one as GNU tar writes large sizes."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if re.fullmatch(rb"[0-7]*", digits) is None:
        raise ContainerFault("BOX-003", name, f"{digits!r} in the header of {name!r} is no number")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def is_tar(head: bytes) -> bool:
    """Return whether a file's first block is a tar header, or the zeros of an empty tar."""
    if len(head) < BLOCK:
        return False
    if head[257:262] == b"ustar":
        return True
    try:
        _check_checksum(head[:BLOCK], "")
    except ContainerFault:
        return False
    return True

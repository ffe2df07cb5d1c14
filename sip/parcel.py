"""A delivery on its way: a container as it is, or a bag's folder as a tar that is made while it is read.

Any part can be read at any time and is always the same bytes, so that a transfer that broke off goes on
where it ended. Of a folder only names, sizes and bytes go into the tar: no times, owners or modes.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from oais.errors import NotFoundError, RefusedError, WrongUsageError
from oais.files import open_regular
from oais.information.text import printable
from oais.walking import walk
from sip.containers.tar import BLOCK

_RECORD = 20 * BLOCK
"""A tar is filled up to whole records (POSIX.1-2017, pax: blocking factor 20)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the delivery: ``head`` and then ``size`` bytes of a file, filled up to whole blocks."""

    start: int
    head: bytes
    source: str = ""
    size: int = 0
    stamp: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery to be sent: its name, its size in bytes, and a fingerprint that changes when it does."""

    name: str
    size: int
    fingerprint: str
    _root: Path
    _parts: tuple[_Part, ...]

    def read(self, offset: int, count: int) -> bytes:
        """Return ``count`` bytes from ``offset`` on, fewer only at the end.

        Raises RefusedError when a file is not what it was when the parcel was made, OSError when it
        cannot be read.
        """
        pieces = []
        number = bisect_right(self._parts, offset, key=lambda part: part.start) - 1
        while count > 0 and number < len(self._parts):
            piece = self._of_part(number, offset, count)
            offset, count = offset + len(piece), count - len(piece)
            pieces.append(piece)
            number += 1
        return b"".join(pieces)

    def _of_part(self, number: int, offset: int, count: int) -> bytes:
        part = self._parts[number]
        end = self._parts[number + 1].start if number + 1 < len(self._parts) else self.size
        inside, stop = offset - part.start, min(offset + count, end) - part.start
        begin, filled = len(part.head), len(part.head) + part.size
        first, last = max(inside - begin, 0), min(stop - begin, part.size)
        data = self._of_file(part, first, last) if first < last else b""
        return part.head[inside:stop] + data + bytes(max(stop - max(inside, filled), 0))

    def _of_file(self, part: _Part, begin: int, end: int) -> bytes:
        with open(open_regular(self._root / part.source), "rb") as stream:
            status = os.fstat(stream.fileno())
            stream.seek(begin)
            data = stream.read(end - begin)
        if (status.st_size, status.st_mtime_ns) != part.stamp or len(data) != end - begin:
            raise RefusedError(
                f"{printable(part.source)} has changed since it was listed",
                remedy="submit it again when nothing writes to it any more",
            )
        return data


def parcel_of(delivery: Path) -> Parcel:
    """Return a bag's folder or a container as it will be sent; nothing of it is read yet.

    Raises NotFoundError when there is none, and WrongUsageError naming all that no bag may hold.
    """
    if not delivery.exists() or delivery.is_symlink():
        raise NotFoundError(f"{printable(str(delivery))}: no such bag", remedy="name a folder or a container")
    delivery = delivery.resolve()
    return _folder(delivery) if delivery.is_dir() else _container(delivery)


def _container(path: Path) -> Parcel:
    status = path.stat()
    stamp = (status.st_size, status.st_mtime_ns)
    part = _Part(0, b"", path.name, status.st_size, stamp)
    return Parcel(path.name, status.st_size, _fingerprint([part]), path.parent, (part,))


def _folder(folder: Path) -> Parcel:
    parts, odd, start = [], [], 0
    for entry in walk(folder):
        if not (entry.is_file or entry.is_directory):
            odd.append(f"{printable(entry.path)} is a {entry.kind}")
            continue
        size = entry.status.st_size if entry.is_file else 0
        head = _head(f"{folder.name}/{entry.path}", size, is_directory=entry.is_directory)
        parts.append(_Part(start, head, entry.path, size, (size, entry.status.st_mtime_ns)))
        start += len(head) + -(-size // BLOCK) * BLOCK
    if odd:
        raise WrongUsageError("\n".join(odd), remedy="a bag holds regular files only; replace what is named")
    parts.append(_Part(start, bytes(2 * BLOCK)))
    whole = -(-(start + 2 * BLOCK) // _RECORD) * _RECORD
    return Parcel(f"{folder.name}.tar", whole, _fingerprint(parts), folder, tuple(parts))


def _head(name: str, size: int, *, is_directory: bool) -> bytes:
    """Return the header of a member (POSIX.1-2017 pax); a long name has records of its own."""
    member = tarfile.TarInfo(name)
    member.size = size
    member.type, member.mode = (tarfile.DIRTYPE, 0o755) if is_directory else (tarfile.REGTYPE, 0o644)
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _fingerprint(parts: list[_Part]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        line = f"{part.start} {part.stamp} {part.source}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()

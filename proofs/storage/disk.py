"""A disk of one file that writes down what it is asked: served to the kernel by its FUSE protocol.

``python -m proofs.storage.disk SIZE PLACE LOG`` mounts a folder at PLACE with files ``disk`` and ``mark``.
A file system is made in ``disk`` and used by a loop device; what it writes and where it flushes is noted in
order, as is every line written to ``mark``. When the folder is unmounted the notes are left in LOG.
Nothing but Python is needed (linux/fuse.h tells the layouts).
"""

from __future__ import annotations

import ctypes
import errno
import os
import pickle
import stat
import struct
import sys
from pathlib import Path
from typing import Final

Noted = tuple[str, int, bytes]
"""``write`` with offset and bytes, ``flush``, or ``mark`` with its text."""

_IN: Final = struct.Struct("<IIQQIIII")
_OUT: Final = struct.Struct("<IiQ")
_ATTRIBUTES: Final = struct.Struct("<6Q10I")
_ROOT, _DISK, _MARK = 1, 2, 3
_NODES: Final = {b"disk": _DISK, b"mark": _MARK}
_LOOKUP, _FORGET, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE = 1, 2, 3, 4, 14, 15, 16
_RELEASE, _FSYNC, _FLUSH, _INIT, _INTERRUPT, _BATCH_FORGET = 18, 20, 25, 26, 36, 42
_SILENT: Final = frozenset({_FORGET, _INTERRUPT, _BATCH_FORGET})
_WIDEST: Final = 1 << 17
_BIG_WRITES, _MAX_PAGES, _DIRECT_IO = 1 << 5, 1 << 22, 1
_FOR_AN_HOUR: Final = 3600


class Disk:
    """The bytes of the disk, and what was asked of it in order."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self.noted: list[Noted] = []

    def answer(self, opcode: int, node: int, body: bytes) -> bytes | int:
        """Return the answer to one question, or the number of an error."""
        if opcode == _INIT:
            flags = _BIG_WRITES | _MAX_PAGES
            return struct.pack("<4I2H2I2H8I", 7, 31, 0, flags, 16, 12, _WIDEST, 1, 32, 0, *[0] * 8)
        if opcode == _LOOKUP:
            found = _NODES.get(body.rstrip(b"\0"), 0)
            entry = struct.pack("<4Q2I", found, 0, _FOR_AN_HOUR, _FOR_AN_HOUR, 0, 0)
            return entry + self._attributes(found) if found else errno.ENOENT
        if opcode in (_GETATTR, _SETATTR):
            return struct.pack("<Q2I", _FOR_AN_HOUR, 0, 0) + self._attributes(node)
        if opcode == _OPEN:
            return struct.pack("<Q2I", 0, _DIRECT_IO, 0)
        return self._of_bytes(opcode, node, body)

    def _of_bytes(self, opcode: int, node: int, body: bytes) -> bytes | int:
        if opcode == _READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return bytes(self.data[offset : offset + size]) if node == _DISK else b""
        if opcode == _WRITE:
            _, offset, size = struct.unpack_from("<QQI", body)
            self._write(node, offset, body[40 : 40 + size])
            return struct.pack("<II", size, 0)
        if opcode == _FSYNC:
            self.noted.append(("flush", 0, b""))
            return b""
        return b"" if opcode in (_FLUSH, _RELEASE) else errno.ENOSYS

    def _write(self, node: int, offset: int, data: bytes) -> None:
        if node == _MARK:
            self.noted.append(("mark", 0, data))
            return
        self.data[offset : offset + len(data)] = data
        self.noted.append(("write", offset, data))

    def _attributes(self, node: int) -> bytes:
        mode = stat.S_IFDIR | 0o700 if node == _ROOT else stat.S_IFREG | 0o600
        size = len(self.data) if node == _DISK else 0
        return _ATTRIBUTES.pack(node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(disk: Disk, place: Path) -> None:
    """Mount the folder and answer until it is unmounted; raises OSError where that is not allowed."""
    channel = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    library = ctypes.CDLL(None, use_errno=True)
    options = f"fd={channel},rootmode=40000,user_id=0,group_id=0".encode()
    if library.mount(b"oais-disk", os.fsencode(place), b"fuse", 6, options) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fspath(place))
    while True:
        try:
            asked = os.read(channel, _WIDEST + 8192)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return
            if error.errno in (errno.ENOENT, errno.EINTR):
                continue
            raise
        _, opcode, unique, node, *_ = _IN.unpack_from(asked)
        if opcode in _SILENT:
            continue
        told = disk.answer(opcode, node, asked[_IN.size :])
        body, error_code = (b"", -told) if isinstance(told, int) else (told, 0)
        os.write(channel, _OUT.pack(_OUT.size + len(body), error_code, unique) + body)


def main() -> int:
    """Serve a disk of SIZE bytes at PLACE and leave what was asked of it in LOG."""
    disk = Disk(int(sys.argv[1]))
    serve(disk, Path(sys.argv[2]))
    Path(sys.argv[3]).write_bytes(pickle.dumps(disk.noted))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

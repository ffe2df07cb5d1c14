"""Opening what a stranger sent: regular files only, never through a link, never waiting for a pipe."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from oais.files import open_regular

CHUNK = 1 << 20
"""Bytes read at once."""

_SYS_OPENAT2 = 437
_RESOLVE_NO_SYMLINKS, _RESOLVE_BENEATH = 0x04, 0x08
_LIBC = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def open_below(root: int, path: str, flags: int) -> int:
    """Open ``path`` below the directory ``root`` and nowhere else; no step may be a link.

    The kernel sees to it (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS); where it cannot, the
    path is opened step by step. Raises OSError.
    """
    flags |= os.O_NOFOLLOW | os.O_CLOEXEC
    mode = 0o644 if flags & os.O_CREAT else 0
    how = _OpenHow(flags, mode, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS)
    size = ctypes.sizeof(how)
    descriptor = _LIBC.syscall(_SYS_OPENAT2, root, os.fsencode(path), ctypes.byref(how), size)
    if descriptor >= 0:
        return int(descriptor)
    code = ctypes.get_errno()
    if code not in (errno.ENOSYS, errno.EPERM, errno.E2BIG):
        raise OSError(code, os.strerror(code), path)
    parent, _, name = path.rpartition("/")
    above = open_directory_below(root, parent)
    try:
        return os.open(name, flags, mode, dir_fd=above)
    finally:
        os.close(above)


def open_directory_below(root: int, path: str) -> int:
    """Open a directory below ``root`` step by step, so that no step can be a link; raises OSError."""
    current = os.dup(root)
    for part in path.split("/") if path else ():
        try:
            below = os.open(part, os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=current)
        finally:
            os.close(current)
        current = below
    return current


def read_at_most(path: Path, most: int) -> bytes:
    """Return up to ``most`` bytes of a regular file; raises OSError."""
    descriptor = open_regular(path)
    try:
        parts = []
        while most > 0 and (data := os.read(descriptor, min(most, CHUNK))):
            parts.append(data)
            most -= len(data)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def read_lines(path: Path, longest: int) -> Iterator[list[bytes]]:
    """Yield a file's lines in large lists, whichever of LF, CR and CRLF ends them; raises OSError.

    A line longer than ``longest`` bytes ends the reading: it comes last, cut, and still too long. The
    last line comes without its end; a file that ends with a line end gives an empty last line.
    """
    descriptor = open_regular(path)
    try:
        carry = b""
        while data := os.read(descriptor, CHUNK):
            data = carry + data
            held = data.endswith(b"\r")  # its LF may be in the next chunk
            lines = _split(data[:-1] if held else data)
            if held:
                lines[-1] += b"\r"
            carry = lines.pop()
            yield lines
            if len(carry) > longest:
                break
        yield _split(carry)
    finally:
        os.close(descriptor)


def _split(data: bytes) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.split(b"\n")

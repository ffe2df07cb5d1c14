"""Opening what a stranger sent: regular files only, never through a link, never waiting for a pipe."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
"""Bytes read at once."""


def open_regular(path: str | os.PathLike[str]) -> int:
    """Return a descriptor of a regular file; raises OSError for a link, a pipe, or anything else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{os.fspath(path)!r} is not a regular file")
    return descriptor


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

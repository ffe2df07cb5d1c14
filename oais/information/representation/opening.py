"""Opening a provider's file: regular files only, by descriptor, compressed ones within limits.

A name is never given to a library: a descriptor cannot be a URL, a shell command or a device.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from oais import files
from oais.disk_faults import NotRegularError

GZIP_MAGIC = b"\x1f\x8b"
_INPUT = 1 << 18


class Readable(Protocol):
    """Anything bytes are read from in order."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""


class UnreadableError(Exception):
    """A file that is not opened or not decompressed; ``code`` is the finding code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@contextmanager
def open_regular(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file, never through a link and never waiting; yield it and its size in bytes.

    Raises:
        UnreadableError: FMT-002, it is missing, special, a link, or the disk does not give it.
    """
    try:
        descriptor = files.open_regular(path)
    except NotRegularError as error:
        raise UnreadableError("FMT-002", "it is not a regular file") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError("FMT-002", f"the file cannot be opened: {reason}") from error
    with open(descriptor, "rb") as stream:
        yield stream, os.fstat(descriptor).st_size


def bytes_on_disk(path: str) -> int:
    """Return how many bytes a file really takes, 0 when it cannot be told; holes do not count."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return 0
    return min(status.st_size, status.st_blocks * 512)


@dataclass(frozen=True, slots=True)
class GzipLimits:
    """How far a gzip file may grow: ``ratio`` is only asked beyond ``slack`` bytes of output."""

    total: int = 64 << 30
    ratio: int = 200
    slack: int = 64 << 20


class GzipReader:
    """Reads a gzip stream (RFC 1952, several members too) and stops where a limit is passed.

    ``read`` returns fewer bytes than asked only at the end. Nothing is allocated beyond what was asked
    for and one buffer, so a bomb is met at its first byte over the limit.
    """

    def __init__(self, source: Readable, limits: GzipLimits | None = None) -> None:
        self._source = source
        self._limits = limits or GzipLimits()
        self._inflater = zlib.decompressobj(wbits=31)
        self._input = b""
        self.taken = 0
        self.given = 0

    def read(self, size: int, /) -> bytes:
        """Return the next ``size`` decompressed bytes.

        Raises:
            UnreadableError: FMT-004 for a damaged or cut stream, FMT-005 where a limit is passed.
        """
        parts: list[bytes] = []
        wanted = size
        while wanted > 0:
            part = self._inflate(wanted)
            if part is None:
                break
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def _inflate(self, wanted: int) -> bytes | None:
        if self._inflater.eof and not self._next_member():
            return None
        if not self._input:
            self._input = self._source.read(_INPUT)
            self.taken += len(self._input)
            if not self._input:
                raise UnreadableError("FMT-004", "the gzip stream ends before its last member does")
        try:
            part = self._inflater.decompress(self._input, wanted)
        except zlib.error as error:
            place = f"near byte {self.taken}"
            raise UnreadableError("FMT-004", f"the gzip stream is damaged {place}") from error
        self._input = self._inflater.unconsumed_tail
        self.given += len(part)
        self._check_limits()
        return part

    def _next_member(self) -> bool:
        """Go on with the next gzip member; zero padding after the last one is let pass."""
        rest = self._inflater.unused_data
        while not rest.lstrip(b"\0"):
            rest = self._source.read(_INPUT)
            self.taken += len(rest)
            if not rest:
                return False
        self._input = rest.lstrip(b"\0")
        if not self._input.startswith(GZIP_MAGIC[: len(self._input)]):
            raise UnreadableError("FMT-004", "bytes that are not gzip follow the gzip stream")
        self._inflater = zlib.decompressobj(wbits=31)
        return True

    def _check_limits(self) -> None:
        limits = self._limits
        if self.given > limits.total:
            raise UnreadableError("FMT-005", f"it decompresses to more than {limits.total} bytes")
        if self.given > limits.slack and self.given > limits.ratio * max(self.taken, 1):
            found = f"{self.given} bytes out of {self.taken}"
            raise UnreadableError("FMT-005", f"it decompresses to {found}, more than {limits.ratio} for one")


def decompressed(stream: Readable, head: bytes) -> Readable:
    """Return a reader of the content: ``stream`` itself, or through gzip when ``head`` is gzip's."""
    return GzipReader(stream) if head.startswith(GZIP_MAGIC) else stream

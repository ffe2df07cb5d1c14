"""The bytes of a tar as a stream: as a file has them, or as a gzip file gives them, up to a limit."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from typing import Final

from sip.containers.limits import ContainerFault, ContainerLimits

_READ: Final = 1 << 20

Read = Callable[[int], bytes]
"""Gives up to n bytes of the tar stream; fewer only at its end."""


class PlainStream:
    """The bytes of a descriptor, as many as asked for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, count: int) -> bytes:
        """Return ``count`` bytes, fewer only at the end."""
        parts = []
        while count > 0 and (data := os.read(self._descriptor, count)):
            parts.append(data)
            count -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class GzipStream:
    """The decompressed bytes of a gzip file (RFC 1952), never more than ``allowed`` of them."""

    def __init__(self, descriptor: int, allowed: int) -> None:
        self._descriptor = descriptor
        self._allowed = allowed
        self._given = 0
        self._ready = bytearray()
        self._input = b""
        self._member = zlib.decompressobj(31)
        self._ended = False

    def read(self, count: int) -> bytes:
        """Return ``count`` bytes, fewer only at the end; raises ContainerFault for damage or a bomb."""
        while len(self._ready) < count and not self._ended:
            self._refill()
        data = bytes(self._ready[:count])
        del self._ready[:count]
        return data

    def _refill(self) -> None:
        if not self._input:
            self._input = os.read(self._descriptor, _READ)
        if not self._input:
            raise ContainerFault("BOX-002", "", "the gzip stream ends before its trailer")
        try:
            data = self._member.decompress(self._input, _READ)
        except zlib.error as error:
            raise ContainerFault("BOX-003", "", f"the gzip stream is damaged: {error}") from error
        self._given += len(data)
        if self._given > self._allowed:
            raise ContainerFault("BOX-010", "", f"unpacks to more than {self._allowed} bytes")
        self._ready += data
        self._input = self._member.unconsumed_tail
        if self._member.eof:
            self._next_member()

    def _next_member(self) -> None:
        """After a gzip member comes another one, or the end (RFC 1952 §2.2)."""
        self._input = self._member.unused_data or os.read(self._descriptor, _READ)
        if not self._input:
            self._ended = True
        elif not self._input.startswith(b"\x1f"):
            raise ContainerFault("BOX-004", "", "bytes follow the end of the gzip stream")
        else:
            self._member = zlib.decompressobj(31)


def tar_stream(descriptor: int, head: bytes, packed: int, limits: ContainerLimits) -> Read:
    """Return a reader of the tar bytes in a file, decompressed where it is gzipped."""
    if head.startswith(b"\x1f\x8b"):
        return GzipStream(descriptor, limits.by_ratio(packed)).read
    return PlainStream(descriptor).read

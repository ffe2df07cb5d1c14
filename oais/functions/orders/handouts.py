"""A package on its way out, whether it lies on disk or is made while it is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oais.files import open_sealed

ASKED_EVERY = 32 << 20
"""Bytes after which it is asked again whether the rest may still be had."""

_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Handout:
    """A package to be sent: its file name and size (bytes), and ``stamp``, its validator.

    ``read`` gives the bytes from one place to another (not included) and asks on the way whether they may
    still be had. ``sizes`` tells what is taken from each data set.
    """

    name: str
    media_type: str
    size: int
    stamp: str
    read: Callable[[int, int], Iterator[bytes]]
    sizes: tuple[tuple[str, int], ...]


def read_asking(path: Path, size: int, still: Callable[[], object], start: int, stop: int) -> Iterator[bytes]:
    """Yield a part of a file of ``size`` bytes; ``still`` ends it by raising.

    Raises DamageError when the file has another size, StorageError when the disk does not give it.
    """
    asked_at = start
    with open_sealed(path, size, path.name) as stream:
        while start < stop:
            block = os.pread(stream.fileno(), min(_BLOCK, stop - start), start)
            start += len(block)
            if start - asked_at >= ASKED_EVERY:
                still()
                asked_at = start
            if not block:
                return
            yield block

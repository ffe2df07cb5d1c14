"""What was read of files and folders, kept for as long as these stay as they are."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from oais.keeping import keep

_T = TypeVar("_T")

_SETTLED: Final = 3_000_000_000
"""Nanoseconds without a change: the clocks of some disks tick no faster than every two seconds."""

_Stamps = list[tuple[int, int, int, int] | None]


class Unchanged(Generic[_T]):
    """The newest answers read from files or folders; one is read again once any of those changed.

    Two changes within one tick of the disk's clock look like one, so nothing is kept of what has changed
    in the last moments. ``now`` tells nanoseconds as the disk's clock does.
    """

    def __init__(self, most: int = 8, *, now: Callable[[], int] = time.time_ns) -> None:
        self._most: Final = most
        self._now: Final = now
        self._known: dict[Hashable, tuple[_Stamps, _T]] = {}

    def read(self, key: Hashable, paths: Sequence[Path], load: Callable[[], _T]) -> _T:
        """Return what ``load`` reads of some paths, which is known by a key while they stay as they are."""
        before, began = _stamps(paths), self._now()
        known = self._known.get(key)
        if known is not None and known[0] == before:
            return known[1]
        loaded = load()
        changed = max((stamp[-1] for stamp in before if stamp is not None), default=0)
        self._known.pop(key, None)
        if changed < began - _SETTLED and before == _stamps(paths):
            keep(self._known, self._most, key, (before, loaded))
        return loaded


def _stamps(paths: Sequence[Path]) -> _Stamps:
    return [_stamp(path) for path in paths]


def _stamp(path: Path) -> tuple[int, int, int, int] | None:
    """Return what differs after every change, the moment last; None where nothing is, as in an empty file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if found.st_size else None

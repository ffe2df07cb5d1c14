"""What an audit meets in an object before it opens anything: names, kinds, and their order on the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from oais.walking import kind_of

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Met:
    """What lies in an object by its path: ``kinds`` (``file``, ``directory``, …) and inode numbers.

    ``unread`` says of each folder that could not be read why: what lies in it is not known.
    """

    kinds: dict[str, str]
    inodes: dict[str, int]
    unread: dict[str, str]

    def is_known(self, path: str) -> bool:
        """Return whether it can be said that something does not lie there."""
        return not any(path.startswith(f"{folder}/") or not folder for folder in self.unread)

    def in_disk_order(self, paths: Iterable[str]) -> list[str]:
        """Return paths in the order of their inodes, which file systems follow when they lay out files."""
        return sorted(sorted(paths), key=lambda path: self.inodes.get(path, 0))


def names_in(root: Path) -> Met:
    """List everything below ``root``, never following a link.

    Kinds come with the names, so that no file or folder is looked at for them.
    """
    met = Met({}, {}, {})
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            waiting.extend(_listed(os.fspath(root), prefix, met))
        except FileNotFoundError:
            continue  # gone meanwhile: what should lie in it is missed by name
        except OSError as error:
            met.unread[prefix] = error.strerror or str(error)
    return met


def _listed(base: str, prefix: str, met: Met) -> list[str]:
    """Note what one folder holds, and return the folders in it."""
    folders = []
    with os.scandir(f"{base}/{prefix}" if prefix else base) as listing:
        for entry in listing:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            met.inodes[path] = entry.inode()
            if entry.is_file(follow_symlinks=False):
                met.kinds[path] = "file"
            elif entry.is_dir(follow_symlinks=False):
                met.kinds[path] = "directory"
                folders.append(path)
            else:
                met.kinds[path] = kind_of(entry.stat(follow_symlinks=False).st_mode)
    return folders


class Stamp:
    """Sums up which files of which size and time there are, in whatever order they are met.

    Two equal stamps mean that nothing was changed by ordinary means; they are no proof of any byte.
    """

    def __init__(self) -> None:
        self._files = self._bytes = self._mixed = 0

    def add(self, path: str, size: int, modified_ns: int) -> None:
        """Take in one file."""
        self._files += 1
        self._bytes += size
        self._mixed += (crc32(path.encode("utf-8", "surrogateescape")) + 1) * (size + modified_ns)

    def __str__(self) -> str:
        """Return the stamp."""
        return f"{self._files}:{self._bytes}:{self._mixed & _MASK:016x}"


def sizes_of(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the status of each regular file that is there; what is not is told by its name."""
    for path in paths:
        try:
            status = os.lstat(f"{root}/{path}")
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, status

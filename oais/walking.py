"""Walking through a directory of anybody's: everything there is, in a fixed order, through no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing below a directory: its relative path, ``lstat`` result, and for a link where it points."""

    path: str
    status: os.stat_result
    target: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_directory(self) -> bool:
        """Whether it is a real directory, not a link to one."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def kind(self) -> str:
        """The plain name of what it is."""
        return kind_of(self.status.st_mode)


def kind_of(mode: int) -> str:
    """Return the plain name of what has this ``st_mode`` (``file``, ``directory``)."""
    return next((name for test, name in _KINDS if test(mode)), "unknown object")


_KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISLNK, "symbolic link"),
    (stat.S_ISFIFO, "FIFO"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "character device"),
    (stat.S_ISBLK, "block device"),
)


def walk(root: str | os.PathLike[str]) -> Iterator[Entry]:
    """Yield everything below ``root``, sorted within each directory, never following a link.

    Names that are not UTF-8 come with surrogate escapes. Directories are yielded before what they hold.
    """
    base = os.fspath(root)
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        with os.scandir(os.path.join(base, prefix) if prefix else base) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        below = []
        for entry in entries:
            path = f"{prefix}/{entry.name}" if prefix else entry.name
            status = entry.stat(follow_symlinks=False)
            link = os.readlink(entry.path) if stat.S_ISLNK(status.st_mode) else ""
            yield Entry(path, status, link)
            if stat.S_ISDIR(status.st_mode):
                below.append(path)
        waiting.extend(reversed(below))

"""Walking through a directory of anybody's, and removing it: through no link, however deep it goes."""

from __future__ import annotations

import errno
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


def remove_tree(root: str | os.PathLike[str]) -> None:
    """Remove a directory with all that is in it; raises OSError, also for what is no directory of its own.

    What lies deep is brought up first: neither Python's stack nor the longest path that the system takes
    bounds how deep strangers make their directories.
    """
    base = os.fspath(root)
    if os.path.islink(base):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), base)
    waiting = _only_directories(base)
    used, number = set(waiting), 0
    while waiting:
        here = os.path.join(base, waiting.pop())
        for name in _only_directories(here):
            while str(number) in used:
                number += 1
            used.add(str(number))
            waiting.append(str(number))
            os.rename(os.path.join(here, name), os.path.join(base, str(number)))
        os.rmdir(here)
    os.rmdir(base)


def _only_directories(folder: str) -> list[str]:
    """Remove everything else from a directory; return the names of those that are left."""
    with os.scandir(folder) as listing:
        entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
    for name, is_directory in entries:
        if not is_directory:
            os.unlink(os.path.join(folder, name))
    return [name for name, is_directory in entries if is_directory]

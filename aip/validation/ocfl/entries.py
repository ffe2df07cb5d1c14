"""What lies in a directory, looked at without following a link or opening anything special."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from pathlib import Path

from oais.errors import StorageError
from oais.information.findings import Finding, finding

_LONGEST_PATH = 4096 - 1 - 256
"""Bytes of a path that the system opens, less a slash and the longest name of a file below it."""


class Kind(StrEnum):
    """What a directory entry is, told by its own inode and never by what a link points to."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "symbolic link"
    SPECIAL = "FIFO, socket or device"
    UNREACHABLE = "directory whose path is too long to open"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory; ``inode`` is set only for a file that has more than one name."""

    name: str
    kind: Kind
    inode: tuple[int, int] | None = None


def list_directory(path: Path | str) -> list[Entry]:
    """Return the entries of a directory, sorted by name; raises StorageError if it cannot be read."""
    try:
        with os.scandir(path) as found:
            return sorted((_entry(item) for item in found), key=attrgetter("name"))
    except OSError as error:
        raise StorageError(
            f"directory {path} could not be listed: {error.strerror}",
            remedy="Check the permissions and the disk, then validate again.",
        ) from error


def _entry(item: os.DirEntry[str]) -> Entry:
    status = item.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        too_long = len(os.fsencode(item.path)) > _LONGEST_PATH
        return Entry(item.name, Kind.UNREACHABLE if too_long else Kind.DIRECTORY)
    if stat.S_ISLNK(status.st_mode):
        return Entry(item.name, Kind.LINK)
    if not stat.S_ISREG(status.st_mode):
        return Entry(item.name, Kind.SPECIAL)
    inode = (status.st_dev, status.st_ino) if status.st_nlink > 1 else None
    return Entry(item.name, Kind.FILE, inode)


def is_directory(path: Path) -> bool:
    """Return whether ``path`` itself, not what it may link to, is a directory."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def read_file(path: Path, longest: int) -> bytes | None:
    """Return the bytes of a small regular file, or None if it holds more than ``longest`` bytes.

    Raises StorageError if it is no longer a regular file or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StorageError(f"{path} is no longer a regular file")
            data = stream.read(longest + 1)
    except OSError as error:
        raise StorageError(f"{path} could not be read: {error.strerror}") from error
    return data if len(data) <= longest else None


def check_ordinary(entries: list[Entry], folder: str) -> Iterator[Finding]:
    """Yield E090 for each symbolic link and E089 for each FIFO, socket or device (section 4.6)."""
    for entry in entries:
        path = folder + entry.name
        if entry.kind is Kind.LINK:
            yield finding("E090", path, f"{path} is a symbolic link, expected a file or directory")
        elif entry.kind in (Kind.SPECIAL, Kind.UNREACHABLE):
            yield finding("E089", path, f"{path} is a {entry.kind}, expected a file or directory")

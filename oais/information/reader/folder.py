"""A part of ``verify.py``: what lies below a folder, read without following a link."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import BinaryIO

# -- Files: only real ones, below real folders ----------------------------------------------------------

BLOCK = 1 << 20
MOST = 256 << 20  # bytes of the longest inventory or manifest that is read


def open_plain(path: str) -> "BinaryIO":
    """Open a regular file, no link and no pipe, without waiting; raises OSError."""
    how = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, how | getattr(os, "O_BINARY", 0))
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError("is not a regular file")


def small_file(path: str) -> bytes:
    """Return a regular file whole; raises OSError, also when it is longer than any the archive writes."""
    with open_plain(path) as stream:
        if os.fstat(stream.fileno()).st_size > MOST:
            raise OSError("is longer than any the archive writes")
        return stream.read()


class Folder:
    """All that lies below a folder: ``files`` with their sizes, and what is neither file nor folder."""

    def __init__(self, root: str, leave: str = "") -> None:
        self.root = root
        self.files: dict[str, int] = {}
        self.folders: set[str] = set()
        self.odd: set[str] = set()
        self.read_bytes = 0
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            for name in os.listdir(os.path.join(root, prefix)):
                path = prefix + name
                if path == leave:
                    continue
                status = os.lstat(os.path.join(root, path))
                if stat.S_ISDIR(status.st_mode):
                    self.folders.add(path)
                    waiting.append(path + "/")
                elif stat.S_ISREG(status.st_mode):
                    self.files[path] = status.st_size
                else:
                    self.odd.add(path)

    def blocks(self, path: str) -> "Iterator[bytes]":
        """Yield the bytes of a file; raises OSError, also for what is no plain file below this folder."""
        self._require(path)
        with open_plain(os.path.join(self.root, path)) as stream:
            block = stream.read(BLOCK)
            while block:
                self.read_bytes += len(block)
                yield block
                block = stream.read(BLOCK)

    def bytes_of(self, path: str) -> bytes:
        """Return a small file whole; raises OSError."""
        self._require(path)
        data = small_file(os.path.join(self.root, path))
        self.read_bytes += len(data)
        return data

    def _require(self, path: str) -> None:
        if path not in self.files:
            raise OSError("is not a regular file" if path in self.odd else "is missing")

    def digests(self, path: str, names: "Iterable[str]") -> "dict[str, str]":
        """Return digests of a file by their algorithms; raises OSError."""
        hashers = [hashlib.new(name) for name in names]
        for block in self.blocks(path):
            for hasher in hashers:
                hasher.update(block)
        return {hasher.name: hasher.hexdigest() for hasher in hashers}


def is_clean(path: str) -> bool:
    """Return whether a path stays below its folder on any system."""
    return not re.search("[\\\\\0]|^[A-Za-z]:", path) and (
        all(part not in ("", ".", "..") for part in path.split("/"))
    )

"""The place where a container is unpacked: only files and directories, only below one descriptor.

Every name is judged before the disk is asked, and the disk is asked in a way that cannot leave the
place: new files only (O_EXCL), no link followed (O_NOFOLLOW on each step, or openat2 with
RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS where the kernel has it).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Self

from oais.disk_faults import storage_errors
from oais.files import write_all
from oais.information.fixity import FileFixity, create_hasher, hash_bytes
from sip.bag.findings import FindingLog
from sip.bag.opening import open_below, open_directory_below
from sip.bag.paths import name_faults, why_it_escapes
from sip.containers.limits import ContainerFault, ContainerLimits

ReadExactly = Callable[[int], bytes]
"""Gives the next n bytes of a member, or raises ContainerFault; never fewer."""

_BLOCK: Final = 4 << 20
_SMALL: Final = 1 << 20
_FORBIDDEN_NAMES = frozenset({"BAG-043", "BAG-044", "BAG-047", "BAG-054"})
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Unpacking:
    """Writes members below one directory and remembers what each byte written hashed to."""

    def __init__(
        self, target: int, limits: ContainerLimits, algorithms: Sequence[str], log: FindingLog
    ) -> None:
        self.files: dict[str, FileFixity] = {}
        self.limits = limits
        self.log = log
        self._target = target
        self._algorithms = tuple(algorithms)
        self._directories: set[str] = set()
        self._members = 0
        self._bytes = 0
        self._pool = ThreadPoolExecutor(len(self._algorithms) + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()

    def admit(self, name: str, mode: int, *, is_directory: bool) -> str:
        """Return the path a member may be written to; an empty one when a finding forbids it.

        Raises ContainerFault beyond the number of members allowed.
        """
        self._members += 1
        if self._members > self.limits.members:
            message = f"more than {self.limits.members} members"
            raise ContainerFault("BOX-012", name, message)
        reason = why_it_escapes(name)
        if reason:
            self.log.add("BOX-005", name, f"member {name!r}: {reason}")
            return ""
        path = name.removeprefix("./").rstrip("/")
        if path in ("", ".") and is_directory:
            return ""  # the place itself
        faults = [text for code, text in name_faults(path) if code in _FORBIDDEN_NAMES]
        if {"", ".", ".."} & set(path.split("/")):
            faults.append("it has a '.', '..' or empty part")
        for text in faults:
            self.log.add("BOX-007", name, f"member {name!r}: {text}")
        if mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
            self.log.add("BOX-008", name, f"mode of member {name!r} is {mode & 0o7777:04o}")
            return ""
        return "" if faults else path

    def add_directory(self, path: str) -> None:
        """Make a directory; one that is there already is no fault."""
        if path in self.files:
            self.log.add("BOX-009", path, f"member {path!r} is a directory and a file")
        else:
            self._make_directories(path)

    def add_file(self, path: str, size: int, read: ReadExactly) -> None:
        """Write one new file of ``size`` bytes, hashing what is written; each byte is read once.

        Raises ContainerFault beyond the bytes allowed, or when the member ends too early.
        """
        self._bytes += size
        if self._bytes > self.limits.bytes:
            message = f"{self._bytes} bytes with member {path!r}; at most {self.limits.bytes}"
            raise ContainerFault("BOX-011", path, message)
        descriptor = self._create(path)
        if descriptor < 0:
            _skip(size, read)
            return
        try:
            with storage_errors(f"unpacking {path}"):
                self.files[path] = self._write(descriptor, size, read)
        finally:
            os.close(descriptor)

    def skip_file(self, size: int, read: ReadExactly) -> None:
        """Read past the bytes of a member that is not written, so that the next can be judged."""
        _skip(size, read)

    def _create(self, path: str) -> int:
        """Return a descriptor of a new file, or -1 with a finding when its name is taken."""
        parent = path.rpartition("/")[0]
        clash = path in self.files or path in self._directories
        if clash or not self._make_directories(parent):
            self.log.add("BOX-009", path, f"member {path!r} stands twice, or as file and directory")
            return -1
        with storage_errors(f"unpacking {path}"):
            return open_below(self._target, path, _NEW_FILE)

    def _make_directories(self, path: str) -> bool:
        """Make ``path`` and what is above it; False when a file stands in the way."""
        if not path or path in self._directories:
            return True
        parent, _, _ = path.rpartition("/")
        if path in self.files or not self._make_directories(parent):
            return False
        with storage_errors(f"unpacking {path}"):
            above = open_directory_below(self._target, parent)
            try:
                os.mkdir(path.rpartition("/")[2], 0o755, dir_fd=above)
            finally:
                os.close(above)
        self._directories.add(path)
        return True

    def _write(self, descriptor: int, size: int, read: ReadExactly) -> FileFixity:
        if size <= _SMALL:
            data = read(size)
            write_all(descriptor, data)
            return hash_bytes(data, self._algorithms)
        hashers = {name: create_hasher(name) for name in self._algorithms}
        left = size
        waiting: list[Future[object]] = []
        while left:
            data = read(min(left, _BLOCK))
            left -= len(data)
            for job in waiting:
                job.result()
            waiting = [self._pool.submit(hasher.update, data) for hasher in hashers.values()]
            waiting.append(self._pool.submit(write_all, descriptor, data))
        for job in waiting:
            job.result()
        return FileFixity(size, {name: hasher.hexdigest() for name, hasher in hashers.items()})


def _skip(size: int, read: ReadExactly) -> None:
    while size > 0:
        size -= len(read(min(size, _BLOCK)))

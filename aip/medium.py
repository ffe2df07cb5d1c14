"""What a copy of the store asks of the medium it lies on; a folder today, and one day an object store.

Paths are relative and written with slashes. On a medium without renames ``publish`` may write file by file,
as long as the inventory at an object's root comes last: nobody reads an object before that.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from oais.files import (
    create_file,
    create_from,
    exchange_directories,
    make_directories,
    open_regular,
    read_regular,
    rename_into_place,
    sync_directory,
    sync_tree,
)
from oais.walking import walk

REPLACING: Final = ".replacing"
"""A file in the scratch folder that is about to take the place of another; a crash may leave it there."""

_BLOCK = 1 << 20


class Medium(Protocol):
    """Where copies lie. Every method raises OSError, or StorageError where something was being written."""

    def list(self, below: str) -> Iterator[tuple[str, str]]:
        """Yield path and kind (``file``, or what stands in its place) of all that lies below a folder."""

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file."""

    def answer(self, path: str, nonce: bytes) -> tuple[str, str]:
        """Return the sha512 of a file and the sha256 of ``nonce`` and file, read from the medium itself."""

    def write_new(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file that is not there yet; it lasts from the next ``sync`` on."""

    def sync(self, below: str) -> None:
        """Make all that was written below a folder last."""

    def publish(self, staged: str, final: str) -> None:
        """Move a synced folder to where it counts, never in place of another one, and make that last."""

    def exchange(self, new: str, old: str) -> None:
        """Let two folders change places in one step, and make that last."""

    def replace(self, path: str, data: bytes) -> None:
        """Write a small file, or another one in its place: whole, and lasting when this returns."""

    def remove(self, below: str) -> None:
        """Remove a folder that does not count, if it is there."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, or one mounted here, as the medium of copies.

    ``scratch`` is a folder in it for files that are about to replace others, so that a crash leaves no
    remains among what is kept; one process at a time writes.
    """

    base: Path
    scratch: str

    def list(self, below: str) -> Iterator[tuple[str, str]]:
        """Yield what lies below a folder, which may be missing; folders themselves are left out."""
        folder = self.base / below
        for entry in walk(folder) if folder.is_dir() else ():
            if not entry.is_directory:
                yield f"{below}/{entry.path}", entry.kind

    def read(self, path: str) -> bytes:
        """Return the bytes of a small file, never through a link."""
        return read_regular(self.base / path, follow=False)

    def answer(self, path: str, nonce: bytes) -> tuple[str, str]:
        """Read a file from the disk, not from the memory of it."""
        return digests_with(self.base / path, nonce)

    def write_new(self, path: str, blocks: Iterable[bytes]) -> None:
        """Write a file; its folders are made."""
        target = self.base / path
        make_directories(target.parent)
        create_from(target, blocks)

    def sync(self, below: str) -> None:
        """Fsync files first, then folders."""
        sync_tree(self.base / below)

    def publish(self, staged: str, final: str) -> None:
        """Rename without replacing, and sync the folders above on both sides."""
        rename_into_place(self.base / staged, self.base / final)

    def exchange(self, new: str, old: str) -> None:
        """Exchange by a rename; a reader sees the one or the other."""
        exchange_directories(self.base / new, self.base / old)
        sync_directory((self.base / new).parent)

    def replace(self, path: str, data: bytes) -> None:
        """Replace by a rename."""
        target = self.base / path
        made = make_directories(target.parent)
        make_directories(self.base / self.scratch)
        new = self.base / self.scratch / REPLACING
        new.unlink(missing_ok=True)
        create_file(new, data)
        os.replace(new, target)
        for folder in (target.parent, *(folder.parent for folder in made)):
            sync_directory(folder)

    def remove(self, below: str) -> None:
        """Remove a folder; one that is not there is removed already."""
        shutil.rmtree(self.base / below, ignore_errors=True)


def digests_with(path: Path, nonce: bytes) -> tuple[str, str]:
    """Return the sha512 of a file and the sha256 of ``nonce`` and file, in one reading; raises OSError.

    The nonce comes first: whoever kept no more than what a hash had come to cannot put it in front.
    """
    plain, nonced = hashlib.sha512(), hashlib.sha256(nonce)
    with open(open_regular(path), "rb", buffering=0) as stream:
        os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        buffer = memoryview(bytearray(_BLOCK))
        while count := stream.readinto(buffer):
            plain.update(buffer[:count])
            nonced.update(buffer[:count])
    return plain.hexdigest(), nonced.hexdigest()

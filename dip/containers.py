"""Where a bag is written: into a folder, or into a zip whose bytes depend on the order alone."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Self

_EARLIEST = 1980
"""The first year that a zip can tell."""


class FolderWriter:
    """Writes a bag as a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    @contextmanager
    def open(self, path: str, size: int) -> Iterator[IO[bytes]]:  # noqa: ARG002 - a zip needs it
        """Open a new file of the bag for writing."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            yield stream


class ZipWriter:
    """Writes a bag as one zip: fixed times and modes, members in the order given, zip64 where needed."""

    def __init__(self, target: Path, folder: str, at: str, *, deflate: bool) -> None:
        self._file = target.open("xb")
        self._zip = zipfile.ZipFile(self._file, "w", allowZip64=True)
        self._folder = folder
        self._kind = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        moment = datetime.fromisoformat(at)
        year = max(moment.year, _EARLIEST)
        self._time = (year, moment.month, moment.day, moment.hour, moment.minute, moment.second)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            # What is half made is closed too, and then thrown away: its own fault does not matter.
            with nullcontext() if kind is None else suppress(OSError, ValueError):
                self._zip.close()
        finally:
            self._file.close()

    @contextmanager
    def open(self, path: str, size: int) -> Iterator[IO[bytes]]:
        """Open a new member for writing."""
        member = zipfile.ZipInfo(f"{self._folder}/{path}", self._time)
        member.create_system = 3  # Unix, so that the mode below is understood
        member.external_attr = (stat.S_IFREG | 0o644) << 16
        member.compress_type = self._kind
        member.file_size = size
        with self._zip.open(member, "w") as stream:
            yield stream


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(
        os.lstat(os.path.join(folder, name)).st_size for folder, _, names in os.walk(path) for name in names
    )

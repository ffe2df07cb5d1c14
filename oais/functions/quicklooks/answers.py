"""Answers of the reading process that lie ready: numbers of drawings that were made before anybody asked.

An answer is found by the sha512 of the stored bytes and by what was asked about them, never by a name;
whoever is given it has been allowed to download those bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from oais.disk_faults import storage_errors
from oais.files import make_directories, read_regular
from oais.information.representation.opening import bytes_on_disk
from oais.information.representation.reading import PATIENCE, ask_reader
from oais.walking import walk

LOOKS: Final = "looks"
_FORM: Final = 2
"""Number of the form of the answers: those of another release are not found any more, and go in time."""

_PATIENCE: Final = 60.0
"""Seconds after which what the worker draws of a large file is made of what was read so far."""

_BYTES_A_SECOND: Final = 20 << 20

_USED_AGAIN: Final = 3600.0
_ROOM_MADE: Final = 0.9


class Answers:
    """The folder of the answers of an archive; ``held`` counts its bytes, ``kept`` what came in."""

    def __init__(self, home: Path) -> None:
        self.root = home / LOOKS / "answers"
        self.held = self.kept = 0
        # When was used or stored what had to go last: what is older would be the next to go.
        self.too_old = 0.0

    def find(self, sha512: str, reader: str, options: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return an answer, None where none lies ready or it is damaged."""
        path = self._path(sha512, reader, options)
        try:
            answer: dict[str, Any] = json.loads(gzip.decompress(read_regular(path, follow=False)))
        except (OSError, EOFError, ValueError, gzip.BadGzipFile, RecursionError):
            return None
        return answer

    def used(self, sha512: str, reader: str, options: Mapping[str, Any]) -> None:
        """Note that somebody was given an answer; it goes later for that."""
        path = self._path(sha512, reader, options)
        with suppress(OSError):  # where nothing may be written, nothing is removed either
            if time.time() - path.stat().st_mtime > _USED_AGAIN:
                os.utime(path)

    def keep(
        self, sha512: str, reader: str, options: Mapping[str, Any], answer: Mapping[str, Any], since: float
    ) -> None:
        """Keep an answer, which counts as used at ``since`` (seconds of Unix); raises StorageError."""
        path = self._path(sha512, reader, options)
        data = gzip.compress(json.dumps(answer).encode(), compresslevel=5, mtime=0)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with storage_errors("keeping a quick-look"):
            make_directories(path.parent)
            partial.write_bytes(data)
            os.utime(partial, (since, since))
            partial.replace(path)
        self.held, self.kept = self.held + len(data), self.kept + 1

    def forget(self, sha512: str) -> None:
        """Remove all answers about these bytes; raises StorageError."""
        with storage_errors("removing quick-looks"), suppress(FileNotFoundError):
            shutil.rmtree(self._folder(sha512))

    def count(self) -> None:
        """Look how many bytes there are; raises StorageError."""
        self.held = sum(size for _, size, _ in self._files())

    def make_room(self, most: int) -> None:
        """Remove what was not used for the longest time where there is more than ``most`` bytes.

        Raises StorageError.
        """
        if self.held <= most:
            return
        files = sorted(self._files())
        self.held = sum(size for _, size, _ in files)
        for used, size, path in files:
            if self.held <= most * _ROOM_MADE:
                break
            with storage_errors("removing quick-looks"):
                path.unlink(missing_ok=True)
                with suppress(OSError):
                    path.parent.rmdir()
            self.held, self.too_old = self.held - size, used

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        if not self.root.is_dir():
            return
        with storage_errors("looking through the quick-looks"):
            for entry in walk(self.root):
                if entry.is_file:
                    yield entry.status.st_mtime, entry.status.st_size, self.root / entry.path

    def _path(self, sha512: str, reader: str, options: Mapping[str, Any]) -> Path:
        asked = json.dumps([_FORM, reader, options], sort_keys=True)
        return self._folder(sha512) / f"{hashlib.sha256(asked.encode()).hexdigest()}.json.gz"

    def _folder(self, sha512: str) -> Path:
        return self.root / sha512[:2] / sha512


@dataclass(frozen=True, slots=True)
class ReadyFirst:
    """Reads stored bytes as ``ask_reader`` does, unless the answer lies ready."""

    home: Path
    sha512: str

    def __call__(self, path: Path, reader: str, **options: Any) -> dict[str, Any]:
        """Return the answer; raises NotShownError."""
        answers = Answers(self.home)
        ready = answers.find(self.sha512, reader, options)
        if ready is None:
            return ask_reader(path, reader, **options)
        answers.used(self.sha512, reader, options)
        return ready


@dataclass(frozen=True, slots=True)
class ReadAndKeep:
    """Reads stored bytes with more patience than a page has, and keeps the answer."""

    answers: Answers
    sha512: str
    since: float

    def __call__(self, path: Path, reader: str, **options: Any) -> dict[str, Any]:
        """Return the answer; raises NotShownError, StorageError."""
        ready = self.answers.find(self.sha512, reader, options)
        if ready is not None:
            return ready
        patience = min(_PATIENCE, PATIENCE + bytes_on_disk(str(path)) / _BYTES_A_SECOND)
        more = {"seconds": patience} if reader == "drawing" else {}
        answer = ask_reader(path, reader, **options, **more)
        self.answers.keep(self.sha512, reader, options, answer, self.since)
        return answer


def forget_looks(home: Path, digests: Mapping[str, object] | None) -> None:
    """Remove what was drawn of bytes by their sha512; of all where nobody knows any more of which.

    Raises StorageError.
    """
    if digests is None:
        with storage_errors("removing quick-looks"), suppress(FileNotFoundError):
            shutil.rmtree(home / LOOKS)
        return
    answers = Answers(home)
    for sha512 in digests:
        answers.forget(sha512)

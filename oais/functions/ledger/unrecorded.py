"""Marks of what is being kept and does not stand in the ledger yet.

To find what a crash kept out, all that is kept has to be compared with the whole ledger, which takes the
longer the more there is. A mark, durable before the first thing is kept and taken away when the last one
is recorded, tells whether that is needed: only where one was left behind. The mark of a submission names
what it begins, so that after a crash no more than that has to be looked at.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.files import create_file, make_directories, sync_directory, sync_paths, write_all
from oais.functions.storage import ingesting

UNRECORDED: Final = "unrecorded"
_NAMES: Final = "names what it begins"
"""First line of a mark that names all it stands for; one without says: look through everything."""

_NOTE: Final = re.compile(r"(r[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}) (\S*)")


@dataclass(slots=True)
class Mark:
    """Stands while something is kept; it ``stays`` when the ledger may not have been told of all of it.

    Without a ``path`` nothing is written.
    """

    path: Path | None = None
    stays: bool = False

    def note(self, receipt_id: str, aip_id: str) -> None:
        """Name a receipt and an AIP that are going to be kept; it lasts from the next ``sync`` on.

        Processes that share the mark add whole lines. Raises OSError.
        """
        if self.path is not None:
            with FileIO(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), "w") as stream:
                write_all(stream.fileno(), f"{receipt_id} {aip_id}\n".encode())

    def sync(self) -> None:
        """Make lasting what was noted; raises OSError."""
        sync_paths(self.files, ())

    @property
    def files(self) -> tuple[Path, ...]:
        """The file to be synced before what was noted is kept, or none."""
        return () if self.path is None else (self.path,)


UNMARKED: Final = Mark()
"""For callers who need no mark."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the marks that were left name: receipts and AIPs, kept or not."""

    receipts: Collection[str]
    aip_ids: Collection[str]


@contextmanager
def marked(home: Home, *, naming: bool = False) -> Iterator[Mark]:
    """Mark durably that things are kept from here on, until all of them are recorded.

    Whoever asks for a mark that is ``naming`` notes each AIP and receipt before it is kept. The mark stays
    after any exception. No sweep comes in between. Raises StorageError.
    """
    path = _folder(home) / f"{os.getpid()}-{secrets.token_hex(4)}"
    with ingesting(home):
        with storage_errors("marking what is not in the ledger yet"):
            _make_folder(home)
            create_file(path, f"{_NAMES}\n".encode() if naming else b"")
            sync_directory(path.parent)
        mark = Mark(path)
        yield mark
        if not mark.stays:
            take_away([path])


def _folder(home: Home) -> Path:
    return home.home / "ledger" / UNRECORDED


def _make_folder(home: Home) -> None:
    """Make the folder; where none was, as in an archive of an earlier release, a mark says: look once."""
    for made in make_directories(_folder(home)):
        if made == _folder(home):
            create_file(made / "before", b"")
        sync_directory(made.parent)


def marks_left(home: Home) -> list[Path]:
    """Return the marks that were left; asked while nobody ingests, these are of a crash or of a fault.

    Raises StorageError.
    """
    with storage_errors("looking for what is not in the ledger yet"):
        _make_folder(home)
        return sorted(_folder(home).iterdir())


def begun_by(marks: Sequence[Path]) -> Begun | None:
    """Return what marks name, or None when one names nothing or cannot be read; raises StorageError.

    A last line that was never whole is of something that was not kept.
    """
    noted: list[re.Match[str]] = []
    with storage_errors("reading what is not in the ledger yet"):
        for mark in marks:
            first, *lines = mark.read_bytes().decode("utf-8", "replace").split("\n")
            named = [_NOTE.fullmatch(line) for line in lines[:-1]]
            if first != _NAMES or not lines or None in named:
                return None
            noted += filter(None, named)
    return Begun({note[1] for note in noted}, {note[2] for note in noted} - {""})


def take_away(marks: Iterable[Path]) -> None:
    """Take marks away; one that comes back after a power cut only makes the next sweep look once more."""
    with storage_errors("marking that all is in the ledger"):
        for mark in marks:
            mark.unlink(missing_ok=True)

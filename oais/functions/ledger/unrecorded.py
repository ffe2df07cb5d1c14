"""Marks of what is being kept and does not stand in the ledger yet.

To find what a crash kept out, all that is kept has to be compared with the whole ledger, which takes the
longer the more there is. A mark, durable before the first thing is kept and taken away when the last one
is recorded, tells whether that is needed: only where one was left behind.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.archive import Home
from oais.files import create_file, make_directories, storage_errors, sync_directory
from oais.functions.storage import ingesting

UNRECORDED: Final = "unrecorded"


@dataclass(slots=True)
class Mark:
    """Stands while something is kept; it ``stays`` when the ledger may not have been told of all of it."""

    stays: bool = False


@contextmanager
def marked(home: Home) -> Iterator[Mark]:
    """Mark durably that things are kept from here on, until all of them are recorded.

    The mark stays after any exception. No sweep comes in between. Raises StorageError.
    """
    path = _folder(home) / f"{os.getpid()}-{secrets.token_hex(4)}"
    with ingesting(home):
        with storage_errors("marking what is not in the ledger yet"):
            _make_folder(home)
            create_file(path, b"")
            sync_directory(path.parent)
        mark = Mark()
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


def take_away(marks: Iterable[Path]) -> None:
    """Take marks away; one that comes back after a power cut only makes the next sweep look once more."""
    with storage_errors("marking that all is in the ledger"):
        for mark in marks:
            mark.unlink(missing_ok=True)

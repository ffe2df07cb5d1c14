"""Copies the database of an archive while it is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from oais.confirming import confirm
from oais.disk_faults import storage_errors
from oais.errors import StorageError
from oais.files import sync_directory


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is at one moment, whoever writes to it; ``target`` is replaced whole.

    Raises StorageError, also when the copy is not a sound database: the one that was there before stays.
    """
    partial = target.with_name(f".{target.name}.partial")
    with storage_errors(f"copying {source.name}"):
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            _copy(source, partial)
            os.replace(partial, target)
            sync_directory(target.parent)
        except sqlite3.Error as error:
            raise StorageError(f"{source.name} cannot be copied: {error}") from error
        finally:
            partial.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Fill an empty file, prove that it is a sound database, and make it durable."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.execute("PRAGMA query_only=ON")
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, not three, is what a copy is
        (found,) = new.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StorageError(f"the copy of {source.name} is not sound: {found}")
    with target.open("rb") as stream:
        confirm(stream.fileno(), target)

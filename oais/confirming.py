"""Whether the disk kept its word: the first write that it did not confirm closes the archive for writing.

After an fsync that fails nobody knows what the disk holds, and asking again tells nothing: on ext4, xfs and
btrfs the second fsync succeeds, and the page cache shows bytes that were never written. So a mark is left in
the home. Every process heeds it until what was being stored has been read back (``oais reopen``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from oais.errors import StorageError

MARK: Final = "unconfirmed.json"
"""The mark in the home: which file the disk did not confirm, and how it failed."""

_SETTINGS: Final = "oais.yaml"
_REMEDY: Final = "have the disk checked; then 'oais reopen' reads back what was being stored and opens it"

_KNOWN: dict[Path, str] = {}
"""Homes in which the mark itself could not be left: this process heeds it all the same."""

_LOOKED_INTO: set[Path] = set()


def confirm(descriptor: int, path: str | os.PathLike[str]) -> None:
    """Fsync what is open at ``path``; raises OSError, and then the archive that holds it is closed."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        _close(Path(os.path.abspath(os.fspath(path))), error)
        raise


def _close(path: Path, error: OSError) -> None:
    home = next((above for above in (path, *path.parents) if (above / _SETTINGS).is_file()), None)
    if home is None:
        return  # it lies in no archive
    reason = error.strerror or str(error)
    told = {"path": os.fsencode(path.relative_to(home)).decode("utf-8", "replace"), "error": reason}
    try:
        with suppress(FileExistsError):
            descriptor = os.open(home / MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try:
                os.write(descriptor, json.dumps(told).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    except OSError:
        _KNOWN[home] = _told(told)


def why_closed(home: Path) -> str:
    """Return why an archive takes nothing more, or nothing while every write was confirmed."""
    try:
        return _told(json.loads((home / MARK).read_bytes()))
    except FileNotFoundError:
        return _KNOWN.get(home, "")
    except (OSError, ValueError, TypeError, KeyError):
        return f"there is a mark, {MARK}, which cannot be read"


def _told(mark: dict[str, str]) -> str:
    return f"the disk did not confirm {mark['path']} ({mark['error']})"


def require_open(home: Path) -> None:
    """Raise StorageError where the disk did not confirm a write, and nobody has looked into it since."""
    if home not in _LOOKED_INTO and (why := why_closed(home)):
        raise StorageError(f"nothing is stored any more: {why}", remedy=_REMEDY)


@contextmanager
def looking_into(home: Path) -> Iterator[None]:
    """Let this process, and no other, finish what the fault broke off."""
    _LOOKED_INTO.add(home)
    try:
        yield
    finally:
        _LOOKED_INTO.discard(home)


def open_again(home: Path) -> None:
    """Take the mark away; raises OSError."""
    (home / MARK).unlink(missing_ok=True)
    _KNOWN.pop(home, None)
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        confirm(descriptor, home / MARK)
    finally:
        os.close(descriptor)

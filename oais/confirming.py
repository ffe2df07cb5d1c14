"""Whether the disk kept its word: the first write that it did not confirm closes the archive for writing.

After an fsync that fails nobody knows what the disk holds, and asking again tells nothing: on ext4, xfs and
btrfs the second fsync succeeds, and the page cache shows bytes that were never written. So a mark is left in
the home, or in the location of copies that it was of. Every process heeds it until what was being stored has
been read back (``oais reopen``).
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
"""The mark in a home or location: which file the disk did not confirm, and how it failed."""

_SETTINGS: Final = "oais.yaml"
_OF_COPIES: Final = ("aip/0=ocfl_1.1", "staging")
"""What a location of copies has, and nothing else that is ours."""

_NOT_CONFIRMED: Final = frozenset({10 | 4 << 8, 10 | 5 << 8})
"""What SQLite says when the disk did not confirm a file or a folder: SQLITE_IOERR_FSYNC and _DIR_FSYNC."""

_REMEDY: Final = "have the disk checked; then 'oais reopen' reads back what was being stored and opens it"

_KNOWN: dict[Path, str] = {}
"""Homes and locations in which the mark itself could not be left: this process heeds it all the same."""

_LOOKED_INTO: set[Path] = set()


def confirm(descriptor: int, path: str | os.PathLike[str]) -> None:
    """Fsync what is open at ``path``; raises OSError, and then the archive that holds it is closed."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        found = Path(os.path.abspath(os.fspath(path)))
        if (home := _home_of(found)) is not None:
            _close(home, found, error.strerror or str(error))
        raise


def heed_database(home: Path | None, path: Path, error: BaseException | None) -> None:
    """Close the archive where SQLite tells that the disk did not confirm the database at ``path``.

    It may lie elsewhere than in the ``home`` that it belongs to; without one, that is looked for above it.
    """
    if getattr(error, "sqlite_errorcode", 0) in _NOT_CONFIRMED:
        found = Path(os.path.abspath(path))
        if (home := home or _home_of(found)) is not None:
            _close(home, found, str(error))


def _home_of(path: Path) -> Path | None:
    """Return the home or the location of copies that holds a path."""
    for above in (path, *path.parents):
        if (above / _SETTINGS).is_file() or all((above / name).exists() for name in _OF_COPIES):
            return above
    return None


def _close(home: Path, path: Path, reason: str) -> None:
    name = path.relative_to(home) if path.is_relative_to(home) else path
    told = {"path": os.fsencode(name).decode("utf-8", "replace"), "error": reason}
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
    """Return why a home or a location takes nothing more, or nothing while every write was confirmed."""
    try:
        return _told(json.loads((home / MARK).read_bytes()))
    except FileNotFoundError:
        return _KNOWN.get(home, "")
    except (OSError, ValueError, TypeError, KeyError):
        return f"there is a mark, {MARK}, which cannot be read"


def _told(mark: dict[str, str]) -> str:
    return f"the disk did not confirm {mark['path']} ({mark['error']})"


def require_open(home: Path, refused: str = "nothing is stored any more") -> None:
    """Raise StorageError where the disk did not confirm a write, and nobody has looked into it since."""
    if home not in _LOOKED_INTO and (why := why_closed(home)):
        raise StorageError(f"{refused}: {why}", remedy=_REMEDY)


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

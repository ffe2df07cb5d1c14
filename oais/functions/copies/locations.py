"""Where copies are kept: a list in the ledger, to which each change adds a line.

A location is a folder, best on another disk or machine. Below it lie a storage root of its own (``aip/``),
the place where copies come together before they count (``staging/``), and what was damaged
(``quarantine/``). The archive's own storage root goes by the name ``home``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aip.medium import Folder, Medium
from aip.root import ROOT_DECLARATION, create_storage_root
from aip.storage import AipStore
from oais.archive import Archive, Home
from oais.confirming import MARK, why_closed
from oais.disk_faults import storage_errors
from oais.errors import NotFoundError, RefusedError, StorageError, WrongUsageError
from oais.files import make_directories, read_regular, rename_into_place, sync_directory
from oais.functions.copies.changes import LOG, LocationChange, location_changes
from oais.functions.ledger.recording import record_location
from oais.functions.ledger.unrecorded import marked
from oais.information.chained_log import append_entry
from oais.information.text import printable
from oais.locks import exclusive_lock

HOME: Final = "home"
"""The name of the archive's own storage root among all that hold copies."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_PUBLIC_KEY: Final = "archive.pub.pem"
_BEGUN: Final = "staging/aip"
"""Where the storage root of a new location comes together before it counts."""


@dataclass(frozen=True, slots=True)
class Location:
    """A folder that holds a copy of every AIP, and since when it is to."""

    name: str
    path: Path
    since: str

    @property
    def root(self) -> Path:
        """Its OCFL storage root."""
        return self.path / "aip"

    @property
    def staging(self) -> Path:
        """Where copies come together, on the file system of ``root``."""
        return self.path / "staging"

    @property
    def medium(self) -> Medium:
        """What copies are written to and read from."""
        return Folder(self.path, "staging")

    @property
    def away(self) -> str:
        """Why nothing can be asked of it now, or nothing: its disk may not be there."""
        return why_away(self.root)

    @property
    def closed(self) -> str:
        """Why it takes no copies, or nothing: its disk did not confirm one, and 'oais reopen' has to look."""
        return why_closed(self.path)

    def store(self) -> AipStore:
        """Return the store in it; raises StorageError when it is away."""
        if self.away:
            raise StorageError(
                f"location {self.name} is away: {self.away}",
                remedy="bring its disk back; what it is owed is made up for by 'oais location sync'",
            )
        return AipStore(self.root, self.staging / "locks")


def why_away(root: Path) -> str:
    """Return why a storage root is not there, or nothing; an empty mount point is not taken for one."""
    try:
        os.stat(root / ROOT_DECLARATION)
    except OSError as error:
        return f"{root / ROOT_DECLARATION}: {error.strerror}"
    return ""


def locations(home: Home) -> list[Location]:
    """Return the locations that are to hold a copy, in the order in which they were added.

    Raises DamageError when their list is not what was written, StorageError.
    """
    found: dict[str, Location] = {}
    for change in location_changes(home.home):
        if change.event == "added":
            found[change.name] = Location(change.name, Path(change.path), change.at)
        else:
            found.pop(change.name, None)
    return list(found.values())


def roots(home: Home) -> Mapping[str, Path]:
    """Return every storage root that holds AIPs by the name of its location, the archive's own as ``home``.

    One that is away is named too: see ``why_away``. Raises DamageError, StorageError.
    """
    return {HOME: home.aip_root, **{location.name: location.root for location in locations(home)}}


def media(home: Home) -> Mapping[str, Medium]:
    """Return what each location is written to by its name, the archive's own home as ``home``.

    All have the same rooms: ``aip/``, ``staging/``, ``quarantine/``. Raises DamageError, StorageError.
    """
    own: dict[str, Medium] = {HOME: Folder(home.home, "staging")}
    return own | {location.name: location.medium for location in locations(home)}


def location_named(home: Home, name: str) -> Location:
    """Return a location; raises NotFoundError, DamageError, StorageError."""
    known = locations(home)
    for location in known:
        if location.name == name:
            return location
    names = ", ".join(location.name for location in known) or "none"
    raise NotFoundError(
        f"there is no location {printable(name)}; there are: {names}",
        remedy="'oais location list' shows them, 'oais location add' adds one",
    )


def add_location(archive: Archive, name: str, path: Path) -> Location:
    """Add a folder that is to hold a copy of every AIP: a new one, or one that held copies before.

    Its storage root is made at once, the copies come with the next 'oais location sync'.
    Raises WrongUsageError for a name or place that cannot be, RefusedError for a folder that holds
    something else, DamageError, StorageError.
    """
    place = path.resolve()
    with _one_change(archive):
        _require_name(archive, name)
        _require_place(archive, place)
        with storage_errors(f"the location {name}"):
            _prepare(archive, place)
        return Location(name, place, _note(archive, "added", name, place).at)


def remove_location(archive: Archive, name: str) -> Location:
    """Take a location off the list; its copies stay where they are. Raises NotFoundError, StorageError."""
    with _one_change(archive):
        location = location_named(archive, name)
        _note(archive, "removed", name, location.path)
    return location


def on_one_disk(home: Home, location: Location) -> bool:
    """Return whether a location lies on the disk of the archive, and would be lost with it."""
    try:
        return os.stat(location.path).st_dev == os.stat(home.aip_root).st_dev
    except OSError:
        return False


def _one_change(archive: Archive) -> AbstractContextManager[None]:
    locks = archive.staging / "locks"
    with storage_errors("the locks of the archive"):
        make_directories(locks)
    return exclusive_lock(locks / "locations.lock", "the list of locations")


def _require_name(archive: Archive, name: str) -> None:
    if not _NAME.fullmatch(name) or name == HOME:
        raise WrongUsageError(
            f"{printable(name)!r} is no name for a location",
            remedy=f"take up to 31 small letters, digits and dashes, other than {HOME!r}: such as 'vault-2'",
        )
    if any(location.name == name for location in locations(archive)):
        raise RefusedError(
            f"there is a location {name} already", remedy="take another name, or remove that one first"
        )


def _require_place(archive: Home, place: Path) -> None:
    """Refuse a folder that is part of another copy, or holds what is not ours."""
    try:
        str(place).encode()
    except UnicodeEncodeError as error:
        raise WrongUsageError(f"{place.name!r} holds bytes that are not UTF-8; expected text") from error
    others = {HOME: archive.home, **{location.name: location.path for location in locations(archive)}}
    for name, other in others.items():
        if place.is_relative_to(other) or other.is_relative_to(place):
            raise WrongUsageError(
                f"{place} and {name} ({other}) lie in each other",
                remedy="name a folder elsewhere, on another disk or machine",
            )
    with storage_errors(f"looking at {place}"):
        empty = not place.exists() or (place.is_dir() and not any(place.iterdir()))
        begun = not empty and _was_begun(place)
    if not empty and not begun and not _is_ours(archive, place):
        raise RefusedError(
            f"{place} is not empty, and holds no copies of this archive",
            remedy="name an empty or missing folder, or one that was a location of this archive before",
        )


def _is_ours(archive: Home, place: Path) -> bool:
    try:
        key = read_regular(place / "aip" / _PUBLIC_KEY)
        return not why_away(place / "aip") and key in archive.trusted_keys().values()
    except OSError:
        return False


def _was_begun(place: Path) -> bool:
    """Return whether all that lies there is what an adding that was broken off had begun."""
    if os.listdir(place) != ["staging"]:
        return False
    return set(os.listdir(place / "staging")) <= {"aip", "locks"}


def _prepare(archive: Archive, place: Path) -> None:
    """Make what is missing below a location, durably."""
    made = make_directories(place)
    try:
        for folder in made:
            folder.chmod(0o700)
            sync_directory(folder.parent)
    except OSError:
        for folder in made:  # one whose name may not last is not found here by who tries again
            folder.rmdir()
        raise
    _clear_unconfirmed(place)
    if why_away(place / "aip"):
        shutil.rmtree(place / _BEGUN, ignore_errors=True)
        create_storage_root(place / _BEGUN, archive.signer.public_pem)
        rename_into_place(place / _BEGUN, place / "aip")
    make_directories(place / "staging" / "locks")
    sync_directory(place)


def _clear_unconfirmed(place: Path) -> None:
    """Take away what an adding left that the disk did not confirm, so that all of it is written anew.

    Raises StorageError where copies of before lie beside it.
    """
    if not (why := why_closed(place)):
        return
    if next(iter(AipStore(place / "aip").found_roots()), None) is not None:
        raise StorageError(
            f"{place} holds copies, and {why}",
            remedy="have the disk checked and empty the folder: all copies are brought anew",
        )
    for folder in (place / "aip", place / "staging"):
        shutil.rmtree(folder)
    (place / MARK).unlink()


def _note(archive: Archive, event: str, name: str, place: Path) -> LocationChange:
    change = LocationChange(archive.now(), event, name, str(place))
    with marked(archive):
        with storage_errors("noting the location"):
            append_entry(archive.home / LOG, change.as_plain(), mode=0o600)
        record_location(archive, change)
    return change

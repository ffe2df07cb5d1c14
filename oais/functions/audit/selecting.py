"""What an audit is to read: one AIP, all, a sample, what is due, and of these the whole or a slice."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from aip.storage import AipStore
from oais.archive import Home
from oais.errors import InvalidError, NotFoundError
from oais.functions.completeness import missing_from_store
from oais.functions.copies.locations import HOME, location_named
from oais.functions.storage import find_aip
from oais.information.identifiers import object_path

_SLICE: Final = re.compile(r"([0-9]{1,6})/([0-9]{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slice:
    """The part ``number`` of ``total`` (from 1): each AIP is in exactly one, whatever else is stored."""

    number: int = 1
    total: int = 1

    def holds(self, place: str) -> bool:
        """Return whether the AIP at a place below the storage root belongs to this slice."""
        if self.total == 1:
            return True
        digest = sha256(place.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8]) % self.total == self.number - 1

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.number}/{self.total}"


WHOLE: Final = Slice()


def slice_from(text: str) -> Slice:
    """Read ``2/7``; raises InvalidError."""
    match = _SLICE.fullmatch(text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InvalidError(
            f"{text!r} is not a slice; expected N/T with 1 ≤ N ≤ T",
            remedy="1/7, 2/7 … 7/7 together are the whole, one for each day of a week",
        )
    return Slice(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class Selection:
    """What is audited: the object roots named, or else ``everything``, or what is ``due``, of a slice.

    ``aip_id`` names the one AIP that was asked for, ``location`` the storage root ``root``; ``scope`` says
    it all in words. ``count`` is how many AIPs there are to be read, 0 where that is not known yet.
    """

    roots: tuple[Path, ...]
    root: Path
    everything: bool = False
    aip_id: str = ""
    due: bool = False
    part: Slice = WHOLE
    scope: str = "all"
    location: str = HOME
    count: int = 0

    def __len__(self) -> int:
        return self.count

    @property
    def whole(self) -> bool:
        """Whether all that was ever accepted is to be there."""
        return self.everything and self.part.total == 1


def select_for_audit(
    archive: Home,
    aip_id: str | None = None,
    sample: int | None = None,
    seed: int = 0,
    *,
    due: bool = False,
    part: Slice | None = None,
    location: str = HOME,
) -> Selection:
    """Choose what to audit: one AIP, a random sample of n, what is due, or all that was ever accepted.

    Raises NotFoundError for an AIP that is neither in the store nor in any receipt and for an unknown
    location, StorageError for one that is away.
    """
    part, root = part or WHOLE, _root_of(archive, location)
    if aip_id is not None:
        return _one(archive, aip_id, root, location)
    told = f" slice {part}" if part.total > 1 else ""
    if due:
        return Selection((), root, due=True, part=part, scope=f"due{told}", location=location)
    store = AipStore(root, archive.staging / "locks")
    places = [
        place for found in store.found_roots() if part.holds(place := found.relative_to(root).as_posix())
    ]
    if sample is None:
        count = len(places)
        return Selection(
            (), root, everything=True, part=part, scope=f"all{told}", location=location, count=count
        )
    if sample < len(places):
        places = random.Random(seed).sample(places, sample)  # noqa: S311 - a sample, not a secret
    roots = tuple(root / place for place in places)
    scope = f"sample {sample} seed {seed}{told}"
    return Selection(roots, root, part=part, scope=scope, location=location, count=len(roots))


def _root_of(archive: Home, location: str) -> Path:
    """Return the storage root of a location; the archive's own may be gone, which its audit tells."""
    if location == HOME:
        return archive.aip_root
    return location_named(archive, location).store().root


def _one(archive: Home, aip_id: str, root: Path, location: str) -> Selection:
    path = root / object_path(aip_id)
    if path.is_dir():
        return Selection((path,), root, aip_id=aip_id, scope=aip_id, location=location, count=1)
    if not any(about == aip_id for about, _ in missing_from_store(archive, lambda _: 0, aip_id)):
        find_aip(archive, aip_id)
        if location != HOME:
            raise NotFoundError(
                f"location {location} has no copy of {aip_id}",
                remedy="'oais location sync' makes up for what it is owed",
            )
    return Selection((), root, aip_id=aip_id, scope=aip_id, location=location)

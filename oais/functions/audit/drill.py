"""The drill: known damage in shadow copies of AIPs, to see that audits find it, how soon, and where exactly.

The archive itself is only read. The copies lie in staging and are gone when the drill ends.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from aip.audit import AuditResult, audit_aip
from aip.root import ROOT_DECLARATION, ROOT_DECLARED
from oais.archive import Home
from oais.disk_faults import storage_errors
from oais.errors import DamageError, NotFoundError, StorageError
from oais.files import free_bytes, make_directories
from oais.functions.audit.depths import Depth, cadence_days
from oais.functions.audit.selecting import Selection
from oais.functions.storage import BUILDING
from oais.locks import shared_lock
from oais.walking import walk

Damage = Callable[[Path], None]

_FOLDER: Final = "audit-drill-"


@dataclass(frozen=True, slots=True)
class Planted:
    """One damage and what came of it: ``found`` when exactly its ``path`` was told, by which depth, how soon.

    ``seconds`` is how long the audit of the AIP took, ``within_days`` after how many days at most the
    schedule reads so deep (0: never by itself).
    """

    aip_id: str
    damage: str
    path: str
    found: bool
    told: tuple[str, ...]
    depth: str
    seconds: float
    within_days: int


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill: what was planted in copies of which AIPs, chosen by which seed."""

    seed: int
    aips: int
    planted: tuple[Planted, ...]

    @property
    def missed(self) -> tuple[Planted, ...]:
        """What was not found, or not where it is."""
        return tuple(item for item in self.planted if not item.found)

    def as_plain(self) -> dict[str, Any]:
        """Return it as ``--json`` shows it."""
        return {
            "seed": self.seed,
            "aips": self.aips,
            "missed": len(self.missed),
            "planted": [asdict(item) for item in self.planted],
        }


def run_drill(archive: Home, chosen: Selection, seed: int, progress: Callable[[], None]) -> Drill:
    """Plant every kind of damage in copies of the AIPs chosen, one at a time, and audit each copy.

    Raises NotFoundError when there is none, DamageError for one that is not sound to begin with,
    StorageError when there is no room for a copy.
    """
    chance = random.Random(seed)  # noqa: S311 - to choose places, not a secret
    planted: list[Planted] = []
    if not chosen.roots:
        raise NotFoundError("there is no AIP to try the audit with", remedy="submit one first")
    for root in chosen.roots:
        with _shadow(archive, root) as copy:
            for path, damage, plant in _damages(copy, chance):
                planted.append(_tried(archive, copy, path, damage, plant))
                progress()
    return Drill(seed, len(chosen.roots), tuple(planted))


@contextmanager
def _shadow(archive: Home, root: Path) -> Iterator[Path]:
    """Copy an AIP into a storage root of its own, at the place that its identifier asks for."""
    size = sum(entry.status.st_size for entry in walk(root) if entry.is_file)
    with storage_errors("the copy for the drill"):
        make_directories(archive.staging)
        if size > free_bytes(archive.staging):
            raise StorageError(
                f"a copy of {root.name} takes {size} bytes, more than are free",
                remedy="name a smaller AIP, or free space on the archive's file system",
            )
        with (
            shared_lock(archive.staging / BUILDING, "the staging area"),
            tempfile.TemporaryDirectory(prefix=_FOLDER, dir=archive.staging) as folder,
        ):
            (Path(folder) / ROOT_DECLARATION).write_bytes(ROOT_DECLARED)
            # Where an object lies is part of what is audited, and follows from its identifier.
            copy = Path(folder).joinpath(*root.parts[-4:])
            shutil.copytree(root, copy, symlinks=True)
            sound = _audit(archive, copy, Depth.FAST)
            if sound.findings:
                raise DamageError(
                    f"{sound.aip_id} is not sound: {sound.findings[0].message}",
                    remedy=f"run 'oais audit {sound.aip_id}' first; the drill needs sound AIPs",
                )
            yield copy


def _audit(archive: Home, copy: Path, depth: Depth) -> AuditResult:
    return audit_aip(copy, archive.trusted_keys(), algorithms=depth.algorithms, record=False)


def _tried(archive: Home, copy: Path, path: str, damage: str, plant: Damage) -> Planted:
    """Plant one damage, look for it by the cheapest audit that finds it, and take it back."""
    place, aside = copy / path, copy.parent / ".aside"
    there = place.exists()
    if there:
        shutil.copy2(place, aside)
    plant(place)
    try:
        for depth in (Depth.LIGHT, Depth.FAST):
            began = monotonic()
            result = _audit(archive, copy, depth)
            seconds = monotonic() - began
            if result.findings:
                break
    finally:
        place.unlink(missing_ok=True)
        if there:
            aside.rename(place)
    told = tuple(sorted({found.path for found in result.findings}))
    found = told == (path,)
    days = cadence_days(archive.settings, depth)
    return Planted(result.aip_id, damage, path, found, told, depth, round(seconds, 3), days)


def _damages(copy: Path, chance: random.Random) -> Iterator[tuple[str, str, Damage]]:
    """Yield where, what and how: a bit in every kind of file, and the other ways to change a content file."""
    files = [entry.path for entry in walk(copy) if entry.is_file and entry.status.st_size]
    content = [path for path in files if "/content/" in path]
    own = [path for path in files if "/content/" not in path]
    for path in [*own, *chance.sample(content, min(3, len(content)))]:
        yield path, "one bit flipped", _flip(chance)
    yield chance.choice(content), "last byte cut off", _cut
    yield chance.choice(content), "deleted", Path.unlink
    yield chance.choice(content), "a link in its place", _link
    yield f"{chance.choice(content)}.extra", "a file added", lambda place: place.touch()


def _flip(chance: random.Random) -> Damage:
    def plant(place: Path) -> None:
        with place.open("r+b") as stream:  # a file may be larger than the memory
            position = chance.randrange(place.stat().st_size)
            stream.seek(position)
            byte = stream.read(1)[0]
            stream.seek(position)
            stream.write(bytes([byte ^ 1 << chance.randrange(8)]))

    return plant


def _cut(place: Path) -> None:
    with place.open("r+b") as stream:
        stream.truncate(place.stat().st_size - 1)


def _link(place: Path) -> None:
    place.unlink()
    place.symlink_to(f"{place.name}.elsewhere")

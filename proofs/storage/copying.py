"""The operations upon copies: a location is brought what it is owed, and bad copies are made anew."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import Final

from oais.errors import StorageError
from oais.functions.copies.locations import add_location, location_named, locations
from oais.functions.copies.repair import recorded_in, repair
from oais.functions.copies.replication import sync
from oais.information.identifiers import object_path
from proofs.storage.operation import Operation
from proofs.storage.world import FIRST, HELD, SECOND, World, deliver

_NEW: Final = "x.new"
_PLACE: Final = object_path(HELD)


def _add(world: World) -> None:
    if "vault" not in _locations(world):
        add_location(world.archive, "vault", world.place / "vault")


def _locations(world: World) -> Counter[str]:
    return Counter(location.name for location in locations(world.archive))


def _away_meanwhile(world: World) -> None:
    """Let a location be away while a version and another AIP come in: it is owed both."""
    _copied(world, "vault")
    vault = world.place / "vault"
    vault.rename(world.place / "away")
    for aip_id, number, payload in ((HELD, 2, SECOND), (_NEW, 1, FIRST)):
        world.pack(aip_id, number, payload)
        assert deliver(world, aip_id, number) == "stored"
    (world.place / "away").rename(vault)


def _copied(world: World, *names: str) -> None:
    """Add locations and bring them what there is."""
    for name in names:
        add_location(world.archive, name, world.place / name)
        _bring(world, name)


def _bring(world: World, name: str = "vault") -> None:
    told = sync(world.archive, location_named(world.archive, name))
    if why := told.away or "".join(found.message for _, found in told.findings[:1]):
        raise StorageError(why, remedy="'oais location sync' makes up for it")


def _harmed(world: World) -> None:
    """Change a byte of the AIP at home, and lose its copy at one of two locations."""
    _copied(world, "attic", "vault")
    harmed = next((world.archive.aip_root / _PLACE).glob("v1/content/**/a.csv"))
    harmed.write_bytes(harmed.read_bytes().replace(b"1", b"7"))
    shutil.rmtree(world.place / "attic" / "aip" / _PLACE)


def _repair(world: World) -> None:
    told = repair(world.archive, _PLACE, recorded_in(world.archive))
    if told.findings:
        raise StorageError(told.findings[0].message, remedy=told.findings[0].remedy)


OPERATIONS: Final = (
    Operation("location", _add, facts=_locations),
    Operation("replication", _bring, _away_meanwhile),
    Operation("repair", _repair, _harmed, again=frozenset({"ledger repair "})),
)

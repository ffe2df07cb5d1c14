"""The census of doors, and everything an archive keeps, for showing that reading changes none of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from starlette.routing import BaseRoute

from oais.database.schema import METADATA
from oais.functions.service import Service
from oais.web.doors import SAFE_METHODS, Door, DoorRoute, Public
from policies.access import Action
from policies.principals import Duty

_DATABASES = (".sqlite", ".sqlite-wal", ".sqlite-shm")
"""Files that a database writes for itself: its rows are looked at, and the index is made from the store."""

_COUNTED = frozenset({"downloads", "download_visitors"})
"""Tables of what was taken how often: counting is the one thing that handing out may do."""


def census(routes: Iterable[BaseRoute]) -> list[str]:
    """Return what is wrong with the routes of an application: each must be a door that says what it asks."""
    faults = []
    for route in routes:
        path = getattr(route, "path", repr(route))
        if not isinstance(route, DoorRoute):
            faults.append(f"{path} is no door: it asks nobody anything")
            continue
        faults += [f"{path}: {fault}" for fault in _door_faults(route.door)]
        if route.methods != set(route.door.answers_to):
            faults.append(f"{path} answers to other methods than its door says")
    return faults


def _door_faults(door: Door) -> list[str]:
    faults, asks = [], cast("object", door.asks)
    if not isinstance(asks, Action | Duty | Public):
        faults.append(f"asks {asks!r}, which nobody decides")
    if SAFE_METHODS & set(door.methods) and not set(door.methods) <= SAFE_METHODS:
        faults.append("one door for reading and for changing")
    if "{aip_id}" in door.path and not isinstance(door.asks, Action):
        faults.append("is about a package and asks no decision of it")
    if door.path.startswith("/desk") and not isinstance(door.asks, Duty):
        faults.append("stands at the desk of the staff and asks no duty")
    return faults


def kept_by(service: Service) -> dict[str, str]:
    """Return all rows of the database and the digests of all other files below the home, by name."""
    kept: dict[str, str] = {}
    with service.database.reading() as connection:
        for table in (each for each in METADATA.sorted_tables if each.name not in _COUNTED):
            rows = sorted(str(tuple(row)) for row in connection.execute(table.select()))
            kept[f"table {table.name}"] = "\n".join(rows)
    home = service.archive.home
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.name.endswith(_DATABASES):
            kept[str(path.relative_to(home))] = _digest(path)
    return kept


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

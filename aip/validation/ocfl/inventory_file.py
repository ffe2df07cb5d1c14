"""An inventory as a file: found, read, parsed, compared with its sidecar, and checked."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from aip.validation.ocfl.entries import Entry, Kind, read_file
from aip.validation.ocfl.inventory import Inventory, InventoryContext, check_inventory
from aip.validation.ocfl.sidecar import INVENTORY, check_sidecar, sidecar_algorithms
from aip.validation.ocfl.strict_json import JsonObject, as_object, json_type, parse_json
from oais.information.findings import Finding, finding
from oais.information.fixity import hash_bytes

LARGEST_INVENTORY = 128 << 20
"""Bytes of an inventory that are read, enough for some 400,000 files; a larger one is refused."""


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """An inventory that was read; ``inventory`` is None where it is not a JSON object."""

    sha512: str
    algorithm: str | None
    inventory: Inventory | None


def check_inventory_file(
    root: Path,
    folder: str,
    entries: list[Entry],
    context: InventoryContext,
    same_as: InventoryFile | None = None,
) -> Generator[Finding, None, InventoryFile | None]:
    """Check the inventory in one folder of the object; return None if there is none to read.

    An inventory with the bytes of ``same_as`` is not checked again, only its sidecar is.
    """
    if not any(entry.name == INVENTORY and entry.kind is Kind.FILE for entry in entries):
        return None
    where = folder + INVENTORY
    data = read_file(root / where, LARGEST_INVENTORY)
    if data is None:
        limit = f"{LARGEST_INVENTORY >> 20} MiB"
        yield finding("E033", where, f"{where} is larger than the {limit} that are read of it")
        return InventoryFile("", None, None)
    measured = hash_bytes(data, tuple({"sha512", *sidecar_algorithms(entries)}))
    sha512 = measured.digests["sha512"]
    file = same_as if same_as is not None and same_as.sha512 == sha512 else None
    if file is None:
        file = yield from _check_text(data, sha512, context)
    yield from check_sidecar(root, folder, entries, file.algorithm, measured)
    return file


def _check_text(
    data: bytes, sha512: str, context: InventoryContext
) -> Generator[Finding, None, InventoryFile]:
    parsed: JsonObject | None = None
    try:
        value = parse_json(data)
        parsed = as_object(value)
        problem = f"it is {json_type(value)}, not an object"
    except ValueError as error:
        problem = str(error)
    if parsed is None:
        where = context.where
        yield finding("E033", where, f"{where} is not the JSON of an inventory: {problem}")
        return InventoryFile(sha512, None, None)
    inventory = yield from check_inventory(parsed, context)
    return InventoryFile(sha512, inventory.algorithm, inventory)

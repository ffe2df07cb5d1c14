"""The sidecar of an inventory: the file that holds its digest (section 3.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from aip.validation.ocfl.digests import has_form, normalised
from aip.validation.ocfl.entries import Entry, Kind, read_file
from oais.information.findings import Finding, finding
from oais.information.fixity import DIGEST_LENGTHS, FileFixity

INVENTORY = "inventory.json"

_PREFIX = INVENTORY + "."
_LONGEST = 4096
_LINE = re.compile(rb"([0-9A-Za-z]+)[ \t]+inventory\.json\s*")


def sidecar_names(entries: list[Entry], algorithm: str | None) -> frozenset[str]:
    """Return the names that are accounted for as sidecars of an inventory of this algorithm.

    That is the right one; where it is missing, any other, since that is one fault and not two.
    ``algorithm`` is None where the inventory cannot be read.
    """
    names = frozenset(
        entry.name for entry in entries if entry.kind is Kind.FILE and entry.name.startswith(_PREFIX)
    )
    right = f"{_PREFIX}{algorithm}"
    return frozenset({right}) if right in names else names


def check_sidecar(
    root: Path, folder: str, entries: list[Entry], algorithm: str | None, inventory: FileFixity
) -> Iterator[Finding]:
    """Check that the sidecar is there, has the right name and form, and holds the right digest.

    ``inventory`` is what was measured of the inventory, by the algorithms of ``sidecar_algorithms``.
    """
    where = folder + INVENTORY
    present = sidecar_names(entries, algorithm)
    right = f"{_PREFIX}{algorithm}"
    if not present:
        expected = right if algorithm else f"{_PREFIX}sha512"
        yield finding("E058", where, f"{where} has no sidecar, expected {folder}{expected}")
        return
    if algorithm is not None and right not in present:
        names = ", ".join(sorted(present))
        yield finding("E059", where, f"sidecar is {names}, but digestAlgorithm is {algorithm}")
        return
    for name in sorted(present):
        yield from _check_contents(root, folder, name, inventory)


def sidecar_algorithms(entries: list[Entry]) -> tuple[str, ...]:
    """Return the algorithms by which the sidecars that are there must be compared."""
    names = (entry.name for entry in entries if entry.name.startswith(_PREFIX))
    return tuple(name[len(_PREFIX) :] for name in names if name[len(_PREFIX) :] in DIGEST_LENGTHS)


def _check_contents(root: Path, folder: str, name: str, inventory: FileFixity) -> Iterator[Finding]:
    path = folder + name
    algorithm = name.removeprefix(_PREFIX)
    data = read_file(root / path, _LONGEST)
    match = _LINE.fullmatch(data) if data is not None else None
    recorded = match[1].decode("ascii") if match else ""
    if not recorded or not has_form(recorded, algorithm):
        yield finding("E061", path, f"{path} is not of the form: {algorithm} digest, inventory.json")
    elif algorithm in inventory.digests:
        actual = inventory.digests[algorithm]
        if normalised(recorded) != actual:
            yield finding(
                "E060", path, f"{algorithm} of {folder}{INVENTORY} is {actual}, {path} says {recorded}"
            )

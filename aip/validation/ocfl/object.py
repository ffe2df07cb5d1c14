"""An OCFL object: all checks of sections 3.1 to 3.9, in one pass over the disk."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aip.validation.ocfl.content import (
    EarlierClaims,
    check_digests,
    check_presence,
    check_referenced,
)
from aip.validation.ocfl.declaration import OBJECT, SPECIFICATIONS, check_declaration
from aip.validation.ocfl.entries import Entry, is_directory, list_directory
from aip.validation.ocfl.history import check_earlier, check_order_of_specifications
from aip.validation.ocfl.inventory import (
    DEFAULT_CONTENT_DIRECTORY,
    Inventory,
    InventoryContext,
)
from aip.validation.ocfl.inventory_file import InventoryFile, check_inventory_file
from aip.validation.ocfl.sidecar import INVENTORY, sidecar_names
from aip.validation.ocfl.structure import (
    VersionLayout,
    check_object_root,
    check_version_directory,
    version_directories,
)
from oais.information.findings import Finding, finding


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """What a storage root needs to know of an object that was checked."""

    identifier: str | None
    specification: str | None


def check_ocfl_object(
    root: Path, *, hash_content: bool = True, workers: int | None = None
) -> Iterator[Finding]:
    """Yield every fault of an OCFL 1.0 or 1.1 object, by the standard's own codes.

    With ``hash_content`` false the content is looked for but not read. ``workers`` is the number
    of processes that hash, by default all cores. Raises StorageError where the disk cannot be read.
    """
    yield from check_object(Path(root), hash_content=hash_content, workers=workers)


def check_object(
    root: Path, *, hash_content: bool, workers: int | None
) -> Generator[Finding, None, ObjectSummary]:
    """Check as ``check_ocfl_object`` does, and also return what a storage root needs to know."""
    if not is_directory(root):
        yield finding("E003", "", f"{root} is not a directory, expected the root of an object")
        return ObjectSummary(None, None)
    entries = list_directory(root)
    declared = yield from check_declaration(root, entries, OBJECT)
    specification = declared or SPECIFICATIONS[-1]
    context = InventoryContext(INVENTORY, specification, declared, None, {})
    file = yield from check_inventory_file(root, "", entries, context)
    inventory = file.inventory if file is not None else None
    algorithm = file.algorithm if file is not None else None
    yield from check_object_root(root, entries, algorithm, inventory)
    pass_ = _Pass(root, specification, file)
    yield from _check_versions(pass_, entries)
    if inventory is None:
        return ObjectSummary(None, declared)
    if inventory.manifest.readable:
        yield from check_presence(pass_.files, inventory, pass_.claims)
        if hash_content:
            yield from check_digests(root, pass_.files, inventory, pass_.claims, workers)
    return ObjectSummary(inventory.identifier, declared)


@dataclass(slots=True)
class _Pass:
    """What gathers while the version directories are visited, oldest first."""

    root: Path
    specification: str
    top: InventoryFile | None
    files: dict[str, list[str] | None] = field(default_factory=dict)
    claims: EarlierClaims = field(default_factory=EarlierClaims)
    inodes: dict[tuple[int, int], str] = field(default_factory=dict)
    newest: Inventory | None = None

    @property
    def current(self) -> Inventory | None:
        """The root inventory, if it can be used."""
        return self.top.inventory if self.top is not None else None


def _check_versions(pass_: _Pass, entries: list[Entry]) -> Iterator[Finding]:
    current = pass_.current
    directory = current.content_directory if current else DEFAULT_CONTENT_DIRECTORY
    names = version_directories(entries)
    for name in names:
        inside = list_directory(pass_.root / name)
        file = yield from _check_version_inventory(pass_, name, inside, name == names[-1])
        sidecars = sidecar_names(inside, file.algorithm) if file is not None else frozenset()
        layout = VersionLayout(directory, sidecars, pass_.inodes)
        pass_.files[name] = yield from check_version_directory(pass_.root, name, inside, layout)
        if file is not None and file.inventory is not None:
            yield from _check_history(pass_, file.inventory)
    if pass_.newest is not None and current is not None:
        yield from check_order_of_specifications(pass_.newest, current)


def _check_version_inventory(
    pass_: _Pass, name: str, inside: list[Entry], is_newest: bool
) -> Generator[Finding, None, InventoryFile | None]:
    folder = f"{name}/"
    known = pass_.current.versions if pass_.current else {}
    context = InventoryContext(folder + INVENTORY, pass_.specification, None, name, known)
    current = pass_.current
    is_head = current is not None and current.names[-1:] == (name,)
    same_as = pass_.top if is_head or is_newest else None
    file = yield from check_inventory_file(pass_.root, folder, inside, context, same_as)
    if file is None:
        yield finding("W010", name, f"version directory {name} has no inventory of its own")
    elif is_head and file is not pass_.top:
        yield finding(
            "E064", context.where, f"{context.where} is not the same file as the root's {INVENTORY}"
        )
    return file


def _check_history(pass_: _Pass, inventory: Inventory) -> Iterator[Finding]:
    if pass_.newest is not None:
        yield from check_order_of_specifications(pass_.newest, inventory)
    pass_.newest = inventory
    current = pass_.current
    if current is None or inventory is current:
        return
    yield from check_earlier(inventory, current)
    yield from check_referenced(pass_.files, inventory, current)
    pass_.claims.collect(inventory, current)

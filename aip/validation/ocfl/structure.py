"""The object on disk: its root, its version directories and the content in them (3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from aip.validation.ocfl.declaration import OBJECT, declarations
from aip.validation.ocfl.entries import Entry, Kind, check_ordinary, list_directory
from aip.validation.ocfl.extensions import check_extensions
from aip.validation.ocfl.inventory import Inventory
from aip.validation.ocfl.sidecar import INVENTORY, sidecar_names
from aip.validation.ocfl.version_names import version_number
from oais.information.findings import Finding, finding

LOGS = "logs"
EXTENSIONS = "extensions"


def version_directories(entries: list[Entry]) -> tuple[str, ...]:
    """Return the names of the version directories that lie in an object root, in order."""
    names = [entry.name for entry in entries if entry.kind is Kind.DIRECTORY and version_number(entry.name)]
    return tuple(sorted(names, key=version_number))


def check_object_root(
    root: Path, entries: list[Entry], algorithm: str | None, inventory: Inventory | None
) -> Iterator[Finding]:
    """Check that the object root holds what it must and nothing else."""
    yield from check_ordinary(entries, "")
    declared = {entry.name for entry in declarations(entries, OBJECT)}
    named = yield from _check_inventory_name(entries)
    allowed = {
        Kind.FILE: {named, *sidecar_names(entries, algorithm)},
        Kind.DIRECTORY: {LOGS, EXTENSIONS, *version_directories(entries)},
    }
    for entry in entries:
        if entry.kind in allowed and entry.name not in allowed[entry.kind] | declared:
            yield finding("E001", entry.name, f"{entry.kind} {entry.name} does not belong in an object root")
    yield from _check_side_directories(root, entries)
    if inventory is not None and inventory.names:
        yield from _check_directories(version_directories(entries), inventory)


def _check_inventory_name(entries: list[Entry]) -> Generator[Finding, None, str]:
    files = [entry.name for entry in entries if entry.kind is Kind.FILE]
    names = [name for name in files if name.lower() == INVENTORY]
    if INVENTORY in names:
        return INVENTORY
    yield finding("E063", "", f"the object has no inventory, expected a file {INVENTORY}")
    if not names:
        return INVENTORY
    yield finding("E034", names[0], f"{names[0]} must be named {INVENTORY}")
    return names[0]


def _check_side_directories(root: Path, entries: list[Entry]) -> Iterator[Finding]:
    for entry in entries:
        if entry.kind is not Kind.DIRECTORY or entry.name not in (LOGS, EXTENSIONS):
            continue
        folder = entry.name + "/"
        if entry.name == EXTENSIONS:
            yield from check_extensions(list_directory(root / folder), folder, "E067", "W013")
        for path, found in walk(root, entry.name):
            yield from check_ordinary(found, path + "/")


def _check_directories(present: tuple[str, ...], inventory: Inventory) -> Iterator[Finding]:
    for name in inventory.names:
        if name not in present:
            yield finding("E046", name, f"version {name} is in the inventory, but has no directory")
    for name in present:
        if name not in inventory.names:
            yield finding("E046", name, f"directory {name} is no version of the inventory")
    for before, after in pairwise(name for name in present if name in inventory.names):
        if inventory.names.index(after) > inventory.names.index(before) + 1:
            yield finding("E010", after, f"directory {after} follows {before}: some are missing")


def walk(root: Path, top: str) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each directory from ``top`` down, as its path from ``root``, with its entries.

    The walk is not recursive, so that no depth of directories can exhaust the stack.
    """
    waiting = [top]
    while waiting:
        path = waiting.pop()
        entries = list_directory(root / path)
        yield path, entries
        waiting.extend(f"{path}/{e.name}" for e in entries if e.kind is Kind.DIRECTORY)


@dataclass(frozen=True, slots=True)
class VersionLayout:
    """What a version directory may hold, and the files of the object met so far that share bytes.

    ``inodes`` gathers, over all versions, the first path of each file that has several names.
    """

    content_directory: str
    sidecars: frozenset[str]
    inodes: dict[tuple[int, int], str]


def check_version_directory(
    root: Path,
    name: str,
    entries: list[Entry],
    layout: VersionLayout,
) -> Generator[Finding, None, list[str] | None]:
    """Check one version directory; return its content files' paths, None if it holds no content."""
    folder = name + "/"
    yield from check_ordinary(entries, folder)
    files: list[str] | None = None
    for entry in entries:
        path = folder + entry.name
        if entry.kind is Kind.FILE and entry.name != INVENTORY and entry.name not in layout.sidecars:
            yield finding("E015", path, f"file {path} may not lie in a version directory")
        elif entry.kind is Kind.DIRECTORY and entry.name == layout.content_directory:
            files = yield from _check_content_directory(root, path, layout.inodes)
        elif entry.kind is Kind.DIRECTORY:
            yield finding("W002", path, f"directory {path} is not the content directory and is not checked")
    return files


def _check_content_directory(
    root: Path, top: str, inodes: dict[tuple[int, int], str]
) -> Generator[Finding, None, list[str]]:
    files: list[str] = []
    for path, entries in walk(root, top):
        if not entries and path != top:
            yield finding("E024", path, f"directory {path} is empty")
        yield from check_ordinary(entries, path + "/")
        for entry in entries:
            if entry.kind is not Kind.FILE:
                continue
            file = f"{path}/{entry.name}"
            files.append(file)
            if entry.inode is not None:
                other = inodes.setdefault(entry.inode, file)
                if other != file:
                    yield finding("E090", file, f"{file} is a hard link to {other}")
    if not files:
        yield finding("W003", top, f"content directory {top} holds no file")
    return files

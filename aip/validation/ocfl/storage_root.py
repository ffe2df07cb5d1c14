"""An OCFL storage root: its declaration, layout, extensions, hierarchy and objects (section 4)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from aip.validation.ocfl.declaration import ROOT, check_declaration
from aip.validation.ocfl.entries import (
    Entry,
    Kind,
    check_ordinary,
    is_directory,
    list_directory,
)
from aip.validation.ocfl.extensions import check_extensions
from aip.validation.ocfl.hierarchy import ObjectPlace, walk_hierarchy
from aip.validation.ocfl.layout import StoragePaths, check_layout, storage_paths
from aip.validation.ocfl.object import ObjectSummary, check_object
from aip.validation.ocfl.structure import EXTENSIONS, walk
from oais.information.findings import Finding, finding

_UNEVEN_LAYOUTS = ("0010-", "0011-")
"""Layouts that put objects at different depths, so that depth says nothing against them."""


def check_ocfl_storage_root(root: Path, *, hash_content: bool = True) -> Iterator[Finding]:
    """Yield every fault of an OCFL 1.0 or 1.1 storage root and of each object below it.

    Paths are relative to the storage root. Raises StorageError where the disk cannot be read.
    """
    root = Path(root)
    if not is_directory(root):
        yield finding("E069", "", f"{root} is not a directory, expected a storage root")
        return
    entries = list_directory(root)
    yield from check_ordinary(entries, "")
    declared = yield from check_declaration(root, entries, ROOT)
    layout = yield from check_layout(root, entries)
    yield from _check_extensions(root, entries)
    met = _Met(declared, storage_paths(root, layout))
    for found in walk_hierarchy(root, entries):
        if isinstance(found, Finding):
            yield found
        else:
            summary = yield from _check_one(root, found, hash_content)
            yield from _check_among_others(found.path, summary, met)
    yield from _check_uniform(met, layout)


def _check_extensions(root: Path, entries: list[Entry]) -> Iterator[Finding]:
    if not any(entry.name == EXTENSIONS and entry.kind is Kind.DIRECTORY for entry in entries):
        return
    folder = EXTENSIONS + "/"
    yield from check_extensions(list_directory(root / EXTENSIONS), folder, "E112", "W016")
    for path, found in walk(root, EXTENSIONS):
        yield from check_ordinary(found, path + "/")


@dataclass(slots=True)
class _Met:
    """What gathers while the objects are visited: one path per identifier, and the depths."""

    declared: str | None
    paths: StoragePaths
    by_identifier: dict[str, str] = field(default_factory=dict)
    depths: set[int] = field(default_factory=set)


def _check_one(root: Path, place: ObjectPlace, hash_content: bool) -> Generator[Finding, None, ObjectSummary]:
    checks = check_object(root / place.path, hash_content=hash_content, workers=None)
    while True:
        try:
            found = next(checks)
        except StopIteration as end:
            summary: ObjectSummary = end.value
            return summary
        path = f"{place.path}/{found.path}" if found.path else place.path
        yield replace(found, path=path)


def _check_among_others(path: str, summary: ObjectSummary, met: _Met) -> Iterator[Finding]:
    met.depths.add(path.count("/"))
    if summary.specification and met.declared and summary.specification > met.declared:
        yield finding(
            "E081",
            path,
            f"object declares OCFL {summary.specification}, later than the root's {met.declared}",
        )
    if summary.identifier is None:
        return
    other = met.by_identifier.setdefault(summary.identifier, path)
    if other != path:
        yield finding("E037", path, f"id {summary.identifier} is also that of the object {other}")
        return
    expected = met.paths.path_of(summary.identifier)
    if expected not in (None, path):
        yield finding(
            "E083", path, f"the layout puts object {summary.identifier} at {expected}, not at {path}"
        )


def _check_uniform(met: _Met, layout: str | None) -> Iterator[Finding]:
    if 0 in met.depths and len(met.depths) > 1:
        yield finding("W015", "", "some objects lie directly in the root, others in a hierarchy")
    below = sorted(met.depths - {0})
    if len(below) > 1 and not (layout or "").startswith(_UNEVEN_LAYOUTS):
        depths = ", ".join(str(depth + 1) for depth in below)
        yield finding("W014", "", f"objects lie at different depths: {depths}")

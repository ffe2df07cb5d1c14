"""What a directory looks like, before anything in it is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from aip.validation.ocfl.declaration import OBJECT, ROOT, DeclarationCodes, declarations
from aip.validation.ocfl.entries import Entry, is_directory, list_directory
from aip.validation.ocfl.layout import LAYOUT
from aip.validation.ocfl.sidecar import INVENTORY
from aip.validation.ocfl.structure import version_directories


def recognise(path: Path) -> Literal["object", "storage root"] | None:
    """Tell whether a path is meant to be an OCFL object or storage root, however damaged.

    A directory that lost its declaration is still known by its inventory and version directories,
    or by its layout file. Raises StorageError if the directory cannot be listed.
    """
    if not is_directory(path):
        return None
    entries = list_directory(path)
    names = {entry.name for entry in entries}
    if _declares(entries, OBJECT):
        return "object"
    if _declares(entries, ROOT) or LAYOUT in names:
        return "storage root"
    return "object" if INVENTORY in names and version_directories(entries) else None


def _declares(entries: list[Entry], codes: DeclarationCodes) -> bool:
    return any(codes.dvalue in entry.name for entry in declarations(entries, codes))

"""One version of a package as the disk and the inventory give it: what every other layer is held against."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aip.inventory import Inventory


@dataclass(frozen=True, slots=True)
class ViewedFile:
    """A file of the version: where it lies, its path below the object, its size and digests on record."""

    disk: Path
    content: str
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PackageView:
    """All files of one version by their logical paths; a lost file has size -1."""

    root: Path
    aip_id: str
    version: int
    files: Mapping[str, ViewedFile]

    def content_of(self, logical: str) -> str:
        """Return the path below the object, for a finding; the logical path where there is no file."""
        file = self.files.get(logical)
        return file.content if file else f"v{self.version}/content/{logical}"

    def documents(self, name: str) -> Iterator[str]:
        """Yield the logical paths of the package's and every representation's file of this name."""
        if name in self.files:
            yield name
        for path in self.files:
            parts = path.split("/", 2)
            if len(parts) == 3 and parts[0] == "representations" and parts[2] == name:
                yield path

    def representations(self) -> list[str]:
        """Return the folders of the representations."""
        folders = {
            "/".join(path.split("/", 2)[:2])
            for path in self.files
            if path.startswith("representations/") and path.count("/") > 1
        }
        return sorted(folders)


def view_version(root: Path, inventory: Inventory, number: int) -> PackageView:
    """Return the view of one version; a file the manifest does not place is left to the OCFL check."""
    further = inventory.fixity.get("sha256", {})
    files = {}
    for logical, digest in sorted(inventory.versions[number].state.items()):
        contents = inventory.manifest.get(digest)
        if not contents:
            continue
        content = contents[0]
        digests = {"sha512": digest}
        if content in further:
            digests["sha256"] = further[content]
        files[logical] = ViewedFile(root / content, content, _size(root / content), digests)
    return PackageView(root, inventory.aip_id, number, files)


def _size(path: Path) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1

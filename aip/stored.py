"""A stored AIP as a value: what the store gives to whoever reads it. Nothing here writes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aip.inventory import Inventory, parse_inventory
from oais.disk_faults import unreadable
from oais.errors import DamageError, NotFoundError, StorageError
from oais.files import read_regular

OBJECT_DECLARATION = "0=ocfl_object_1.1"
OBJECT_DECLARED = b"ocfl_object_1.1\n"
INVENTORY = "inventory.json"
SIDECAR = "inventory.json.sha512"
SIGNATURES = "logs/signatures"
AUDITS = "logs/audits.jsonl"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a version: where its bytes lie on disk, their number, and every digest on record."""

    path: Path
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a stored AIP, addressable for ever as ``ID@v<number>``."""

    aip: StoredAip
    number: int

    def files(self) -> dict[str, StoredFile]:
        """Return every file of the version by its logical path; a lost file has size -1."""
        inventory = self.aip.inventory
        state = inventory.versions[self.number].state
        return {logical: self._file(inventory, digest) for logical, digest in sorted(state.items())}

    def sizes(self) -> list[tuple[str, int]]:
        """Return, of each file of the version, where in the object its bytes lie and their number.

        A lost file has -1. Much less is made of it than by ``files``, for whoever reads all AIPs.
        """
        manifest, base = self.aip.inventory.manifest, os.fspath(self.aip.path)
        places = (manifest[digest][0] for digest in self.aip.inventory.versions[self.number].state.values())
        return [(place, _size_of(f"{base}/{place}")) for place in places]

    def file(self, logical: str) -> StoredFile:
        """Return one file by its logical path; raises NotFoundError."""
        digest = self.aip.inventory.versions[self.number].state.get(logical)
        if digest is None:
            raise NotFoundError(f"{self.aip.aip_id}@v{self.number} has no file {logical!r}")
        return self._file(self.aip.inventory, digest)

    def _file(self, inventory: Inventory, digest: str) -> StoredFile:
        content = inventory.manifest[digest][0]
        path = self.aip.path / content
        digests = {name: paths[content] for name, paths in inventory.fixity.items() if content in paths}
        return StoredFile(path, _size_of(path), {"sha512": digest, **digests})


def _size_of(path: str | Path) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


@dataclass(frozen=True, slots=True)
class StoredAip:
    """An AIP in the store; ``path`` is its OCFL object root."""

    aip_id: str
    path: Path
    inventory: Inventory
    inventory_digest: str

    @property
    def head(self) -> int:
        """The number of the newest version."""
        return self.inventory.head

    @property
    def versions(self) -> tuple[int, ...]:
        """The numbers of all versions, oldest first."""
        return tuple(sorted(self.inventory.versions))

    def open(self, version: int | None = None) -> StoredVersion:
        """Return one version, by default the newest; raises NotFoundError."""
        number = self.head if version is None else version
        if number not in self.inventory.versions:
            raise NotFoundError(
                f"{self.aip_id} has no version v{number}; its versions are v1 to v{self.head}"
            )
        return StoredVersion(self, number)


def open_stored(root: Path) -> StoredAip:
    """Read the AIP at an OCFL object root; raises NotFoundError, DamageError, or StorageError.

    A writer replaces the inventory first and its sidecar second. Between the two the sidecar is that of
    the version before; then the inventory counts if the version's own copy of it says the same.
    """
    try:
        data = read_regular(root / INVENTORY, follow=False)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no AIP at {root.name}") from error
    except OSError as error:
        raise unreadable(f"{root.name}/{INVENTORY}", error) from error
    digest = hashlib.sha512(data).hexdigest()
    try:
        inventory = parse_inventory(data)
    except ValueError as error:
        raise DamageError(f"{root.name}/{INVENTORY} is damaged: {error}") from error
    if not is_sealed(root, inventory.head, digest):
        raise DamageError(
            f"sha512 of {root.name}/{INVENTORY} is {digest[:16]}…, which its sidecar does not confirm",
            remedy="run an audit of this AIP and restore it from a copy",
        )
    return StoredAip(inventory.aip_id, root, inventory, digest)


def is_sealed(root: Path, head: int, digest: str) -> bool:
    """Return whether the sidecar at an object root, or that of its newest version, confirms a digest.

    Raises StorageError when it may not be read.
    """
    return _sealed(root, digest) or _sealed(root / f"v{head}", digest)


def _sealed(folder: Path, digest: str) -> bool:
    """Return whether the folder's sidecar confirms a digest; raises StorageError when it may not be read."""
    try:
        return digest_in_sidecar(read_regular(folder / SIDECAR, follow=False)) == digest
    except OSError as error:
        fault = unreadable(f"{folder.name}/{SIDECAR}", error)
        if isinstance(fault, StorageError):
            raise fault from error
        return False


_SIDECAR_LINE = re.compile(rb"([0-9a-f]{128})[ \t]+inventory\.json\n?")


def sidecar_digest(path: Path) -> str:
    """Return the digest a sidecar holds, or nothing when it is missing or not well formed."""
    try:
        return digest_in_sidecar(read_regular(path, follow=False))
    except OSError:
        return ""


def digest_in_sidecar(sidecar: bytes) -> str:
    """Return the digest in the bytes of a sidecar, or nothing when they are not well formed."""
    match = _SIDECAR_LINE.fullmatch(sidecar)
    return match[1].decode() if match else ""

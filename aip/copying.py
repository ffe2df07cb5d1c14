"""Copies stored AIPs to another storage root while the archive works; every copy is whole at any time.

Only what a version's inventory names is brought, and each byte is read again from the copy and compared with
that inventory before it counts. What is there already is not touched: damage at home does not get into a
copy that was sound.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aip.inventory import parse_inventory
from aip.medium import Medium
from aip.sealing import key_name, sidecar_line, signature_name
from aip.stored import (
    AUDITS,
    INVENTORY,
    OBJECT_DECLARATION,
    SIDECAR,
    SIGNATURES,
    StoredAip,
    digest_in_sidecar,
)
from oais.disk_faults import unreadable
from oais.errors import DamageError, StorageError
from oais.files import bring_file, make_directories, open_regular, sync_directory

_BLOCK = 1 << 20


class SourceError(StorageError):
    """What was to be copied cannot be read; the medium of the copy has done nothing wrong."""


def copy_root_files(source: Path, target: Path) -> None:
    """Copy what lies in a storage root beside its AIPs; raises OSError and StorageError."""
    make_directories(target)
    for path in (*sorted(source.iterdir()), *sorted((source / "extensions").rglob("*"))):
        place = target / path.relative_to(source)
        if path.is_file() and not path.is_symlink() and not _is_same(path, place):
            make_directories(place.parent)
            bring_file(path, place)
            sync_directory(place.parent)


def _is_same(path: Path, place: Path) -> bool:
    return place.is_file() and place.read_bytes() == path.read_bytes()


def copy_aip(stored: StoredAip, medium: Medium, target: str, staging: str) -> list[int]:
    """Bring the versions that the copy at ``target`` has not; return their numbers.

    ``staging`` is a folder of the medium, empty before and after. An AIP that is not there comes in one step,
    a later version in the order in which a store takes it in. One that comes in meanwhile waits for the next
    time; one that is damaged is not brought. Raises DamageError, StorageError and OSError.
    """
    known = head_of_copy(medium, target)
    new = [number for number in stored.versions if number > known]
    medium.remove(staging)
    try:
        if new and next(medium.list(target), None) is None:
            build_copy(stored, medium, staging)
            medium.publish(staging, target)
        elif new:
            _add_versions(stored, new, medium, target, staging)
    finally:
        medium.remove(staging)
    _extend_log(stored.path / AUDITS, medium, f"{target}/{AUDITS}")
    return new


def head_of_copy(medium: Medium, target: str) -> int:
    """Return the newest version that a copy knows of, 0 when there is none; raises DamageError, OSError."""
    try:
        data = medium.read(f"{target}/{INVENTORY}")
    except FileNotFoundError:
        return 0
    digest = hashlib.sha512(data).hexdigest()
    try:
        head = parse_inventory(data).head
    except ValueError as error:
        raise DamageError(f"{INVENTORY} of the copy at {target} is damaged: {error}") from error
    for path in (SIDECAR, f"v{head}/{SIDECAR}"):
        with suppress(FileNotFoundError):
            if digest_in_sidecar(medium.read(f"{target}/{path}")) == digest:
                return head
    raise DamageError(
        f"sha512 of {target}/{INVENTORY} of the copy is {digest[:16]}…, which no sidecar confirms",
        remedy="'oais repair' restores it from a proven copy",
    )


def build_copy(stored: StoredAip, medium: Medium, folder: str) -> None:
    """Build an AIP anew in an empty folder: complete, synced and proven, all but its log of audits.

    Raises DamageError when a byte of it is not what was sealed, OSError, StorageError.
    """
    inventory = (stored.path / f"v{stored.head}" / INVENTORY).read_bytes()
    _require(hashlib.sha512(inventory).hexdigest(), stored.inventory_digest, f"v{stored.head}/{INVENTORY}")
    for number in stored.versions:
        _bring(stored, _version_paths(stored, number), medium, folder)
        _bring(stored, _signature_paths(number), medium, folder)
    _bring(stored, (OBJECT_DECLARATION,), medium, folder)
    medium.replace(f"{folder}/{INVENTORY}", inventory)
    medium.replace(f"{folder}/{SIDECAR}", sidecar_line(stored.inventory_digest))
    medium.sync(folder)
    for number in stored.versions:
        _prove(stored, number, medium, f"{folder}/v{number}")


def _add_versions(stored: StoredAip, new: list[int], medium: Medium, target: str, staging: str) -> None:
    for number in new:
        paths = _version_paths(stored, number)
        _bring(stored, paths, medium, staging)
        medium.sync(staging)
        _prove(stored, number, medium, f"{staging}/v{number}")
        for path in _signature_paths(number):
            medium.replace(f"{target}/{path}", (stored.path / path).read_bytes())
        # One that is there is known to no inventory: a copy that was broken off left it.
        medium.remove(f"{target}/v{number}")
        medium.publish(f"{staging}/v{number}", f"{target}/v{number}")
    # Not the files at the object's root: they may belong to a version that has just come in.
    medium.replace(f"{target}/{INVENTORY}", medium.read(f"{target}/v{stored.head}/{INVENTORY}"))
    medium.replace(f"{target}/{SIDECAR}", sidecar_line(stored.inventory_digest))
    medium.replace(f"{target}/{OBJECT_DECLARATION}", (stored.path / OBJECT_DECLARATION).read_bytes())


def _version_paths(stored: StoredAip, number: int) -> tuple[str, ...]:
    """Return what a version consists of, by the inventory."""
    own = (f"v{number}/{INVENTORY}", f"v{number}/{SIDECAR}")
    return (*(path for path, _ in _content(stored, number)), *own)


def _content(stored: StoredAip, number: int) -> Iterator[tuple[str, str]]:
    """Yield path and sha512 of what a version brought."""
    for digest, paths in stored.inventory.manifest.items():
        yield from ((path, digest) for path in paths if path.startswith(f"v{number}/"))


def _signature_paths(number: int) -> tuple[str, ...]:
    return (f"{SIGNATURES}/{signature_name(number)}", f"{SIGNATURES}/{key_name(number)}")


def _bring(stored: StoredAip, paths: tuple[str, ...], medium: Medium, folder: str) -> None:
    for path in paths:
        medium.write_new(f"{folder}/{path}", _blocks_of(stored, path))


def _blocks_of(stored: StoredAip, path: str) -> Iterator[bytes]:
    """Yield a file of the original; raises DamageError where it is gone, SourceError where it is refused."""
    try:
        with open(open_regular(stored.path / path), "rb", buffering=0) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except OSError as error:
        fault = unreadable(f"{path} of {stored.aip_id}", error)
        if isinstance(fault, DamageError):
            raise fault from error
        raise SourceError(fault.message, remedy=fault.remedy) from error


def _prove(stored: StoredAip, number: int, medium: Medium, folder: str) -> None:
    """Read a copied version again and compare every file with the inventory; raises DamageError."""
    for path, digest in _content(stored, number):
        found, _ = medium.answer(f"{folder}/{path.partition('/')[2]}", b"")
        _require(found, digest, f"{path} of {stored.aip_id}")
    if number == stored.head:
        found, _ = medium.answer(f"{folder}/{INVENTORY}", b"")
        _require(found, stored.inventory_digest, f"v{number}/{INVENTORY} of {stored.aip_id}")


def _require(found: str, expected: str, what: str) -> None:
    if found != expected:
        raise DamageError(f"{what} is not what was sealed: it was not copied")


def _extend_log(source: Path, medium: Medium, target: str) -> None:
    """Bring the log of audits where it only grew; one that was changed is not brought."""
    if not source.is_file():
        return
    whole = source.read_bytes().rpartition(b"\n")
    lines = whole[0] + whole[1]
    try:
        before = medium.read(target)
    except FileNotFoundError:
        before = b""
    if lines != before and lines.startswith(before):
        medium.replace(target, lines)

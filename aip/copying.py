"""Copies stored AIPs to another storage root while the archive works; every copy is whole at any time.

What is there already is not touched: damage at home does not get into a copy that was sound.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from aip.sealing import key_name, sidecar_line, signature_name
from aip.stored import (
    AUDITS,
    INVENTORY,
    OBJECT_DECLARATION,
    SIDECAR,
    SIGNATURES,
    StoredAip,
    open_stored,
)
from oais.errors import DamageError, NotFoundError
from oais.files import make_directories, rename_into_place, sync_tree, write_durably
from oais.information.fixity import hash_file


def copy_root_files(source: Path, target: Path) -> None:
    """Copy what lies in a storage root beside its AIPs; raises OSError and StorageError."""
    make_directories(target)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.is_symlink():
            _bring(path, target / path.name)
    for path in sorted((source / "extensions").rglob("*")):
        if path.is_file() and not path.is_symlink():
            make_directories((target / path.relative_to(source)).parent)
            _bring(path, target / path.relative_to(source))


def copy_aip(stored: StoredAip, target: Path, partial: Path) -> list[int]:
    """Bring the versions that the copy at ``target`` has not, in the order in which a store takes them in.

    ``partial`` is a folder on the same file system, removed in the end. Return the numbers. A version that
    comes in meanwhile waits for the next time; one that is damaged is not brought. Raises DamageError,
    StorageError and OSError.
    """
    try:
        known = open_stored(target).head
    except NotFoundError:
        known = 0
    new = [number for number in stored.versions if number > known]
    for number in new:
        _copy_version(stored, number, target, partial)
    if new:
        # Not the files at the object's root: they may belong to a version that has just come in.
        write_durably(target / INVENTORY, (target / f"v{stored.head}" / INVENTORY).read_bytes())
        write_durably(target / SIDECAR, sidecar_line(stored.inventory_digest))
        _bring(stored.path / OBJECT_DECLARATION, target / OBJECT_DECLARATION)
    _grow(stored.path / AUDITS, target / AUDITS)
    return new


def _copy_version(stored: StoredAip, number: int, target: Path, partial: Path) -> None:
    """Copy a version: whole, durable and proven by reading the copy again, or not at all."""
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(stored.path / f"v{number}", partial, symlinks=True)
        sync_tree(partial)
        _prove(stored, number, partial)
        make_directories(target / SIGNATURES)
        for name in (signature_name(number), key_name(number)):
            _bring(stored.path / SIGNATURES / name, target / SIGNATURES / name)
        # One that is there is known to no inventory: a copy that was broken off left it.
        shutil.rmtree(target / f"v{number}", ignore_errors=True)
        rename_into_place(partial, target / f"v{number}")
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _prove(stored: StoredAip, number: int, copy: Path) -> None:
    """Compare every file of a copied version with the inventory; raises DamageError."""
    for digest, paths in stored.inventory.manifest.items():
        for path in paths:
            folder, _, below = path.partition("/")
            if folder != f"v{number}":
                continue
            found = hash_file(copy / below, ("sha512",), from_disk=True)
            if found.digests.get("sha512") != digest:
                raise DamageError(f"{path} of {stored.aip_id} is not what was sealed: it was not copied")


def _bring(source: Path, target: Path) -> None:
    data = source.read_bytes()
    if not target.is_file() or target.read_bytes() != data:
        write_durably(target, data)


def _grow(source: Path, target: Path) -> None:
    """Bring the log of audits where it only grew; one that was changed is not brought."""
    if not source.is_file():
        return
    whole = source.read_bytes().rpartition(b"\n")
    lines = whole[0] + whole[1]
    before = target.read_bytes() if target.is_file() else b""
    if lines != before and lines.startswith(before):
        write_durably(target, lines)

"""Builds a DIP: a BagIt 1.0 bag made to order, as a folder or as one file.

The manifests are known before a byte is copied, from the inventories of the AIPs; every byte is hashed on
its way into the bag and a damaged one stops the delivery. Nothing half made is left, and the files of the
archive are read only: a DIP never shares an inode with them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from dip.layout import Form, Package, bag_members, lay_out
from dip.order import Dip, DipItem, DipOrder, check_order
from dip.pieces import Ask, Reading
from dip.tags import PAYLOAD_MANIFEST, tag_files
from oais.confirming import confirm
from oais.disk_faults import storage_errors
from oais.errors import RefusedError, StorageError
from oais.files import free_bytes, make_directories, rename_into_place, write_all
from oais.information.signature import Signer

__all__ = ["Container", "Dip", "DipItem", "DipOrder", "build_dip", "write_package"]

Container = Form | Literal["directory"]
_ROOM = 1 << 20


def ask_nothing(_: DipItem) -> None:
    """Let every file through: whoever builds has been asked already."""


def build_dip(
    order: DipOrder,
    target: Path,
    signer: Signer | None = None,
    *,
    container: Container = "zip",
    ask: Ask = ask_nothing,
) -> Dip:
    """Build the bag at ``target``; the same order gives the same bytes.

    Raises:
        DamageError: a stored byte is not what was sealed; the file is named.
        RefusedError: the target is there already, or the order has no or impossible paths.
        StorageError: the disk is full or did not do what was asked.
    """
    if container != "directory":
        package = lay_out(order, signer, container)
        write_package(package, target, ask)
        return Dip(target, package.size, package.manifest_digest)
    check_order(order)
    tags = tag_files(order, signer)
    size = sum(body.size for _, body in bag_members(order, tags))
    with _making(target, size) as partial:
        for path, body in bag_members(order, tags):
            place = partial / path
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, body.read(Reading(ask), 0, body.size))
        os.rename(partial, target)
    return Dip(target, size, hashlib.sha512(tags[PAYLOAD_MANIFEST]).hexdigest())


def write_package(package: Package, target: Path, ask: Ask) -> None:
    """Write a package to a file that lasts; raises as ``build_dip``."""
    with _making(target, package.size) as partial:
        _write(partial, package.read(ask))
        rename_into_place(partial, target)


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    with path.open("xb", buffering=0) as stream:
        for block in blocks:
            write_all(stream.fileno(), block)
        confirm(stream.fileno(), path)


@contextmanager
def _making(target: Path, size: int) -> Iterator[Path]:
    """Give the place to build at, and take away what is still there when the block ends."""
    if os.path.lexists(target):
        raise RefusedError(f"{target.name} is there already", remedy="choose another name")
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    with storage_errors(f"building {target.name}"):
        make_directories(target.parent)
        _check_room(target, size)
        try:
            yield partial
        finally:
            if partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
            else:
                partial.unlink(missing_ok=True)


def _check_room(target: Path, size: int) -> None:
    free = free_bytes(target.parent)
    if free < size + _ROOM:
        raise StorageError(
            f"{target.name} needs {size} bytes, {free} are free",
            remedy="free space, or order less at once",
        )

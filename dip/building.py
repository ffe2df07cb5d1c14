"""Builds a DIP: a BagIt 1.0 bag made to order, as a folder or as one zip file.

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

from dip.containers import FolderWriter, ZipWriter, size_on_disk
from dip.order import Dip, DipItem, DipOrder, check_order
from dip.tags import PAYLOAD_MANIFEST, tag_files
from oais.errors import DamageError, RefusedError, StorageError
from oais.files import free_bytes, make_directories, storage_errors
from oais.information.signature import Signer

__all__ = ["Container", "Dip", "DipItem", "DipOrder", "build_dip"]

Container = Literal["directory", "zip", "deflated zip"]
_BLOCK = 1 << 20
_ROOM = 1 << 20


def build_dip(
    order: DipOrder, target: Path, signer: Signer | None = None, *, container: Container = "zip"
) -> Dip:
    """Build the bag at ``target``; the same order gives the same bytes ("zip" stores, "deflated zip" packs).

    Raises:
        DamageError: a stored byte is not what was sealed; the file is named.
        RefusedError: the target is there already, or the order has no or impossible paths.
        StorageError: the disk is full or did not do what was asked.
    """
    check_order(order)
    if os.path.lexists(target):
        raise RefusedError(f"{target.name} is there already", remedy="choose another name")
    tags = tag_files(order, signer)
    with storage_errors(f"building {target.name}"):
        make_directories(target.parent)
        _check_room(order, tags, target)
        with _unfinished(target) as partial:
            _write(order, tags, partial, container)
            os.rename(partial, target)
        size = size_on_disk(target)
    return Dip(target, size, hashlib.sha512(tags[PAYLOAD_MANIFEST]).hexdigest())


def _check_room(order: DipOrder, tags: dict[str, bytes], target: Path) -> None:
    needed = order.payload_size + sum(map(len, tags.values())) + _ROOM
    free = free_bytes(target.parent)
    if free < needed:
        raise StorageError(
            f"{target.name} needs {needed} bytes, {free} are free",
            remedy="free space, or order less at once",
        )


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """Give the place to build at, and take away what is still there when the block ends."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)


def _write(order: DipOrder, tags: dict[str, bytes], partial: Path, container: Container) -> None:
    writer: FolderWriter | ZipWriter
    if container == "directory":
        writer = FolderWriter(partial)
    else:
        deflate = container == "deflated zip"
        writer = ZipWriter(partial, order.order_id, order.at, deflate=deflate)
    with writer:
        for path, data in tags.items():
            with writer.open(path, len(data)) as stream:
                stream.write(data)
        for item in order.items:
            _copy(item, writer)


def _copy(item: DipItem, writer: FolderWriter | ZipWriter) -> None:
    """Copy a file into the bag, hashing what is really written."""
    hasher = hashlib.sha512()
    size = 0
    try:
        source = item.source.open("rb", buffering=0)
    except OSError as error:
        raise DamageError(f"{item.path} cannot be read: {error.strerror}") from error
    with source, writer.open(f"data/{item.path}", item.size) as out:
        buffer = memoryview(bytearray(min(_BLOCK, item.size + 1)))
        while count := source.readinto(buffer):
            size += count
            if size > item.size:
                break
            hasher.update(buffer[:count])
            out.write(buffer[:count])
    if size != item.size or hasher.hexdigest() != item.digests["sha512"]:
        raise DamageError(
            f"sha512 of {item.path} is {hasher.hexdigest()[:16]}… ({size} bytes), "
            f"expected {item.digests['sha512'][:16]}… ({item.size} bytes)",
            remedy="nothing was delivered; run an audit of this AIP and restore it from a copy",
        )

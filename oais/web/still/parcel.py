"""The folder of a still copy: which one may be used, its signed manifest, and how it comes into place."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from oais.archive import Archive
from oais.errors import RefusedError, WrongUsageError
from oais.files import exchange_directories, rename_into_place, sync_tree
from oais.information.fixity import hash_file
from oais.information.signature import verify_signature
from oais.information.software import software_version
from oais.walking import walk
from oais.web.still.crawl import Crawl

MARKER: Final = "still-copy.json"
MANIFEST: Final = "manifest-sha512.txt"
SIGNATURE: Final = f"signature/{MANIFEST}.sig"
PUBLIC_KEY: Final = "signature/key.pem"
FORMAT: Final = "oais still copy 1"
LOCK: Final = "lock"
_UNLISTED = frozenset({MANIFEST, SIGNATURE, PUBLIC_KEY})


def check_target(archive: Archive, target: Path) -> None:
    """Raise WrongUsageError or RefusedError unless ``target`` is missing, empty, or such a copy."""
    place = target.resolve()
    if place.is_relative_to(archive.home) or archive.home.is_relative_to(place):
        raise WrongUsageError(f"{target} and the archive lie in each other", remedy="name a folder elsewhere")
    if not os.path.lexists(target):
        return
    if target.is_symlink() or not target.is_dir():
        raise RefusedError(f"{target} is no folder", remedy="name an empty or missing folder")
    if any(target.iterdir()):
        fault = next(_faults_of(archive, target), "")
        if fault:
            raise RefusedError(
                f"{target} is not empty and no copy made by this archive: {fault}",
                remedy="name an empty or missing folder, or a copy that nobody changed, to be made anew",
            )


def _faults_of(archive: Archive, folder: Path) -> Iterator[str]:
    """Yield why a folder is not an unchanged copy by one of this archive's keys."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        signature = (folder / SIGNATURE).read_bytes()
    except OSError:
        yield f"it has no signed {MANIFEST}"
        return
    if not any(verify_signature(pem, manifest, signature) for pem in archive.trusted_keys().values()):
        yield f"its {MANIFEST} is not signed by a key of this archive"
        return
    if f"  {MARKER}\n" not in manifest.decode("utf-8", "replace"):
        yield f"its {MANIFEST} does not list {MARKER}"
    listed = {line.partition("  ")[2] for line in manifest.decode().splitlines()}
    for entry in walk(folder):
        if not entry.is_directory and entry.path not in listed | _UNLISTED:
            yield f"{entry.path} is no part of it"


def seal_copy(archive: Archive, folder: Path, crawl: Crawl, *, products: bool) -> None:
    """Write what the copy is, the digests of all its files, and the archive's signature over them."""
    marker = {
        "format": FORMAT,
        "archive": archive.settings.name,
        "software": software_version(),
        "pages": len(crawl.pages),
        "files": len(crawl.files),
        "products": crawl.count_of_products if products else 0,
    }
    (folder / MARKER).write_text(json.dumps(marker, ensure_ascii=False, indent=2) + "\n", "utf-8")
    lines = []
    for entry in walk(folder):
        if not entry.is_directory:
            known = crawl.digests.get(entry.path)
            digest = known or hash_file(folder / entry.path, ("sha512",)).digests["sha512"]
            lines.append(f"{digest}  {entry.path}\n")
    manifest = "".join(sorted(lines, key=lambda line: line.partition("  ")[2])).encode()
    (folder / SIGNATURE).parent.mkdir()
    (folder / MANIFEST).write_bytes(manifest)
    (folder / SIGNATURE).write_bytes(archive.signer.sign(manifest))
    (folder / PUBLIC_KEY).write_bytes(archive.signer.public_pem)


def put_into_place(folder: Path, target: Path) -> bool:
    """Make the copy durable and move it to ``target`` in one step; returns whether another one was there."""
    sync_tree(folder)
    if not target.exists():
        rename_into_place(folder, target)
        return False
    replaced = any(target.iterdir())
    exchange_directories(folder, target)
    return replaced


def take_room(target: Path) -> tuple[Path, int]:
    """Make a room for a copy beside its target, and hold its lock; returns both.

    What a crash left there before is swept first: rooms whose lock nobody holds.
    """
    for left in sorted(target.parent.glob(f".{target.name}.part-*")):
        with suppress(OSError):
            descriptor = os.open(left / LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(descriptor)
    name = hashlib.sha256(os.urandom(16)).hexdigest()[:12]
    room = target.with_name(f".{target.name}.part-{name}")
    room.mkdir(mode=0o755)
    descriptor = os.open(room / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return room, descriptor

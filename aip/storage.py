"""The store: an OCFL 1.1 storage root with one object per AIP. Write once; nothing in it is ever edited.

A first version comes in with one rename of the whole object. A later one comes in three steps: its
signature, its version folder (one rename), then the root inventory and its sidecar, each replaced
atomically. A reader sees the old version until the inventory is replaced, and the new one from then on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from aip.recovery import finish_version, is_unfinished
from aip.root import LAYERS, ROOT_DECLARATION, create_storage_root, require_storage_root
from aip.sealing import SealedAip, key_name, sidecar_line, signature_name
from aip.stored import INVENTORY, SIDECAR, SIGNATURES, StoredAip, open_stored
from oais.confirming import require_open, why_closed
from oais.disk_faults import storage_errors
from oais.errors import DamageError, NotFoundError, RefusedError, StorageError
from oais.files import make_directories, rename_into_place, sync_directory, sync_tree, write_durably
from oais.information.identifiers import object_path
from oais.locks import exclusive_lock

_DISTRUSTED: dict[Path, str] = {}
"""Storage roots that this process does not write to any more, and why: the disk failed a write."""


class AipStore:
    """Stores sealed AIPs and finds stored ones; several processes may use one store at a time.

    ``locks`` is the folder of its lock files, outside the storage root. After a write that the disk did
    not confirm, this process refuses every further one to the same root: nothing is retried.
    """

    def __init__(self, root: Path, locks: Path | None = None) -> None:
        self.root = root
        self.locks = locks if locks is not None else root.parent / "staging" / "locks"

    @property
    def read_only(self) -> str:
        """Why nothing is stored any more, or nothing when the disk has kept its word so far."""
        return _DISTRUSTED.get(self.root.absolute(), "")

    def create_root(self, public_pem: bytes = b"") -> None:
        """Make a new storage root that explains itself; raises StorageError or RefusedError."""
        create_storage_root(self.root, public_pem)
        with storage_errors("making the folder of locks"):
            make_directories(self.locks)

    def store(self, sealed: SealedAip, before: Sequence[Path] = ()) -> StoredAip:
        """Take a sealed AIP into the store; it is durable when this returns.

        ``before`` are files elsewhere that have to be durable before it can be seen: they are synced with it.

        Raises:
            RefusedError: the AIP, or the version, is in the store already.
            StorageError: the disk did not do what was asked; the staged folder is removed.
        """
        staged = sealed.staged
        target = self.root / object_path(staged.aip_id)
        try:
            self._require_trust_in_disk()
            self._require_root()
            with self._one_writer(target):
                self._require_place(sealed, target)
                with self._stopping_at_faults(staged.aip_id):
                    sync_tree(staged.path, before)
                    if staged.version == 1:
                        self._put_object(staged.path, target)
                    else:
                        self._add_version(sealed, target)
        finally:
            shutil.rmtree(staged.path, ignore_errors=True)
        return StoredAip(staged.aip_id, target, staged.inventory, sealed.inventory_digest)

    def take_out(self, aip_id: str, place: Path) -> bool:
        """Move an AIP, damaged or not, out of the store to ``place`` by one rename.

        Return whether it was there. It is durable when this returns. ``place`` lies on the same file system;
        the folders above the AIP stay, for ``prune``. Raises StorageError.
        """
        source = self.root / object_path(aip_id)
        self._require_trust_in_disk()
        self._require_root()
        with self._one_writer(source), self._stopping_at_faults(aip_id, "taking out"):
            if not source.is_dir():
                return False
            shutil.rmtree(place, ignore_errors=True)
            rename_into_place(source, place)
        return True

    def prune(self, aip_id: str) -> None:
        """Remove the folders above an AIP that was taken out, where they are empty: OCFL forbids such.

        Nobody may be storing meanwhile. Raises StorageError.
        """
        with storage_errors(f"removing the empty folders of {aip_id}"):
            for folder in list((self.root / object_path(aip_id)).parents)[: LAYERS - 1]:
                if not folder.is_dir():
                    continue
                if any(folder.iterdir()):
                    return
                folder.rmdir()
                sync_directory(folder.parent)

    def find(self, aip_id: str) -> StoredAip | None:
        """Return the stored AIP of that identifier, or None; raises DamageError or StorageError.

        Where the storage root itself is gone, an AIP is not missing: nobody can know.
        """
        path = self.root / object_path(aip_id)
        try:
            stored = open_stored(path)
        except NotFoundError:
            if path.exists():
                raise DamageError(f"{path.name} has no {INVENTORY}") from None
            self._require_root()
            return None
        if stored.aip_id != aip_id:
            raise DamageError(f"{path.name} holds the AIP {stored.aip_id!r}, expected {aip_id!r}")
        return stored

    def object_roots(self) -> Iterator[Path]:
        """Yield the object root of every AIP, damaged ones too, in the order of the folders."""
        require_storage_root(self.root)
        yield from self.found_roots()

    def roots_of(self, aip_ids: Iterable[str]) -> Iterator[Path]:
        """Yield the object root of each of these AIPs that is there."""
        yield from filter(Path.is_dir, (self.root / object_path(aip_id) for aip_id in sorted(aip_ids)))

    def found_roots(self) -> Iterator[Path]:
        """Yield the object roots of whatever is left, for the audit: the declaration may be lost too.

        Raises StorageError for a folder that the disk refuses to read.
        """
        with storage_errors(f"reading the storage root {self.root.name}"):
            if self.root.is_dir():
                yield from map(Path, _folders_below(os.fspath(self.root), LAYERS))

    def objects(self) -> Iterator[StoredAip]:
        """Yield every AIP that is whole enough; damaged ones are for the audit to name.

        Raises StorageError for one that the disk does not give, so that none is taken for missing.
        """
        for path in self.object_roots():
            with suppress(DamageError, NotFoundError):
                yield open_stored(path)

    def recover(self, aip_ids: Iterable[str] | None = None) -> list[str]:
        """Finish what a crash left between two renames; return what was done, one sentence each.

        Only these AIPs are looked at, or all. Raises StorageError. Nothing may be written meanwhile.
        """
        done = []
        for path in self.object_roots() if aip_ids is None else self.roots_of(aip_ids):
            if not is_unfinished(path):
                continue
            with self._one_writer(path), self._stopping_at_faults(path.name):
                sentence = finish_version(path)
            if sentence:
                done.append(sentence)
        return done

    @contextmanager
    def mending(self, what: str) -> Iterator[None]:
        """Let an AIP be put in place of a damaged one; the first fault of the disk ends all storing.

        Raises StorageError when nothing is stored any more.
        """
        self._require_trust_in_disk()
        self._require_root()
        with self._stopping_at_faults(what):
            yield

    def _require_trust_in_disk(self) -> None:
        require_open(self.root.absolute().parent)
        if self.read_only:
            raise StorageError(
                f"nothing is stored any more: {self.read_only}",
                remedy="check the disk, then start the archive again",
            )

    def _require_root(self) -> None:
        if not (self.root / ROOT_DECLARATION).is_file():
            raise StorageError(
                f"the storage root {self.root.name}/ is not there: it has no {ROOT_DECLARATION}",
                remedy="bring its disk back, or restore it; nothing is stored or said to be missing before",
            )

    def _require_place(self, sealed: SealedAip, target: Path) -> None:
        staged = sealed.staged
        if staged.version == 1:
            if target.exists():
                raise RefusedError(
                    f"{staged.aip_id} is in the store already",
                    remedy="deliver it as a new version, if its agreement allows new versions",
                )
            return
        finish_version(target)  # what a crash left unfinished comes first
        found = hashlib.sha512((target / INVENTORY).read_bytes()).hexdigest()
        if found != staged.previous_digest:
            raise RefusedError(
                f"{staged.aip_id} has got another version since v{staged.version} was built",
                remedy="repeat the ingest, it will build upon the newest version",
            )

    def _put_object(self, staged: Path, target: Path) -> None:
        try:
            # Whoever made these folders, this process or another a moment ago: their names must last.
            rename_into_place(staged, target, list(target.parents)[1:LAYERS])
        except OSError:
            # Visible but perhaps not durable: take it out again before anybody relies on it.
            if target.exists() and not staged.exists():
                with suppress(OSError):
                    os.rename(target, staged)
            raise

    def _add_version(self, sealed: SealedAip, target: Path) -> None:
        staged = sealed.staged
        signatures = target / SIGNATURES
        for name in (signature_name(staged.version), key_name(staged.version)):
            # One left by a crash is replaced: until its version is there it means nothing.
            os.replace(staged.path / SIGNATURES / name, signatures / name)
        sync_directory(signatures)
        rename_into_place(staged.path / f"v{staged.version}", target / f"v{staged.version}")
        write_durably(target / INVENTORY, (staged.path / INVENTORY).read_bytes())
        write_durably(target / SIDECAR, sidecar_line(sealed.inventory_digest))

    @contextmanager
    def _one_writer(self, target: Path) -> Iterator[None]:
        """Hold the lock of an object; 256 lock files serve all objects."""
        stripe = hashlib.sha256(target.name.encode()).hexdigest()[:2]
        with storage_errors(f"the lock of {target.name}"):
            make_directories(self.locks)
            with exclusive_lock(self.locks / f"{stripe}.lock", target.name):
                yield

    @contextmanager
    def _stopping_at_faults(self, what: str, doing: str = "storing") -> Iterator[None]:
        """Turn the store read-only at the first fault of the disk, since what it holds is unknown."""
        try:
            with storage_errors(f"{doing} {what}"):
                yield
        except StorageError as error:
            if not why_closed(self.root.absolute().parent):  # that is heeded by all, and lasts
                _DISTRUSTED[self.root.absolute()] = error.message
            raise


def _folders_below(folder: str, layers: int) -> Iterator[str]:
    with os.scandir(folder) as listing:
        names = sorted(item.name for item in listing if item.is_dir(follow_symlinks=False))
    for name in names:
        if layers == LAYERS and name == "extensions":
            continue
        if layers == 1:
            yield f"{folder}/{name}"
        else:
            yield from _folders_below(f"{folder}/{name}", layers - 1)

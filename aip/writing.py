"""Puts the files of one version on disk, each once, and remembers what the inventory must say of them.

Bytes from custody are linked, not copied, when they lie on the same file system; a file that an older
version already holds (same sha512) is not stored again (OCFL 1.1 §3.4, forward delta).
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedWriter, FileIO, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

from aip.inventory import FIXITY_ALGORITHM, Inventory, InventoryVersion
from oais.errors import RefusedError, StorageError
from oais.files import write_all
from oais.information.fixity import (
    ARCHIVE_ALGORITHMS,
    FileFixity,
    copy_and_hash,
    create_hasher,
    hash_bytes,
    hash_file,
)
from oais.information.packages import ContentFile, FormatIdentification
from oais.information.premis import Derivation

_BUFFER = 1 << 16
FAST_DIGESTS = "metadata/other/blake3.txt"
_FICLONE = 0x40049409
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of the version: its logical path, size and digests, and what is known of its format."""

    path: str
    fixity: FileFixity
    media_type: str
    format: FormatIdentification | None = None
    original_name: str = ""
    derivation: Derivation | None = None


class _HashingStream(RawIOBase):
    """Counts and hashes what passes through it to a file; a buffer before it makes few large blocks."""

    def __init__(self, target: FileIO) -> None:
        self._target = target
        self._hashers = {name: create_hasher(name) for name in ARCHIVE_ALGORITHMS}
        self._size = 0

    def writable(self) -> bool:
        """Whether it can be written to: it can."""
        return True

    def write(self, data: Any, /) -> int:
        """Write and hash ``data``."""
        block = memoryview(data)
        for hasher in self._hashers.values():
            hasher.update(block)
        write_all(self._target.fileno(), block)
        self._size += len(block)
        return len(block)

    @property
    def fixity(self) -> FileFixity:
        """Size and digests of what was written so far."""
        return FileFixity(self._size, {name: hasher.hexdigest() for name, hasher in self._hashers.items()})


class ContentWriter:
    """Writes the content directory of one version below ``root`` (``root/v<n>/content``)."""

    def __init__(self, root: Path, version: int, previous: Inventory | None) -> None:
        self.written: dict[str, WrittenFile] = {}
        self._content = f"v{version}/content"
        self._root = root
        self._previous = previous
        self._held = previous.manifest if previous is not None else {}
        self._folders: set[str] = set()
        self._stored: dict[str, FileFixity] = {}

    def take(self, file: ContentFile) -> None:
        """Take a file over from custody; raises StorageError, or RefusedError for a bad path."""
        fixity = file.fixity
        if set(ARCHIVE_ALGORITHMS) - set(fixity.digests):
            fixity = hash_file(file.source)
            if fixity.problem:
                raise StorageError(f"{file.source.name} in custody is {fixity.problem}")
        name = file.sip_path
        media_type = file.format.media_type
        self._note(WrittenFile(file.path, fixity, media_type, file.format, name, file.derivation))
        if not self._is_held(fixity):
            place(file.source, self._target(file.path), fixity.digests["sha512"])
            self._stored[file.path] = fixity

    def write(self, path: str, data: bytes, media_type: str, fixity: FileFixity | None = None) -> None:
        """Write a file of our own; ``fixity`` may be given when it is known."""
        known = fixity or hash_bytes(data)
        self._note(WrittenFile(path, known, media_type))
        if not self._is_held(known):
            with open(self._target(path), "xb") as stream:
                stream.write(data)
            self._stored[path] = known

    @contextmanager
    def stream(self, path: str, media_type: str) -> Iterator[BinaryIO]:
        """Open a file of our own for streaming; it counts as written when the block ends."""
        target = self._target(path)
        with FileIO(target, "xb") as raw:
            hashing = _HashingStream(raw)
            buffered = BufferedWriter(hashing, _BUFFER)
            yield buffered
            buffered.flush()
        fixity = hashing.fixity
        self._note(WrittenFile(path, fixity, media_type))
        if self._is_held(fixity):
            self._forget(path)
        else:
            self._stored[path] = fixity

    def inventory(self, aip_id: str, version: InventoryVersion) -> Inventory:
        """Return the inventory with this version added; the state is made of what was written."""
        versions = dict(self._previous.versions) if self._previous else {}
        manifest = {key: list(paths) for key, paths in self._held.items()}
        blocks = self._previous.fixity if self._previous else {}
        further = dict(blocks.get(FIXITY_ALGORITHM, {}))
        for path, known in self._stored.items():
            content = f"{self._content}/{path}"
            manifest.setdefault(known.digests["sha512"], []).append(content)
            further[content] = known.digests[FIXITY_ALGORITHM]
        versions[version.number] = version
        held = {key: tuple(paths) for key, paths in manifest.items()}
        return Inventory(aip_id, versions, held, {FIXITY_ALGORITHM: further})

    def state(self) -> dict[str, str]:
        """Return the sha512 of every logical path of this version."""
        return {path: file.fixity.digests["sha512"] for path, file in self.written.items()}

    def write_fast_digests(self) -> None:
        """Write the BLAKE3 digests of what this version stores so far, for ``b3sum -c`` in its content."""
        lines = [f"{known.digests['blake3']}  {path}\n" for path, known in sorted(self._stored.items())]
        self.write(FAST_DIGESTS, "".join(lines).encode(), "text/plain")

    def _is_held(self, fixity: FileFixity) -> bool:
        return fixity.digests["sha512"] in self._held

    def _note(self, file: WrittenFile) -> None:
        parts = file.path.split("/")
        strange = "\0" in file.path or not file.path.isprintable()
        if strange or any(part in ("", ".", "..") for part in parts):
            raise RefusedError(f"{file.path!r} is not a path inside a package")
        if file.path in self.written:
            raise RefusedError(f"{file.path!r} is given twice for one package")
        self.written[file.path] = file

    def _forget(self, path: str) -> None:
        """Remove a file that is held already, and the folders that were made for it alone."""
        os.unlink(self._root / self._content / path)
        folder = f"{self._content}/{path}".rpartition("/")[0]
        while folder != self._content and not os.listdir(self._root / folder):
            os.rmdir(self._root / folder)
            self._folders.discard(folder)
            folder = folder.rpartition("/")[0]

    def _target(self, path: str) -> str:
        folder, _, _ = f"{self._content}/{path}".rpartition("/")
        if folder not in self._folders:
            os.makedirs(self._root / folder, exist_ok=True)
            while folder not in self._folders and folder:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        return os.path.join(self._root, self._content, path)


def place(source: Path, target: str, sha512: str) -> None:
    """Put the bytes of ``source`` at ``target``: a hard link if possible, else a reflink, else a copy.

    A file that has another name already is never linked: whoever holds the other name could change it.
    The executable bit stays, since the SWHID of a source tree depends on it; nobody may write.

    Raises:
        StorageError: a copy whose sha512 is not the expected one.
    """
    status = os.lstat(source)
    mode = 0o444 | (status.st_mode & 0o111)
    if status.st_nlink == 1:
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
        else:
            os.chmod(target, mode)
            return
    _copy(source, target, sha512)
    os.chmod(target, mode)


def _copy(source: Path, target: str, sha512: str) -> None:
    with source.open("rb", buffering=0) as old, open(target, "xb", buffering=0) as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            found = copy_and_hash(old.fileno(), new.fileno(), ("sha512",)).digests["sha512"]
            if found != sha512:
                raise StorageError(
                    f"sha512 of the copy of {source.name} is {found[:16]}…, expected {sha512[:16]}…",
                    remedy="check the disk and the memory of this machine, then repeat",
                ) from None

"""Digests of files: several algorithms in one reading.

PREMIS calls it fixity: the proof that an object has not been altered. The engine never follows a
link, never opens anything but a regular file, and tells a file it could not read (EIO) apart from
one whose bytes are wrong.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, Protocol

from blake3 import blake3

from oais.disk_faults import NotRegularError
from oais.files import open_with_status, write_all
from oais.information.budget import Budget

ARCHIVE_ALGORITHMS = ("sha256", "sha512", "blake3")
"""What the archive itself computes of every byte it takes in."""

STRONG_ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})
"""What may stand alone in a provider's manifest; md5 and sha1 may only accompany one of these."""

BLOCK = 1 << 20
"""Bytes read at once, into a buffer that is used again."""

_READ_WHOLE = 64 << 10
"""Files below this size are read by one call."""

_THREADED_FROM = 8 << 20
"""From this size on, each algorithm of one file runs on its own thread."""


class Hasher(Protocol):
    """What hashlib and blake3 objects have in common."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take in more bytes."""
        ...

    def hexdigest(self) -> str:
        """Return the digest of all taken in, in lower-case hexadecimal."""
        ...


_MAKERS: dict[str, Callable[[], Hasher]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha224": hashlib.sha224,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
    "sha3-256": hashlib.sha3_256,
    "sha3-512": hashlib.sha3_512,
    "sha512/256": lambda: hashlib.new("sha512_256"),
    "blake2b-512": hashlib.blake2b,
    "blake2b-160": lambda: hashlib.blake2b(digest_size=20),
    "blake2b-256": lambda: hashlib.blake2b(digest_size=32),
    "blake2b-384": lambda: hashlib.blake2b(digest_size=48),
    "blake3": blake3,
}


def _in_steps(make: Callable[[], Hasher], data: bytes) -> Hasher:
    hasher = make()
    hasher.update(data)
    return hasher


_AT_ONCE: dict[str, Callable[[bytes], Hasher]] = {
    **{name: partial(_in_steps, make) for name, make in _MAKERS.items()},
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "blake3": blake3,
}
"""Hashers of bytes in memory; what is hashed most often is begun with its bytes, in one call."""

DIGEST_LENGTHS = {name: len(make().hexdigest()) for name, make in _MAKERS.items()}
"""Hexadecimal digits of a digest, for every algorithm known here."""


def create_hasher(algorithm: str) -> Hasher:
    """Return a fresh hasher; raises KeyError for an algorithm not in ``DIGEST_LENGTHS``."""
    return _MAKERS[algorithm]()


class FileFixity(NamedTuple):
    """What one reading of a file gave: its size in bytes and its digests (lower-case hexadecimal).

    ``problem`` is empty, or says why there is no digest (``missing``, ``special``, ``unreadable: …``,
    ``changed while it was read``). ``modified_ns`` is the file's own time of its last change.
    """

    size: int
    digests: Mapping[str, str]
    problem: str = ""
    modified_ns: int = 0


_BUFFERS = threading.local()


def _buffer() -> memoryview:
    """Return the one buffer of this thread: large allocations, repeated, cost more than the hashing."""
    found: memoryview | None = getattr(_BUFFERS, "block", None)
    if found is None:
        found = _BUFFERS.block = memoryview(bytearray(BLOCK))
    return found


def hash_stream(read_into: Callable[[memoryview], int], algorithms: Sequence[str]) -> FileFixity:
    """Hash what ``read_into`` delivers until it returns 0."""
    hashers = {name: create_hasher(name) for name in algorithms}
    buffer = _buffer()
    size = 0
    while count := read_into(buffer):
        size += count
        for hasher in hashers.values():
            hasher.update(buffer[:count])
    return FileFixity(size, {name: hasher.hexdigest() for name, hasher in hashers.items()})


def hash_bytes(data: bytes, algorithms: Sequence[str] = ARCHIVE_ALGORITHMS) -> FileFixity:
    """Hash bytes already in memory."""
    return FileFixity(len(data), _digests_of(data, algorithms))


def _digests_of(data: bytes, algorithms: Sequence[str]) -> dict[str, str]:
    return {name: _AT_ONCE[name](data).hexdigest() for name in algorithms}


def hash_file(
    path: str | os.PathLike[str],
    algorithms: Sequence[str] = ARCHIVE_ALGORITHMS,
    *,
    from_disk: bool = False,
    budget: Budget | None = None,
) -> FileFixity:
    """Hash one regular file, never through a link; a fault of the file is told in ``problem``.

    ``from_disk`` drops the page cache first, so that the disk is read and not the memory of it. No more is
    read than ``budget`` gives.
    """
    opened = open_to_hash(path, from_disk=from_disk)
    return opened if isinstance(opened, FileFixity) else hash_opened(*opened, algorithms, budget)


def open_to_hash(
    path: str | os.PathLike[str], *, from_disk: bool, ahead: bool = False
) -> tuple[int, os.stat_result] | FileFixity:
    """Return descriptor and status of a regular file, or why it cannot be had, as ``hash_file`` tells it.

    ``ahead`` lets the disk begin to read what is to be hashed later: all of it, of a large file one block.
    """
    try:
        descriptor, status = open_with_status(path)
    except FileNotFoundError:
        return FileFixity(0, {}, "missing")
    except OSError as error:
        special = _is_special(path, error)
        return FileFixity(0, {}, "special" if special else f"unreadable: {error.strerror}")
    try:
        if from_disk:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        if ahead:
            os.posix_fadvise(descriptor, 0, BLOCK, os.POSIX_FADV_WILLNEED)
    except OSError as error:
        os.close(descriptor)
        return FileFixity(0, {}, f"unreadable: {error.strerror}")
    return descriptor, status


def hash_opened(
    descriptor: int, status: os.stat_result, algorithms: Sequence[str], budget: Budget | None = None
) -> FileFixity:
    """Hash an open file and close it."""
    try:
        size, digests = _hash_descriptor(descriptor, status.st_size, algorithms, budget)
    except OSError as error:
        return FileFixity(0, {}, f"unreadable: {error.strerror}")
    finally:
        os.close(descriptor)
    problem = "" if size == status.st_size else "changed while it was read"
    return FileFixity(size, digests, problem, status.st_mtime_ns)


def _is_special(path: str | os.PathLike[str], error: OSError) -> bool:
    """Return whether something other than a file lies there; what cannot be looked at is unreadable."""
    if isinstance(error, NotRegularError):
        return True
    try:
        return not stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _hash_descriptor(
    descriptor: int, size: int, algorithms: Sequence[str], budget: Budget | None
) -> tuple[int, Mapping[str, str]]:
    """Return how many bytes were read of a file that has ``size``, and their digests."""
    if size < _READ_WHOLE:
        if budget is not None:
            budget.take(size)
        data = os.read(descriptor, size + 1)
        return len(data), _digests_of(data, algorithms)
    if size < _THREADED_FROM or len(algorithms) == 1 or budget is not None:
        result = hash_stream(_reader(descriptor, budget), algorithms)
    else:
        result = copy_and_hash(descriptor, None, algorithms)
    return result.size, result.digests


def _reader(descriptor: int, budget: Budget | None) -> Callable[[memoryview], int]:
    """Return what reads the next bytes of a file, each block within the budget."""
    if budget is None:
        return lambda view: os.readv(descriptor, [view])

    def read_into(view: memoryview) -> int:
        count = os.readv(descriptor, [view])
        budget.take(count)
        return count

    return read_into


def copy_and_hash(source: int, target: int | None, algorithms: Sequence[str]) -> FileFixity:
    """Read ``source`` to its end once, write it to ``target`` if given, hash it with all algorithms.

    Each algorithm and the writing run on threads of their own over two alternating buffers, so the
    slowest of them sets the pace and memory stays at two blocks.
    """
    hashers = {name: create_hasher(name) for name in algorithms}
    block = 4 * BLOCK
    buffers = (memoryview(bytearray(block)), memoryview(bytearray(block)))
    size = turn = 0
    with ThreadPoolExecutor(len(hashers) + 1) as pool:
        count = os.readv(source, [buffers[0]])
        while count:
            view = buffers[turn][:count]
            jobs = [pool.submit(hasher.update, view) for hasher in hashers.values()]
            if target is not None:
                jobs.append(pool.submit(write_all, target, view))
            size += count
            turn = 1 - turn
            count = os.readv(source, [buffers[turn]])
            for job in jobs:
                job.result()
    return FileFixity(size, {name: hasher.hexdigest() for name, hasher in hashers.items()})

"""Copying a stranger's files into custody and hashing them in the same reading.

Files are opened below one descriptor of the delivery, so a directory that is swapped for a link while
we read leads nowhere; a file that changes while it is read is told, whatever was copied of it.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from oais.disk_faults import require_fault_of_file, storage_errors
from oais.files import sync_tree, write_all
from oais.information.fixity import BLOCK, FileFixity, copy_and_hash, create_hasher, hash_bytes
from oais.processes import usable_cores
from sip.bag.opening import open_below

LARGE: Final = 8 << 20
"""Bytes from which on one file is copied with a thread for each digest, instead of with others."""

_BATCH: Final = 256
_WORTH_PROCESSES: Final = 256
_FEW_FILES = 64
_LIBC = ctypes.CDLL(None, use_errno=True)
_SOURCE = os.O_RDONLY | os.O_NONBLOCK
_TARGET = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@dataclass(frozen=True, slots=True)
class FileToCopy:
    """A file as the survey saw it; ``stamp`` is inode and modification time in ns."""

    path: str
    size: int
    stamp: tuple[int, int]


def copy_files(
    source: int,
    target: int,
    files: Sequence[FileToCopy],
    algorithms: Sequence[str],
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, FileFixity]]:
    """Copy ``files`` from below the directory ``source`` to below ``target``; yield their digests.

    Many small files go to several processes, a large one to several threads. Raises StorageError when
    the copy cannot be written; a fault of the source is told in ``FileFixity.problem``.
    """
    large = [file for file in files if file.size >= LARGE]
    small = [file for file in files if file.size < LARGE]
    names = tuple(algorithms)
    for path, fixity in _copies(source, target, small, large, names, workers):
        if progress is not None:
            progress(fixity.size)
        yield path, fixity


def _copies(
    source: int,
    target: int,
    small: Sequence[FileToCopy],
    large: Sequence[FileToCopy],
    algorithms: tuple[str, ...],
    workers: int | None,
) -> Iterator[tuple[str, FileFixity]]:
    for file in large:
        yield file.path, copy_file(source, target, file, algorithms)
    count = workers if workers is not None else usable_cores()
    if count < 2 or len(small) < _WORTH_PROCESSES:
        for file in small:
            yield file.path, copy_file(source, target, file, algorithms)
    else:
        yield from _copy_in_processes(source, target, small, algorithms, count)


def _copy_in_processes(
    source: int, target: int, files: Sequence[FileToCopy], algorithms: tuple[str, ...], workers: int
) -> Iterator[tuple[str, FileFixity]]:
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    waiting: list[tuple[Sequence[FileToCopy], Future[list[FileFixity]]]] = []
    # forked, so that both descriptors are those of the children as well
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        for batch in batches:
            waiting.append((batch, pool.submit(_copy_batch, source, target, batch, algorithms)))
            if len(waiting) > 4 * workers:
                yield from _results(waiting.pop(0))
        for done in waiting:
            yield from _results(done)


def _results(
    done: tuple[Sequence[FileToCopy], Future[list[FileFixity]]],
) -> Iterable[tuple[str, FileFixity]]:
    batch, job = done
    return zip((file.path for file in batch), job.result(), strict=True)


def _copy_batch(
    source: int, target: int, files: Sequence[FileToCopy], algorithms: tuple[str, ...]
) -> list[FileFixity]:
    return [copy_file(source, target, file, algorithms) for file in files]


def copy_file(source: int, target: int, file: FileToCopy, algorithms: Sequence[str]) -> FileFixity:
    """Copy one file below ``source`` to the same path below ``target``, hashing what is written."""
    try:
        reading = open_below(source, file.path, _SOURCE)
    except OSError as error:
        require_fault_of_file(error)
        return FileFixity(0, {}, f"unreadable: {error.strerror}")
    try:
        before = os.fstat(reading)
        if not stat.S_ISREG(before.st_mode):
            return FileFixity(0, {}, "special")
        with storage_errors(f"the custody copy of {file.path}"):
            writing = open_below(target, file.path, _TARGET)
        try:
            fixity = _copy_bytes(reading, writing, before.st_size, algorithms)
        finally:
            os.close(writing)
        return _unless_changed(file, before, os.fstat(reading), fixity)
    except OSError as error:
        require_fault_of_file(error)
        return FileFixity(0, {}, f"unreadable: {error.strerror}")
    finally:
        os.close(reading)


def _unless_changed(
    file: FileToCopy, before: os.stat_result, after: os.stat_result, fixity: FileFixity
) -> FileFixity:
    seen = (file.size, *file.stamp)
    opened = (before.st_size, before.st_ino, before.st_mtime_ns)
    closed = (after.st_size, after.st_ino, after.st_mtime_ns)
    if seen == opened == closed and fixity.size == file.size:
        return fixity
    return FileFixity(fixity.size, fixity.digests, "changed while it was read")


def _copy_bytes(reading: int, writing: int, size: int, algorithms: Sequence[str]) -> FileFixity:
    if size < BLOCK:
        data = os.read(reading, size + 1)
        _write(writing, data)
        return hash_bytes(data, algorithms)
    if size >= LARGE:
        return copy_and_hash(reading, writing, algorithms)
    hashers = {name: create_hasher(name) for name in algorithms}
    copied = 0
    while data := os.read(reading, BLOCK):
        _write(writing, data)
        copied += len(data)
        for hasher in hashers.values():
            hasher.update(data)
    return FileFixity(copied, {name: hasher.hexdigest() for name, hasher in hashers.items()})


def _write(writing: int, data: bytes) -> None:
    """Write to custody; a disk that refuses is our fault and not one of the source."""
    with storage_errors("the custody copy"):
        write_all(writing, data)


@contextmanager
def directory_held(path: Path) -> Iterator[int]:
    """Hold a directory open, so that all below it is found from there and from nowhere else."""
    with storage_errors(f"opening {path.name}"):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def settle(building: Path, files: int) -> None:
    """Make custody durable: file by file, or for many files the whole file system at once."""
    if files <= _FEW_FILES:
        sync_tree(building)
        return
    with directory_held(building) as descriptor:
        if _LIBC.syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

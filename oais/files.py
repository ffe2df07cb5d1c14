"""Writing that lasts and reading that is not fooled: the ground every room stands on.

The order is always the same: write beside the target on the same file system, fsync the files, fsync
the directories, rename without replacing, fsync the parent. After an fsync that fails nothing is
retried and nothing read back is trusted (the page cache may show bytes the disk does not hold).
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path

from oais.confirming import confirm
from oais.disk_faults import NotRegularError, storage_errors, unreadable
from oais.errors import DamageError
from oais.walking import walk

_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_LIBC = ctypes.CDLL(None, use_errno=True)
_SYNC_FILE_RANGE = _LIBC.sync_file_range
_SYNC_FILE_RANGE.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Create or replace a small file atomically: a reader sees the old bytes or the new, never a part."""
    write_together({path: data}, mode=mode)


def write_together(contents: Mapping[Path, bytes], *, mode: int = 0o644) -> None:
    """Create or replace small files, each atomically and in this order; all are durable at the end."""
    new = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in contents}
    with storage_errors(" and ".join(path.name for path in contents)):
        try:
            for path, temporary in new.items():
                temporary.unlink(missing_ok=True)
                create_from(temporary, (contents[path],), mode=mode)
            sync_paths(list(new.values()), ())
            for path, temporary in new.items():
                os.replace(temporary, path)
        except OSError:
            for temporary in new.values():
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
            raise
        sync_directories(path.parent for path in contents)


def is_unfinished(name: str) -> bool:
    """Return whether a name is that of a small file whose writer was stopped before it was whole."""
    return _UNFINISHED.fullmatch(name) is not None


_UNFINISHED = re.compile(r"\..+\.[0-9]+\.tmp")


def create_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a new file and fsync it; the directory is synced by the caller once for all its files."""
    create_from(path, (data,), mode=mode)
    _sync(path)


def create_from(path: Path, blocks: Iterable[bytes], *, mode: int = 0o644) -> None:
    """Write a new file block by block; the caller syncs the whole tree once."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        for block in blocks:
            write_all(descriptor, block)
    finally:
        os.close(descriptor)


def bring_file(source: Path, target: Path) -> None:
    """Copy a file of any size with its mode and time, durably and by one rename.

    The directory is synced by the caller once for all its files. Raises OSError.
    """
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    with open(open_regular(source), "rb") as stream:
        status = os.fstat(stream.fileno())
        create_from(partial, iter(lambda: stream.read(1 << 20), b""), mode=0o600)
    partial.chmod(stat.S_IMODE(status.st_mode))
    os.utime(partial, ns=(status.st_atime_ns, status.st_mtime_ns))
    _sync(partial)
    os.replace(partial, target)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte, however few the system takes at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def open_regular(path: str | os.PathLike[str], *, follow: bool = False) -> int:
    """Return a descriptor of a regular file, never waiting for a writer, through a link only by ``follow``.

    Raises NotRegularError for anything else, OSError when it cannot be opened.
    """
    return open_with_status(path, 0 if follow else os.O_NOFOLLOW)[0]


def open_with_status(path: str | os.PathLike[str], how: int = os.O_NOFOLLOW) -> tuple[int, os.stat_result]:
    """Return the same descriptor with the file's status, which had to be asked for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | how)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotRegularError(errno.EINVAL, "not a regular file", os.fspath(path))
    return descriptor, status


def open_sealed(path: Path, size: int, name: str) -> FileIO:
    """Open a file of the store whose size was sealed; ``name`` is what it is called in messages.

    Raises DamageError for another size and for what lies in its place, a link or a pipe, which is never
    waited for; StorageError when the disk does not give it.
    """
    try:
        stream = FileIO(open_regular(path))
    except OSError as error:
        raise unreadable(name, error) from error
    found = os.fstat(stream.fileno()).st_size
    if found != size:
        stream.close()
        raise DamageError(f"{name} has {found} bytes, expected {size}")
    return stream


def read_regular(path: Path, *, follow: bool = True) -> bytes:
    """Return the bytes of a small regular file of the operator's, who may link to it; raises OSError.

    What the archive stored is no link: it is read without ``follow``.
    """
    with open(open_regular(path, follow=follow), "rb") as stream:
        return stream.read()


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Make the names in one directory durable."""
    _sync(path, os.O_DIRECTORY)


def sync_directories(paths: Iterable[Path]) -> None:
    """Make the names in several directories durable, each synced once."""
    sync_paths((), list(dict.fromkeys(paths)))


def sync_tree(root: Path, beside: Iterable[Path] = ()) -> None:
    """Fsync every regular file and every directory below ``root``, ``root`` itself, and files ``beside``."""
    directories = [os.fspath(root)]
    files = [os.fspath(path) for path in beside]
    for entry in walk(root):
        full = os.path.join(root, entry.path)
        if entry.is_directory:
            directories.append(full)
        elif entry.is_file:
            files.append(full)
    sync_paths(files, directories)


def sync_paths(
    files: Sequence[str | os.PathLike[str]], directories: Sequence[str | os.PathLike[str]]
) -> None:
    """Fsync these files and directories; none of them counts before all are durable.

    All files are first sent on their way, so that the first fsync commits to the journal what the others
    need as well; several wait at once, as a busy disk answers them together. More threads than a few cost
    more than they gain.
    """
    for path in files if len(files) > 1 else ():
        _send(path)
    paths = [*((path, os.O_NOFOLLOW) for path in files), *((path, os.O_DIRECTORY) for path in directories)]
    shares = [paths[first::_SYNCS_AT_ONCE] for first in range(min(_SYNCS_AT_ONCE, len(paths)))]
    if len(shares) < 3:  # so few are not worth a thread
        _sync_each(paths)
        return
    with ThreadPoolExecutor(len(shares)) as pool:
        for _ in pool.map(_sync_each, shares):
            pass


_SYNCS_AT_ONCE = 4
_SYNC_FILE_RANGE_WRITE = 2


def _send(path: str | os.PathLike[str]) -> None:
    """Let the disk begin to write a file. What fails is told by the fsync, which alone is relied upon."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        _SYNC_FILE_RANGE(descriptor, 0, 0, _SYNC_FILE_RANGE_WRITE)
    finally:
        os.close(descriptor)


def _sync_each(paths: Iterable[tuple[str | os.PathLike[str], int]]) -> None:
    for path, how in paths:
        _sync(path, how)


def _sync(path: str | os.PathLike[str], how: int = os.O_NOFOLLOW) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | how)
    try:
        confirm(descriptor, path)
    finally:
        os.close(descriptor)


def rename_into_place(source: Path, target: Path, above: Iterable[Path] = ()) -> None:
    """Rename without replacing and make it durable; raises FileExistsError when the target is taken.

    ``above`` are directories over the target that somebody else may have made a moment ago.
    """
    made = make_directories(target.parent)
    _rename(source, target, _RENAME_NOREPLACE)
    sync_directories((target.parent, source.parent, *(directory.parent for directory in made), *above))


def exchange_directories(new: Path, old: Path) -> None:
    """Exchange two folders in one step, or in three where the file system has no such step."""
    try:
        _rename(new, old, _RENAME_EXCHANGE)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS):
            raise
        away = new.with_name(f"{new.name}.old")
        shutil.rmtree(away, ignore_errors=True)
        old.rename(away)
        new.rename(old)
        away.rename(new)
    sync_directory(old.parent)


def _rename(source: Path, target: Path, how: int) -> None:
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(target), how) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), os.fspath(source), None, os.fspath(target))


def listed(folder: Path, suffix: str) -> list[Path]:
    """Return what ends so in a folder, in order; nothing where there is no folder. Raises StorageError.

    ``Path.glob`` takes a folder that may not be read for an empty one.
    """
    with storage_errors(f"reading {folder.name}"):
        try:
            names = os.listdir(folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [folder / name for name in sorted(names) if name.endswith(suffix)]


def make_directories(path: Path) -> list[Path]:
    """Make ``path`` and what is missing above it; return the directories made, deepest first."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for directory in reversed(missing):
        directory.mkdir(exist_ok=True)
    return missing


def free_bytes(path: Path) -> int:
    """Return how many bytes an unprivileged writer can still put on the file system of ``path``."""
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize

"""Loss of power: an operation is done on a disk that writes down what it is asked, and every moment replayed.

What the disk was told to flush it holds. Of what it was given since, it may hold all, nothing, or any part:
each moment is replayed so, mounted as after a power cut, and what is there then is judged like any other end.
"""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proofs.storage.disk import Noted
from proofs.storage.snapshots import Kept, put_back, taken

SIZE = 192 << 20
"""Bytes of the disk: custody wants 64 MiB to stay free."""

Blocks = Mapping[int, bytes]
"""What a disk holds by offset; the rest is zeros."""

_BLOCK = 4096
_PARTS = 5
"""Parts drawn of what was not flushed, after each write."""

_ROOT = Path(__file__).resolve().parents[2]
_SYSTEM = ("/usr/sbin", "/sbin")
"""Where the programs for disks lie, which is not on the PATH of everybody who may become root."""

_MAKE = (
    "mkfs.ext4",
    "-q",
    "-F",
    "-E",
    "lazy_itable_init=0,lazy_journal_init=0,nodiscard",
    "-N",
    "4096",
    "-J",
    "size=4",
)
_SEVERE = "noatime,nodiscard,noauto_da_alloc,commit=600"
"""ext4 as it is least forgiving: it writes nothing by itself meanwhile, and keeps no promise but fsync's."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the disk may hold at a moment, as writes upon the disk before; ``acknowledged`` or not."""

    writes: tuple[tuple[int, bytes], ...]
    acknowledged: bool


def why_not() -> str:
    """Return why no disk can be recorded on this machine, or nothing where one can."""
    if os.geteuid() != 0:
        return "only root may mount a file system"
    missing = [name for name in ("mkfs.ext4", "losetup", "mount", "umount") if not _program(name)]
    missing += [name for name in ("/dev/fuse", "/dev/loop-control") if not os.access(name, os.W_OK)]
    return f"there is no {missing[0]}" if missing else ""


def _program(name: str) -> str:
    """Return where a program lies, or nothing."""
    return shutil.which(name) or shutil.which(name, path=os.pathsep.join(_SYSTEM)) or ""


def record(room: Path, start: Kept, act: Callable[[Path], None]) -> tuple[Blocks, list[Noted]]:
    """Let ``act`` work in a folder that begins as ``start``; return the disk before, and all asked of it."""
    served, mounted, log = room / "served", room / "mounted", room / "log"
    for folder in (served, mounted):
        folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "proofs.storage.disk", str(SIZE), str(served), str(log)]
    server = subprocess.Popen(command, cwd=_ROOT)
    try:
        _await(served / "disk", server)
        with _closed(served):
            _run(*_MAKE, str(served / "disk"))
            with _mounted(served / "disk", mounted, _SEVERE):
                put_back(mounted / "place", start)
                os.sync()
                _mark(served, b"begin")
                act(mounted / "place")
                _mark(served, b"acknowledged")
    finally:
        server.wait(30)
    noted: list[Noted] = pickle.loads(log.read_bytes())
    log.unlink()
    begin = noted.index(("mark", 0, b"begin"))
    return _blocks(noted[:begin]), noted[begin + 1 :]


def _blocks(noted: list[Noted]) -> Blocks:
    """Return what was written last, in blocks; zeros are left out."""
    disk = bytearray(SIZE)
    touched: set[int] = set()
    for kind, offset, data in noted:
        if kind == "write":
            disk[offset : offset + len(data)] = data
            touched.update(range(offset // _BLOCK, -(-(offset + len(data)) // _BLOCK)))
    found = {at * _BLOCK: bytes(disk[at * _BLOCK : (at + 1) * _BLOCK]) for at in touched}
    return {offset: data for offset, data in found.items() if any(data)}


def _await(path: Path, server: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        assert server.poll() is None, "the disk cannot be served"
        time.sleep(0.01)


def _mark(served: Path, text: bytes) -> None:
    descriptor = os.open(served / "mark", os.O_WRONLY)
    try:
        os.write(descriptor, text)
    finally:
        os.close(descriptor)


def moments(noted: list[Noted], drawn: random.Random) -> Iterator[Moment]:
    """Yield every moment: after each write with all of what was given since the flush before, and with parts.

    A flush itself is the moment with nothing since it.
    """
    held: list[tuple[int, bytes]] = []
    since: list[tuple[int, bytes]] = []
    acknowledged = False
    for kind, offset, data in noted:
        if kind == "write":
            since.append((offset, data))
            yield Moment((*held, *since), acknowledged)
            for _ in range(_PARTS if len(since) > 1 else 0):
                part = [write for write in since if drawn.random() < 0.5]
                yield Moment((*held, *part), acknowledged)
        elif kind == "mark":
            yield Moment(tuple(held), acknowledged)
            acknowledged = True
            yield Moment(tuple(held), acknowledged)
        elif since:
            held, since = [*held, *since], []
            yield Moment(tuple(held), acknowledged)


def found_at(room: Path, disk: Blocks, moment: Moment) -> Kept:
    """Return what is in the folder when that disk is mounted after the power came back."""
    image, mounted = room / "image", room / "mounted"
    with image.open("wb", buffering=0) as stream:
        stream.truncate(SIZE)
        for offset, data in (*disk.items(), *moment.writes):
            os.pwrite(stream.fileno(), data, offset)
    with _mounted(image, mounted, "noatime,nodiscard"):
        return taken(mounted / "place")


@contextmanager
def _mounted(image: Path, place: Path, options: str) -> Iterator[None]:
    _run("mount", "-t", "ext4", "-o", f"loop,{options}", str(image), str(place))
    try:
        yield
    finally:
        _run("umount", str(place))


@contextmanager
def lying_at(folder: Path, place: Path) -> Iterator[None]:
    """Let a folder lie at another place as well, so that all who know only that place find it."""
    _run("mount", "--bind", str(folder), str(place))
    try:
        yield
    finally:
        _run("umount", str(place))


@contextmanager
def _closed(place: Path) -> Iterator[None]:
    """Unmount a folder in the end, which ends whoever serves it."""
    try:
        yield
    finally:
        _run("umount", str(place))


def _run(*command: str) -> None:
    program, *rest = command
    done = subprocess.run([_program(program), *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)

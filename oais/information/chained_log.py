"""A log that shows whether it was changed: a JSON line each, bound to the line before by its digest."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from oais.confirming import confirm
from oais.files import sync_directory, write_all

_LONGEST = 1 << 20
_ENDING = re.compile(rb'"digest": "[0-9a-f]{64}"')


def append_entry(path: Path, entry: Mapping[str, Any], *, mode: int = 0o644, durable: bool = True) -> None:
    """Add a line and make it durable; raises OSError. Two writers at once write one after the other.

    A line that a crash cut short was never acknowledged, and gives way to the new one. Who writes many logs
    makes them ``durable`` together, before any of the lines is acknowledged.
    """
    new = not path.exists()
    how = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, how, mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        write_all(descriptor, line_after(_last_line(descriptor), entry))
        if durable:
            confirm(descriptor, path)
    finally:
        os.close(descriptor)
    if new and durable:
        sync_directory(path.parent)


def written_lines(path: Path) -> list[bytes]:
    """Return the lines of a log, none where there is none yet; raises OSError.

    What a crash left of a line behind them was never acknowledged, and gives way to the next one.
    """
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def ended_lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same of a log too long to be held, each line with its end."""
    return takewhile(lambda line: line.endswith(b"\n"), stream)


def line_after(log: bytes, entry: Mapping[str, Any]) -> bytes:
    """Return the line, with its end, that continues a log, of which the last whole line is enough."""
    before = log.rstrip(b"\n").rpartition(b"\n")[2]
    plain = {**entry, "previous": hashlib.sha256(before).hexdigest() if before else ""}
    return json.dumps({**plain, "digest": _digest_of(plain)}, ensure_ascii=False).encode() + b"\n"


def _last_line(descriptor: int) -> bytes:
    """Return the last whole line; what lies behind it is cut off."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _LONGEST)
    whole, end, torn = os.pread(descriptor, size - start, start).rpartition(b"\n")
    if torn and (end or start == 0):
        os.ftruncate(descriptor, size - len(torn))
    return whole.rpartition(b"\n")[2]


def _digest_of(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def is_torn(rest: bytes) -> bool:
    """Return whether what follows the last whole line is the beginning of one that was never finished.

    A line ends with its digest, so what holds one was whole and was changed.
    """
    return bool(rest) and _ENDING.search(rest) is None


def broken_lines(lines: Iterable[bytes]) -> Iterator[int]:
    """Yield the number, from 1, of every line that is not as it was written or follows another one."""
    before = b""
    for number, ended in enumerate(lines, 1):
        line = ended.rstrip(b"\n")
        if not _is_whole(line, before):
            yield number
        before = line


def _is_whole(line: bytes, before: bytes) -> bool:
    try:
        plain = json.loads(line)
        digest = plain.pop("digest")
        expected = hashlib.sha256(before).hexdigest() if before else ""
        return bool(digest == _digest_of(plain) and plain["previous"] == expected)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return False

"""The log of audits inside an object: a JSON line each, bound to the line before by its digest."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aip.stored import AUDITS
from oais.files import sync_directory, write_all
from oais.information.findings import Finding, finding

_LONGEST = 64 << 20


def append_audit(root: Path, entry: Mapping[str, Any]) -> None:
    """Add a line and make it durable; raises OSError. Two auditors at once write one after the other."""
    path = root / AUDITS
    path.parent.mkdir(exist_ok=True)
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = _last_line(descriptor)
        plain = {**entry, "previous": hashlib.sha256(before).hexdigest() if before else ""}
        line = json.dumps({**plain, "digest": _digest_of(plain)}, ensure_ascii=False)
        write_all(descriptor, line.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_directory(path.parent)


def _digest_of(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _last_line(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    start = max(0, size - (1 << 20))
    return os.pread(descriptor, size - start, start).rstrip(b"\n").rpartition(b"\n")[2]


def check_audit_log(root: Path) -> Iterator[Finding]:
    """Yield a finding for every line of the log that is not as it was written, or was cut out."""
    try:
        with (root / AUDITS).open("rb") as stream:
            data = stream.read(_LONGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        yield finding("AIP-004", AUDITS, f"{AUDITS} cannot be read: {error.strerror}")
        return
    before = b""
    for number, line in enumerate(data.splitlines(), 1):
        if not _is_whole(line, before):
            message = f"line {number} of {AUDITS} is not as it was written, or does not follow the one before"
            yield finding("AIP-011", AUDITS, message)
        before = line
    if data and not data.endswith(b"\n"):
        yield finding("AIP-011", AUDITS, f"the last line of {AUDITS} is cut short")


def _is_whole(line: bytes, before: bytes) -> bool:
    try:
        plain = json.loads(line)
        digest = plain.pop("digest")
        expected = hashlib.sha256(before).hexdigest() if before else ""
        return bool(digest == _digest_of(plain) and plain["previous"] == expected)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return False

"""Unpacking a container by a verdict: all of it, or nothing.

The container itself is never changed. What its members would do is judged before the disk is touched;
after any finding the directory that was being filled is emptied again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.files import open_regular
from oais.information.findings import Finding, refuses
from oais.information.fixity import ARCHIVE_ALGORITHMS, FileFixity
from sip.bag.findings import FindingLog
from sip.containers.limits import ContainerFault, ContainerLimits
from sip.containers.streams import tar_stream
from sip.containers.tar import BLOCK, is_tar, unpack_tar
from sip.containers.unpacking import Unpacking
from sip.containers.zip import unpack_zip

SUFFIXES: Final = (".tar", ".tar.gz", ".tgz", ".zip")
"""How the name of a container ends; what it is, its first bytes tell."""

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was unpacked: every file with its digests, or no file where a finding forbids it."""

    files: Mapping[str, FileFixity]
    findings: tuple[Finding, ...]


def extract(
    container: Path,
    target: Path,
    *,
    limits: ContainerLimits | None = None,
    algorithms: Sequence[str] = ARCHIVE_ALGORITHMS,
) -> Extraction:
    """Unpack ``container`` into the empty directory ``target``, hashing each byte as it is written.

    Raises StorageError when the disk fails, and OSError when the container cannot be opened.
    """
    log = FindingLog()
    descriptor = open_regular(container)
    place = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with Unpacking(place, limits or ContainerLimits(), algorithms, log) as unpacking:
            _unpack(descriptor, unpacking, log)
    except BaseException:
        _empty(target)
        raise
    finally:
        os.close(place)
        os.close(descriptor)
    findings = log.listed()
    if refuses(findings):
        _empty(target)
        return Extraction({}, findings)
    return Extraction(unpacking.files, findings)


def _unpack(descriptor: int, unpacking: Unpacking, log: FindingLog) -> None:
    packed = os.fstat(descriptor).st_size
    head = os.pread(descriptor, BLOCK, 0)
    try:
        if head.startswith(_ZIP_STARTS):
            unpack_zip(descriptor, packed, unpacking)
        elif head.startswith(b"\x1f\x8b") or is_tar(head):
            unpack_tar(tar_stream(descriptor, head, packed, unpacking.limits), unpacking)
        else:
            log.add("BOX-001", "", f"the first bytes are {head[:8]!r}; expected tar, gzip or zip")
    except ContainerFault as fault:
        log.add(fault.code, fault.path, fault.message)


def _empty(target: Path) -> None:
    for entry in os.scandir(target):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)

"""Whether a delivery can be received at all, judged before a byte is read: its kind and size."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from oais.errors import NotFoundError, StorageError, WrongUsageError
from oais.files import free_bytes
from oais.information.findings import Finding
from sip.bag.findings import FindingLog
from sip.bag.survey import Survey, survey_bag
from sip.bag.taginfo import Declaration, read_bag_info

TOO_LARGE: Final = "BAG-068"

LONGEST_PATH: Final = 3_072
"""Bytes of a path in a delivery that leave room, of the 4096 that Linux takes, for where it is copied to."""

"""The code of a delivery that asks for more than it may."""


@dataclass(frozen=True, slots=True)
class ReceiveLimits:
    """How much one delivery may ask of us, in bytes and counts; ``reserve`` bytes of disk stay free."""

    bytes: int = 1 << 40
    members: int = 1_000_000
    ratio: int = 200
    reserve: int = 64 << 20


def check_delivery(delivery: Path) -> None:
    """Raise NotFoundError or WrongUsageError when there is nothing that could be received."""
    if delivery.is_symlink():
        raise WrongUsageError(
            f"{delivery.name} is a symbolic link", remedy="name the directory or file it points to"
        )
    if not delivery.exists():
        raise NotFoundError(f"{delivery.name}: no such file or directory")
    if not (delivery.is_dir() or delivery.is_file()):
        raise WrongUsageError(
            f"{delivery.name} is neither a directory nor a file",
            remedy="deliver a bag's directory, or one .tar, .tar.gz or .zip of it",
        )


def survey_delivery(delivery: Path, room: Path, limits: ReceiveLimits) -> tuple[Survey, tuple[Finding, ...]]:
    """List a delivered directory and judge it before its first byte is read.

    ``room`` lies where it would be copied to. After a finding ``TOO_LARGE`` nothing of it may be read.
    """
    log = FindingLog("intake")
    survey = survey_bag(delivery, log, stamps=True)
    if fits(survey, delivery, room, limits, log):
        _check_top(survey, log)
    return survey, log.listed()


def fits(survey: Survey, delivery: Path, building: Path, limits: ReceiveLimits, log: FindingLog) -> bool:
    """Whether the delivery may and can be copied; judged before its first byte is read.

    A sparse file counts with the bytes it claims: as many would be written.
    """
    size, members = sum(survey.sizes.values()), len(survey.sizes) + len(survey.directories)
    room = free_bytes(building) - limits.reserve
    if size > limits.bytes or members > limits.members:
        found = f"{size} bytes in {members} files and directories"
        log.add("BAG-068", "", f"{found}; at most {limits.bytes} in {limits.members}")
    elif (longest := max(map(_length, (*survey.sizes, *survey.directories)), default=0)) > LONGEST_PATH:
        log.add("BAG-068", "", f"a path of {longest} bytes; at most {LONGEST_PATH} can be copied")
    elif size > room:
        raise no_room(size, room, limits)
    elif log.count("BAG-063") and _beyond_oxum(survey, delivery):
        log.add("BAG-068", "", f"sparse files claim {size} bytes, more than Payload-Oxum declares")
    else:
        return True
    return False


def _length(path: str) -> int:
    return len(os.fsencode(path))


def no_room(size: int, room: int, limits: ReceiveLimits) -> StorageError:
    """Return the fault of our own disk: the delivery may be sound, and comes again when there is room."""
    return StorageError(
        f"the delivery has {size} bytes, and custody has room for {max(room, 0)} beside the {limits.reserve} "
        "bytes that always stay free",
        remedy="free space on the archive's file system and submit it again; it was not judged",
    )


def _beyond_oxum(survey: Survey, delivery: Path) -> bool:
    """Whether the payload claims more bytes than the bag itself declares."""
    tags = read_bag_info(delivery, "bag-info.txt", Declaration(), FindingLog())
    declared = tags.get("Payload-Oxum", ("",))[0].partition(".")[0]
    payload = sum(size for path, size in survey.sizes.items() if path.startswith("data/"))
    return re.fullmatch("[0-9]{1,19}", declared) is not None and payload > int(declared)


def _check_top(survey: Survey, log: FindingLog) -> None:
    """A bag stands at the top of what is delivered, not one directory further down."""
    inner = sorted(path for path in survey.sizes if re.fullmatch(r"[^/]+/bagit\.txt", path))
    if "bagit.txt" not in survey.sizes and inner:
        message = f"there is no bagit.txt at the top, but {', '.join(inner[:5])}"
        log.add("BAG-067", inner[0], message)

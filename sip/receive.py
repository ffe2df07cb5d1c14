"""Taking a delivery into custody: every byte copied and hashed once, nothing judged yet.

Custody of one receipt is built beside its place and appears there by one rename:
``custody/<receipt>/bag/`` is a directory as it was delivered; of a container ``container/<name>`` is the
file byte for byte and ``unpacked/`` what it holds.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oais.disk_faults import storage_errors
from oais.files import free_bytes
from oais.information.findings import Finding, finding, refuses
from oais.information.fixity import ARCHIVE_ALGORITHMS, FileFixity
from oais.information.listing import listing
from oais.information.packages import Submission
from oais.information.text import printable
from oais.walking import remove_tree
from sip.admission import TOO_LARGE, ReceiveLimits, check_delivery, fits, no_room, survey_delivery
from sip.bag.findings import FindingLog
from sip.bag.manifests import ALGORITHMS, manifest_files
from sip.bag.paths import is_plain
from sip.bag.survey import Survey
from sip.containers.extraction import extract
from sip.containers.limits import ContainerLimits
from sip.copying import FileToCopy, copy_files, directory_held

BAG: Final = "bag"
CONTAINER: Final = "container"
UNPACKED: Final = "unpacked"

FATAL_AT_RECEIPT: Final = re.compile(r"BOX-0(?!21).*|BAG-067|BAG-068")
"""Codes after which there is no bag in custody that could be judged."""

_UNPACKS_TO_TOO_MUCH: Final = "BOX-011"
"""The code of a delivery that asks for more than it may, or than there is room for."""

_NOT_CONTENT = re.compile(r"bagit\.txt|bag-info\.txt|(?:tag)?manifest-[^/]+\.txt")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Received:
    """What receiving brought: paths are relative to the custody directory of the receipt."""

    bag: str
    container: str
    digest: str
    files: Mapping[str, FileFixity]
    findings: tuple[Finding, ...]


def receive(
    delivery: Path,
    custody_root: Path,
    *,
    receipt_id: str,
    now: datetime,
    limits: ReceiveLimits | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Submission:
    """Copy a delivery into ``custody_root/<receipt_id>`` and hash it in the same reading.

    What is wrong with the delivery stands in the submission's findings; nothing half received stays.
    ``progress`` is told the bytes read since the last call. Raises NotFoundError or WrongUsageError when
    there is nothing that could be received, StorageError when custody cannot be written.
    """
    limits = limits or ReceiveLimits()
    delivery = delivery.parent.resolve() / delivery.name if delivery.name else delivery.resolve()
    place = custody_root / receipt_id
    check_delivery(delivery)
    received = _take_in(delivery, place, limits, workers, progress)
    return Submission(
        receipt_id=receipt_id,
        source_name=printable(delivery.name),
        received_at=now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        custody=place,
        bag=place / received.bag,
        container=received.container,
        delivery_digest=received.digest,
        files=received.files,
        findings=received.findings,
    )


def _take_in(
    delivery: Path, place: Path, limits: ReceiveLimits, workers: int | None, progress: Progress | None
) -> _Received:
    """Build custody beside its place and let it appear there by one rename.

    Custody is a station: what goes on from it is made durable where it comes to rest, and what a crash
    leaves in it is swept, since the provider still has all of it.
    """
    building = place.with_name(f".{place.name}.partial")
    with storage_errors(f"custody of {place.name}"):
        building.mkdir(parents=True)
    try:
        if delivery.is_dir():
            received = _receive_directory(delivery, building, limits, workers, progress)
        else:
            received = _receive_container(delivery, building, limits, progress)
        with storage_errors(f"custody of {place.name}"):
            building.rename(place)
    except BaseException:
        with suppress(OSError):
            remove_tree(building)
        raise
    return received


def _receive_directory(
    delivery: Path,
    building: Path,
    limits: ReceiveLimits,
    workers: int | None,
    progress: Progress | None,
) -> _Received:
    (building / BAG).mkdir()
    survey, found = survey_delivery(delivery, building, limits)
    if any(item.code == TOO_LARGE for item in found):
        return _Received(BAG, "", _listing_digest({}), {}, found)
    log, files = FindingLog("intake"), {}
    for path, fixity in _copy(delivery, building / BAG, survey, workers, progress):
        if fixity.problem:
            log.add("BAG-064", path, f"{path}: {fixity.problem}")
        else:
            files[path] = fixity
    return _Received(BAG, "", _listing_digest(files), files, (*found, *log.listed()))


def _copy(
    delivery: Path, target: Path, survey: Survey, workers: int | None, progress: Progress | None
) -> list[tuple[str, FileFixity]]:
    with storage_errors("the custody copy"):
        for path in sorted(survey.directories):
            os.mkdir(os.path.join(target, path))
    todo = [FileToCopy(path, size, survey.stamps[path]) for path, size in sorted(survey.sizes.items())]
    algorithms = _algorithms_wanted(survey)
    with directory_held(delivery) as source, directory_held(target) as place:
        return list(copy_files(source, place, todo, algorithms, workers=workers, progress=progress))


def _algorithms_wanted(survey: Survey) -> tuple[str, ...]:
    """Our own algorithms and those of the provider's manifests, so that nothing is read twice."""
    names = [*manifest_files(survey.top_files(), "(?:tag)?manifest")]
    theirs = {ALGORITHMS[name] for _, name in names if name in ALGORITHMS}
    return (*ARCHIVE_ALGORITHMS, *sorted(theirs.difference(ARCHIVE_ALGORITHMS)))


def _receive_container(
    delivery: Path, building: Path, limits: ReceiveLimits, progress: Progress | None
) -> _Received:
    log = FindingLog("intake")
    name = delivery.name if is_plain(delivery.name) else "delivery"
    (building / UNPACKED).mkdir()
    (building / CONTAINER).mkdir()
    status = delivery.stat(follow_symlinks=False)
    survey = Survey(
        sizes={delivery.name: status.st_size},
        stamps={delivery.name: (status.st_ino, status.st_mtime_ns)},
    )
    if not fits(survey, delivery.parent, building, limits, log):
        return _Received(UNPACKED, name, "", {}, log.listed())
    copied = dict(_copy(delivery.parent, building / CONTAINER, survey, 1, progress))[delivery.name]
    if copied.problem:
        log.add("BAG-064", delivery.name, f"{delivery.name}: {copied.problem}")
        return _Received(UNPACKED, name, copied.digests.get("sha512", ""), {}, log.listed())
    container = building / CONTAINER / name
    if name != delivery.name:
        (building / CONTAINER / delivery.name).rename(container)
    received = _Received(UNPACKED, name, copied.digests["sha512"], {}, ())
    return _unpack(container, building, received, limits)


def _unpack(container: Path, building: Path, received: _Received, limits: ReceiveLimits) -> _Received:
    room = max(free_bytes(building) - limits.reserve, 0)
    allowed = ContainerLimits(min(limits.bytes, room), limits.members, limits.ratio)
    extraction = extract(container, building / UNPACKED, limits=allowed)
    if room < limits.bytes and any(found.code == _UNPACKS_TO_TOO_MUCH for found in extraction.findings):
        raise no_room(room + 1, room, limits)
    received = replace(received, findings=extraction.findings)
    if refuses(extraction.findings):
        return received
    top = _only_directory(building / UNPACKED)
    if not top and "bagit.txt" not in extraction.files:
        message = "the container holds neither a bag nor one directory with a bag"
        found = (*extraction.findings, finding("BAG-067", "", message))
        return replace(received, files=extraction.files, findings=found)
    prefix = f"{top}/" if top else ""
    files = {path[len(prefix) :]: fixity for path, fixity in extraction.files.items()}
    return replace(received, bag=f"{UNPACKED}/{top}" if top else UNPACKED, files=files)


def _only_directory(place: Path) -> str:
    """Return the name of the one directory that is all there is in ``place``, or an empty string."""
    entries = list(os.scandir(place))
    alone = len(entries) == 1 and entries[0].is_dir(follow_symlinks=False)
    return entries[0].name if alone else ""


def _listing_digest(files: Mapping[str, FileFixity]) -> str:
    """Return the sha512 of the listing of files: what was delivered, as one digest."""
    return hashlib.sha512(listing({path: each.digests["sha512"] for path, each in files.items()})).hexdigest()


def content_digest(files: Mapping[str, FileFixity], external_identifier: str) -> str:
    """Return the sha512 that says whether two deliveries are the same content.

    Over the listing of all files but those that only describe the bag itself
    (declaration, bag-info.txt, manifests), and the External-Identifier: a bag made anew of the same
    files on another day is the same content.
    """
    content = {path: fixity for path, fixity in files.items() if not _NOT_CONTENT.fullmatch(path)}
    whole = f"{_listing_digest(content)}\n{external_identifier}"
    return hashlib.sha512(whole.encode("utf-8", "surrogateescape")).hexdigest()

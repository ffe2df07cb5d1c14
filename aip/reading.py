"""What a stored AIP says of itself: description, events, report, and the record the catalogue keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from aip.history import PREMIS, History
from aip.premis import PremisObject
from aip.premis_reading import iter_premis
from aip.stored import StoredAip
from oais.disk_faults import unreadable
from oais.errors import DamageError
from oais.information.description import PackageDescription, from_plain
from oais.information.packages import AipRecord, VersionRecord
from oais.information.premis import Agent, Event
from oais.information.version_facts import version_facts
from oais.information.xml import XmlRefusedError

DESCRIPTION = "metadata/descriptive/description.json"
REPORT = "metadata/other/report.json"
_ANY_PREMIS = re.compile(rf"(representations/[^/]+/)?{re.escape(PREMIS)}")
_LONGEST_JSON = 256 << 20
_SMALL_PREMIS = 64 << 10
_SMALL_KEPT = 128


def read_description(stored: StoredAip, version: int | None = None) -> PackageDescription:
    """Return the sealed description of a version; raises NotFoundError, DamageError or StorageError."""
    plain = _read_json(stored, version, DESCRIPTION)
    try:
        return from_plain(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamageError(f"{DESCRIPTION} of {stored.aip_id} is not a description: {error}") from error


def read_report(stored: StoredAip, version: int | None = None) -> dict[str, Any]:
    """Return the quality report sealed with a version; raises NotFoundError, DamageError or StorageError."""
    return dict(_read_json(stored, version, REPORT))


def _read_json(stored: StoredAip, version: int | None, logical: str) -> Any:
    path = content_path(stored, version, logical)
    try:
        with path.open("rb") as stream:
            return json.loads(stream.read(_LONGEST_JSON))
    except OSError as error:
        raise unreadable(f"{logical} of {stored.aip_id}", error) from error
    except (ValueError, RecursionError) as error:
        raise DamageError(
            f"{logical} of {stored.aip_id} cannot be read: {error}",
            remedy="run an audit of this AIP and restore it from a copy",
        ) from error


def read_history(stored: StoredAip, version: int | None = None) -> History:
    """Return every PREMIS event and agent of a version, those of the package first.

    Raises NotFoundError, DamageError or StorageError.
    """
    events: list[Event] = []
    agents: dict[str, Agent] = {}
    for logical in _premis_files(stored, version):
        for item in _items(stored, version, logical):
            if isinstance(item, Event):
                events.append(item)
            elif isinstance(item, Agent):
                agents[item.identifier] = item
    return History(tuple(events), tuple(agents.values()))


def _premis_files(stored: StoredAip, version: int | None) -> list[str]:
    state = stored.inventory.versions[stored.open(version).number].state
    return sorted((path for path in state if _ANY_PREMIS.fullmatch(path)), key=_package_first)


def _items(stored: StoredAip, version: int | None, logical: str) -> Iterator[PremisObject | Event | Agent]:
    path = content_path(stored, version, logical)
    try:
        status = path.stat()
        if status.st_size > _SMALL_PREMIS:
            yield from iter_premis(path)
        else:
            yield from _small_premis(path, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
    except OSError as error:
        raise unreadable(f"{logical} of {stored.aip_id}", error) from error
    except (ValueError, XmlRefusedError) as error:
        raise DamageError(f"{logical} of {stored.aip_id} cannot be read: {error}") from error


@lru_cache(maxsize=_SMALL_KEPT)
def _small_premis(path: Path, _stamp: tuple[int, ...]) -> tuple[PremisObject | Event | Agent, ...]:
    """Return all that a small file tells; kept while the file is the same: pages ask again and again."""
    return tuple(iter_premis(path))


def read_objects(stored: StoredAip, version: int | None = None) -> tuple[PremisObject, ...]:
    """Return the files that came from outside, as the PREMIS of a version describes them.

    Raises NotFoundError, DamageError or StorageError.
    """
    return tuple(
        item
        for logical in _premis_files(stored, version)
        for item in _items(stored, version, logical)
        if isinstance(item, PremisObject) and item.category == "file"
    )


def _package_first(path: str) -> tuple[bool, str]:
    return path != PREMIS, path


def read_events(stored: StoredAip, version: int | None = None) -> tuple[Event, ...]:
    """Return every PREMIS event of a version, package-level ones first; raises as ``read_history``."""
    return read_history(stored, version).events


def read_record(stored: StoredAip) -> AipRecord:
    """Return what the catalogue keeps of the AIP; raises DamageError or StorageError when it cannot."""
    sizes: dict[str, int] = {}
    versions = []
    for number in stored.versions:
        files = stored.open(number).sizes()
        held = sum(sizes.values())
        sizes.update({place: max(size, 0) for place, size in files})
        description = read_description(stored, number)
        record = _version_record(stored, number, description, [size for _, size in files])
        versions.append(replace(record, added=sum(sizes.values()) - held))
    return AipRecord(
        aip_id=stored.aip_id,
        object_path="/".join(stored.path.parts[-4:]),
        description=description,
        versions=tuple(versions),
        size=sum(sizes.values()),
        files=len(sizes),
    )


def _version_record(
    stored: StoredAip, number: int, description: PackageDescription, sizes: Sequence[int]
) -> VersionRecord:
    item = stored.inventory.versions[number]
    return VersionRecord(
        number=number,
        created_at=item.created,
        message=item.message,
        files=len(sizes),
        size=sum(max(size, 0) for size in sizes),
        submission_key=description.submission_key,
        receipt=description.receipt,
        facts=version_facts(description),
    )


def content_path(stored: StoredAip, version: int | None, logical: str) -> Path:
    """Return where the bytes of a logical path lie; raises NotFoundError."""
    return stored.open(version).file(logical).path

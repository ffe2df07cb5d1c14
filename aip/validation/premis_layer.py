"""PREMIS against the disk and against itself: digests, sizes, objects, and the agents of every event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from aip.history import PREMIS
from aip.premis import PremisObject
from aip.premis_reading import iter_premis
from aip.validation.view import PackageView
from oais.information.findings import Finding, finding
from oais.information.premis import Agent, Event
from oais.information.xml import XmlRefusedError


@dataclass(slots=True)
class PremisReading:
    """What the PREMIS files of a version told: the provider's name of each file, objects, formats.

    ``derived`` are the provider's names of files that were replaced by what was made of them.
    """

    original_names: dict[str, str] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    formats: dict[str, str] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)
    linked: list[tuple[str, Event]] = field(default_factory=list)


def check_premis(view: PackageView, reading: PremisReading) -> Iterator[Finding]:
    """Yield what the PREMIS files of a version say wrongly; fills ``reading`` for the other layers."""
    expected = [PREMIS, *(f"{folder}/{PREMIS}" for folder in view.representations())]
    for logical in expected:
        if logical not in view.files:
            yield finding("AIP-111", view.content_of(logical), f"{logical} is missing")
            continue
        try:
            yield from _check_document(view, logical, reading)
        except (XmlRefusedError, OSError, ValueError) as error:
            path = view.content_of(logical)
            yield finding("AIP-111", path, f"{logical} cannot be read: {error}")
            return
    yield from _check_whole(view, reading)


def _check_document(view: PackageView, logical: str, reading: PremisReading) -> Iterator[Finding]:
    path = view.content_of(logical)
    agents = set()
    events = []
    for item in iter_premis(view.files[logical].disk):
        if isinstance(item, PremisObject):
            reading.objects.add(item.identifier)
            if item.category == "file":
                yield from _check_object(view, logical, item, reading)
        elif isinstance(item, Event):
            events.append(item)
        elif isinstance(item, Agent):
            agents.add(item.identifier)
    for event in events:
        reading.linked.append((logical, event))
        strangers = [name for name in event.agents if name not in agents]
        if strangers or not event.agents:
            told = f"the agent {strangers[0]!r}, which is not defined" if strangers else "no agent"
            yield finding("AIP-116", path, f"event {event.identifier} of {logical} has {told}")


def _check_object(
    view: PackageView, logical: str, item: PremisObject, reading: PremisReading
) -> Iterator[Finding]:
    file = view.files.get(item.identifier)
    if file is None:
        message = f"{logical} describes {item.identifier!r}, which v{view.version} does not have"
        yield finding("AIP-114", view.content_of(logical), message)
        return
    if item.derivation:
        reading.derived.add(item.original_name)
    elif item.original_name:
        reading.original_names[item.original_name] = item.identifier
    if item.format is not None:
        reading.formats[item.identifier] = item.format.format_id
    for algorithm, expected in file.digests.items():
        found = item.digests.get(algorithm, "")
        if found != expected:
            message = (
                f"{logical} states {algorithm} {found[:16] or 'nothing'}… for {item.identifier}, "
                f"the inventory has {expected[:16]}…"
            )
            yield finding("AIP-112", file.content, message)
    if file.size >= 0 and item.size != file.size:
        message = f"{logical} states {item.size} bytes for {item.identifier}, on disk are {file.size}"
        yield finding("AIP-113", file.content, message)


def _check_whole(view: PackageView, reading: PremisReading) -> Iterator[Finding]:
    for logical, event in reading.linked:
        for name in event.objects:
            if name not in reading.objects:
                message = f"event {event.identifier} of {logical} is about {name!r}, not defined there"
                yield finding("AIP-117", view.content_of(logical), message)
    for logical in view.files:
        delivered = logical.startswith("representations/") and logical.split("/")[2] == "data"
        if delivered and logical not in reading.objects:
            message = f"{logical} has no PREMIS object"
            yield finding("AIP-115", view.content_of(logical), message)

"""Which events stand in which PREMIS file, and what a new version keeps of the history before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from oais.information.packages import ContentFile
from oais.information.premis import Agent, Event

PREMIS = "metadata/preservation/premis.xml"
_REPRESENTATION = re.compile(r"(representations/[^/]+)/.")


@dataclass(frozen=True, slots=True)
class History:
    """Events in the order they are told, and every agent they link to."""

    events: tuple[Event, ...]
    agents: tuple[Agent, ...]


def representation_of(path: str) -> str:
    """Return ``representations/<name>`` of a path inside a package, or nothing."""
    match = _REPRESENTATION.match(path)
    return match[1] if match else ""


def continued(before: History | None, now: History, unchanged: Mapping[str, str]) -> History:
    """Put the history of the version before in front of that of the new one.

    An event about files is kept while all of them are ``unchanged`` (path → sha512 in both versions);
    an event about the package is kept for ever. An identifier told again counts once, as told now.
    """
    if before is None:
        return now
    told = {event.identifier for event in now.events}
    kept = tuple(
        event
        for event in before.events
        if event.identifier not in told and all(_still(name, unchanged) for name in event.objects)
    )
    agents = {agent.identifier: agent for agent in (*before.agents, *now.agents)}
    return History(kept + now.events, tuple(agents.values()))


def _still(name: str, unchanged: Mapping[str, str]) -> bool:
    return "/" not in name or name in unchanged


def with_package_paths(events: Iterable[Event], files: Iterable[ContentFile]) -> tuple[Event, ...]:
    """Return the events with the provider's paths replaced by those inside the package."""
    paths = {file.sip_path: file.path for file in files if file.sip_path}
    return tuple(
        replace(event, objects=tuple(paths.get(name, name) for name in event.objects)) for event in events
    )


def by_document(events: Iterable[Event], aip_id: str) -> dict[str, tuple[Event, ...]]:
    """Group events by the folder whose PREMIS file tells them: one representation, or the package ("").

    An event that names no object is about the package.
    """
    groups: dict[str, list[Event]] = {}
    for event in events:
        folders = {representation_of(name) for name in event.objects}
        folder = folders.pop() if len(folders) == 1 else ""
        told = event if event.objects else replace(event, objects=(aip_id,))
        groups.setdefault(folder, []).append(told)
    return {folder: tuple(items) for folder, items in groups.items()}

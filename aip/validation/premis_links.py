"""PREMIS 3: do the identifiers that objects, events, agents and rights name each other by lead anywhere?

Data Dictionary 3.0 §1.8 (linking), E-ARK AIP 2.2 (AIP16, AIP18). All documents of a package are one web:
an event of the package may be about an object of a representation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aip.premis import NAMESPACE
from aip.xml_stream import iter_elements, root_attributes
from oais.information.findings import Finding, finding
from oais.information.xml import Element, XmlRefusedError

_P = f"{{{NAMESPACE}}}"
_ENTITIES = ("object", "event", "agent", "rightsStatement")
_LINKS = {"agent": "AIP18", "object": "PRM-003", "event": "PRM-004", "rightsStatement": "PRM-005"}
"""The code of a link that leads nowhere, by what it should lead to."""


@dataclass(frozen=True, slots=True)
class _Entity:
    """One object, event, agent or rights statement: what it is called, and whom it names."""

    kind: str
    where: str
    line: int
    names: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    parts_of: tuple[str, ...]

    @property
    def called(self) -> str:
        return f"line {self.line}, {self.kind} {self.names[0] if self.names else '(no identifier)'}"


@dataclass(slots=True)
class _Web:
    entities: list[_Entity] = field(default_factory=list)
    known: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in _ENTITIES})
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, entity: _Entity) -> None:
        self.entities.append(entity)
        self.known[entity.kind].update(entity.names)
        self.seen.update((entity.kind, name) for name in entity.names)


def check_links(documents: Mapping[str, Path]) -> Iterator[Finding]:
    """Yield links of PREMIS that lead nowhere, events without agent, and objects without event."""
    web = _Web()
    for where, path in documents.items():
        try:
            for entity in _read(where, path):
                web.add(entity)
        except (XmlRefusedError, OSError) as error:
            yield finding("PRM-001", where, f"{where} cannot be read: {error}")
    for entity in web.entities:
        yield from _check_names(entity, web)
        yield from _check_linked(entity, web)
    yield from _check_told(web)


def _read(where: str, path: Path) -> Iterator[_Entity]:
    root_attributes(path)
    count = 0
    for element in iter_elements(path, [f"{_P}{kind}" for kind in _ENTITIES]):
        count += 1
        kind = str(element.tag).removeprefix(_P)
        links = tuple(
            (target, value)
            for target in _ENTITIES
            for value in _values(element, f"linking{target[0].upper()}{target[1:]}")
        )
        parts = tuple(_values(element, "relatedObject")) if kind == "object" else ()
        yield _Entity(kind, where, _line(element), tuple(_values(element, kind)), links, parts)
    if not count:
        raise XmlRefusedError("XML-001", "it holds nothing of PREMIS 3")


def _line(element: Element) -> int:
    line: Any = element.sourceline  # the stubs of lxml give it no type
    return int(line or 0)


def _values(element: Element, prefix: str) -> Iterator[str]:
    for block in element.iter(f"{_P}{prefix}Identifier"):
        yield (block.findtext(f"{_P}{prefix}IdentifierValue") or "").strip()


def _check_names(entity: _Entity, web: _Web) -> Iterator[Finding]:
    if not any(entity.names):
        yield finding("PRM-002", entity.where, f"{entity.called}: there is no identifier")
    for name in entity.names:
        count = web.seen[(entity.kind, name)]
        if count > 1 and entity.kind != "agent":
            yield finding("PRM-002", entity.where, f"{entity.called}: the identifier stands {count} times")


def _check_linked(entity: _Entity, web: _Web) -> Iterator[Finding]:
    if entity.kind == "event" and not any(target == "agent" for target, _ in entity.links):
        yield finding("AIP16", entity.where, f"{entity.called}: no agent is linked")
    for target, value in entity.links:
        if value not in web.known[target]:
            yield finding(_LINKS[target], entity.where, f"{entity.called}: no {target} is called {value!r}")
    for value in entity.parts_of:
        if not value:
            yield finding("AIP13", entity.where, f"{entity.called}: a relationship names no object")


def _check_told(web: _Web) -> Iterator[Finding]:
    """Yield the objects whose history nobody tells: no event about them, nor about a whole they belong to."""
    told = {
        value
        for each in web.entities
        if each.kind == "event"
        for kind, value in each.links
        if kind == "object"
    }
    objects = [each for each in web.entities if each.kind == "object"]
    wholes = {name: each.parts_of for each in objects for name in each.names}
    for each in objects:
        linked = any(kind == "event" for kind, _ in each.links)
        if not linked and not _is_told(each.names, wholes, told):
            yield finding("PRM-006", each.where, f"{each.called}: no event is about it")


def _is_told(names: tuple[str, ...], wholes: Mapping[str, tuple[str, ...]], told: set[str]) -> bool:
    waiting, visited = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in told:
            return True
        if name not in visited:
            visited.add(name)
            waiting.extend(wholes.get(name, ()))
    return False

"""Reads back the PREMIS 3 that ``aip.premis`` writes, one object, event or agent at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from aip.premis import DIGEST_NAMES, PREFIX, TYPE, Category, PremisObject
from aip.xml_stream import Element, iter_elements
from oais.information.packages import FormatIdentification
from oais.information.premis import Agent, Derivation, Event, EventType, Outcome

_DIGEST_KEYS = {name: key for key, name in DIGEST_NAMES.items()}
_IDENTIFIED = re.compile(r"identified by (.*?) \((.*)\)", re.DOTALL)


def iter_premis(path: Path) -> Iterator[PremisObject | Event | Agent]:
    """Yield the objects, events and agents of a PREMIS file in its order.

    Raises:
        XmlRefusedError: the document cannot be read safely.
        ValueError: an event type, outcome or size is not one the archive writes.
        OSError: the file cannot be read.
    """
    for element in iter_elements(path, (f"{PREFIX}object", f"{PREFIX}event", f"{PREFIX}agent")):
        if element.tag == f"{PREFIX}object":
            yield _read_object(element)
        elif element.tag == f"{PREFIX}event":
            yield _read_event(element)
        else:
            yield _read_agent(element)


def _text(element: Element, *path: str) -> str:
    return element.findtext("/".join(f"{PREFIX}{name}" for name in path)) or ""


def _read_object(element: Element) -> PremisObject:
    kind = (element.get(TYPE) or "").partition(":")[2]
    identifier = _text(element, "objectIdentifier", "objectIdentifierValue")
    original = _text(element, "originalName")
    if kind != "file":
        whole: Category = "representation" if kind == "representation" else "intellectualEntity"
        return PremisObject(identifier, whole, original_name=original)
    block = element.find(f"{PREFIX}objectCharacteristics")
    digests = {}
    for fixity in element.iterfind(f"{PREFIX}objectCharacteristics/{PREFIX}fixity"):
        name = _text(fixity, "messageDigestAlgorithm")
        digests[_DIGEST_KEYS.get(name, name)] = _text(fixity, "messageDigest")
    size = int(_text(block, "size") or -1) if block is not None else -1
    told = (size, digests, _read_format(element), original)
    return PremisObject(identifier, "file", *told, derivation=_read_derivation(element))


def _read_derivation(element: Element) -> Derivation | None:
    for relation in element.iterfind(f"{PREFIX}relationship"):
        if _text(relation, "relationshipType") == "derivation":
            return Derivation(
                _text(relation, "relatedObjectIdentifier", "relatedObjectIdentifierValue"),
                _text(relation, "relatedEventIdentifier", "relatedEventIdentifierValue"),
            )
    return None


def _read_format(element: Element) -> FormatIdentification:
    base = ("objectCharacteristics", "format")
    noted = _IDENTIFIED.fullmatch(_text(element, *base, "formatNote"))
    return FormatIdentification(
        format_id=_text(element, *base, "formatRegistry", "formatRegistryKey"),
        name=_text(element, *base, "formatDesignation", "formatName"),
        version=_text(element, *base, "formatDesignation", "formatVersion"),
        media_type="",
        tool=noted[1] if noted else "",
        basis=noted[2] if noted else "",
    )


def _values(element: Element, prefix: str, *, sources: bool = False) -> tuple[str, ...]:
    return tuple(
        _text(item, f"{prefix}IdentifierValue")
        for item in element.iterfind(f"{PREFIX}{prefix}Identifier")
        if (_text(item, f"{prefix}Role") == "source") == sources
    )


def _read_event(element: Element) -> Event:
    outcome = ("eventOutcomeInformation",)
    return Event(
        identifier=_text(element, "eventIdentifier", "eventIdentifierValue"),
        kind=EventType(_text(element, "eventType")),
        at=_text(element, "eventDateTime"),
        detail=_text(element, "eventDetailInformation", "eventDetail"),
        outcome=Outcome(_text(element, *outcome, "eventOutcome")),
        outcome_note=_text(element, *outcome, "eventOutcomeDetail", "eventOutcomeDetailNote"),
        agents=_values(element, "linkingAgent"),
        objects=_values(element, "linkingObject"),
        sources=_values(element, "linkingObject", sources=True),
    )


def _read_agent(element: Element) -> Agent:
    return Agent(
        identifier=_text(element, "agentIdentifier", "agentIdentifierValue"),
        name=_text(element, "agentName"),
        kind=_text(element, "agentType"),
        version=_text(element, "agentVersion"),
        note=_text(element, "agentNote"),
    )

"""Writes PREMIS 3 as a stream: one document per representation, one for the whole package.

PREMIS Data Dictionary 3.0. Memory stays flat however many objects a document has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from lxml import etree

from aip.xml_stream import Element
from aip.xml_writing import XmlWriter
from oais.information.packages import FormatIdentification
from oais.information.premis import (
    EVENT_TYPE_VOCABULARY,
    Agent,
    Derivation,
    Event,
    Rights,
)

NAMESPACE = "http://www.loc.gov/premis/v3"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NSMAP = {"premis": NAMESPACE, "xsi": _XSI}
PREFIX = f"{{{NAMESPACE}}}"
TYPE = f"{{{_XSI}}}type"
_LOCAL = "local"
_OLDER = "file of a version"
"""Type of the identifiers ``ID@vN/path``: the object is described in the PREMIS of that version."""

DIGEST_NAMES = {"sha256": "SHA-256", "sha512": "SHA-512", "blake3": "BLAKE3"}

Category = Literal["file", "representation", "intellectualEntity"]


@dataclass(frozen=True, slots=True)
class PremisObject:
    """An object: a file with its fixity, a representation, or the AIP as intellectual entity.

    A file's ``identifier`` is its path relative to the version's content directory.
    """

    identifier: str
    category: Category
    size: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)
    format: FormatIdentification | None = None
    original_name: str = ""
    part_of: str = ""
    derivation: Derivation | None = None


@dataclass(frozen=True, slots=True)
class PremisDocument:
    """What one PREMIS file is made from."""

    objects: Iterable[PremisObject]
    events: tuple[Event, ...]
    agents: tuple[Agent, ...]
    rights: Rights | None = None


def write_premis(out: BinaryIO, document: PremisDocument) -> None:
    """Write the document; only agents that an event links to are defined, and all of these are.

    Raises KeyError when an event names an agent that ``document.agents`` does not define.
    """
    agents = {agent.identifier: agent for agent in document.agents}
    linked = sorted({name for event in document.events for name in event.agents})
    root = {"xsi:type": "premis:premisComplexType", "version": "3.0"}
    xml = XmlWriter(out, _NSMAP)
    with xml.element("premis:premis", root):
        for item in document.objects:
            xml.add(_object_element(item))
        for event in document.events:
            xml.add(_event_element(event))
        for name in linked:
            xml.add(_agent_element(agents[name]))
        if document.rights is not None:
            xml.add(_rights_element(document.rights))


def _add(parent: Element, name: str, text: str = "") -> Element:
    child = etree.SubElement(parent, f"{PREFIX}{name}")
    if text:
        child.text = _clean(text)
    return child


def _clean(text: str) -> str:
    """Replace what XML 1.0 cannot hold; the exact bytes of a name are in the inventory."""
    if text.isprintable():
        return text
    return "".join(c if c in "\t\n" or (c.isprintable() or c.isspace()) else "\ufffd" for c in text)


def _identifier(parent: Element, prefix: str, kind: str, value: str) -> Element:
    block = _add(parent, f"{prefix}Identifier")
    _add(block, f"{prefix}IdentifierType", kind)
    _add(block, f"{prefix}IdentifierValue", value)
    return block


def _new(name: str) -> Element:
    return etree.Element(f"{PREFIX}{name}", nsmap=_NSMAP)


def _object_element(item: PremisObject) -> Element:
    element = _new("object")
    element.set(TYPE, f"premis:{item.category}")
    _identifier(element, "object", _LOCAL, item.identifier)
    if item.category == "file":
        _add_characteristics(element, item)
    if item.original_name:
        _add(element, "originalName", item.original_name)
    if item.part_of:
        _add_relationship(element, "structural", "is included in", _LOCAL, item.part_of)
    if item.derivation:
        source = item.derivation.source
        relation = _add_relationship(element, "derivation", "has source", _OLDER, source)
        event = _add(relation, "relatedEventIdentifier")
        _add(event, "relatedEventIdentifierType", _LOCAL)
        _add(event, "relatedEventIdentifierValue", item.derivation.event)
    return element


def _add_relationship(element: Element, kind: str, subkind: str, scheme: str, name: str) -> Element:
    relation = _add(element, "relationship")
    _add(relation, "relationshipType", kind)
    _add(relation, "relationshipSubType", subkind)
    related = _add(relation, "relatedObjectIdentifier")
    _add(related, "relatedObjectIdentifierType", scheme)
    _add(related, "relatedObjectIdentifierValue", name)
    return relation


def _add_characteristics(element: Element, item: PremisObject) -> None:
    block = _add(element, "objectCharacteristics")
    _add(block, "compositionLevel", "0")
    for algorithm in ("sha256", "sha512"):
        fixity = _add(block, "fixity")
        _add(fixity, "messageDigestAlgorithm", DIGEST_NAMES[algorithm])
        _add(fixity, "messageDigest", item.digests[algorithm])
    _add(block, "size", str(item.size))
    found = item.format
    form = _add(block, "format")
    designation = _add(form, "formatDesignation")
    _add(designation, "formatName", (found.name if found else "") or "unknown")
    if found and found.version:
        _add(designation, "formatVersion", found.version)
    if found and found.format_id:
        registry = _add(form, "formatRegistry")
        ours = found.format_id.startswith("oais/")
        _add(registry, "formatRegistryName", "OAIS archive" if ours else "PRONOM")
        _add(registry, "formatRegistryKey", found.format_id)
        _add(registry, "formatRegistryRole", "specification")
    if found and found.tool:
        _add(form, "formatNote", f"identified by {found.tool} ({found.basis})")


def _event_element(event: Event) -> Element:
    element = _new("event")
    _identifier(element, "event", _LOCAL, event.identifier)
    kind = _add(element, "eventType", event.kind)
    kind.set("authority", "eventType")
    kind.set("authorityURI", EVENT_TYPE_VOCABULARY)
    _add(element, "eventDateTime", event.at)
    _add(_add(element, "eventDetailInformation"), "eventDetail", event.detail)
    outcome = _add(element, "eventOutcomeInformation")
    _add(outcome, "eventOutcome", event.outcome)
    if event.outcome_note:
        detail = _add(outcome, "eventOutcomeDetail")
        _add(detail, "eventOutcomeDetailNote", event.outcome_note)
    for name in event.agents:
        _identifier(element, "linkingAgent", _LOCAL, name)
    for name in event.objects:
        block = _identifier(element, "linkingObject", _LOCAL, name)
        if event.sources:
            _add(block, "linkingObjectRole", "outcome")
    for name in event.sources:
        _add(_identifier(element, "linkingObject", _OLDER, name), "linkingObjectRole", "source")
    return element


def _agent_element(agent: Agent) -> Element:
    element = _new("agent")
    _identifier(element, "agent", _LOCAL, agent.identifier)
    _add(element, "agentName", agent.name)
    _add(element, "agentType", agent.kind)
    if agent.version:
        _add(element, "agentVersion", agent.version)
    if agent.note:
        _add(element, "agentNote", agent.note)
    return element


def _rights_element(rights: Rights) -> Element:
    element = _new("rights")
    statement = _add(element, "rightsStatement")
    _identifier(statement, "rightsStatement", _LOCAL, f"policy:{rights.policy}")
    _add(statement, "rightsBasis", "other")
    if rights.licence:
        _add(_add(statement, "licenseInformation"), "licenseTerms", rights.licence)
    other = _add(statement, "otherRightsInformation")
    _add(other, "otherRightsBasis", "access policy")
    digest = f" (sha256 {rights.policy_digest})" if rights.policy_digest else ""
    _add(other, "otherRightsNote", f"access policy {rights.policy}{digest}")
    if rights.note:
        _add(other, "otherRightsNote", rights.note)
    return element

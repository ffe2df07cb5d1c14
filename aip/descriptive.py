"""Descriptive metadata sealed inside the AIP: DataCite for the world, ``description.json`` for the archive.

``datacite.xml`` holds the mandatory properties of the DataCite Metadata Schema 4.6 and the optional ones
that are known; ``description.json`` holds the whole Package Description, from which the catalogue is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from lxml import etree

from aip.lined_json import iter_lined_json
from aip.xml_stream import Element
from oais.information.description import PackageDescription

_LINED = 3
"""Levels of ``description.json`` with lines of their own: package, list of products, product."""

DATACITE = "http://datacite.org/schema/kernel-4"
_LOCATION = f"{DATACITE} https://schema.datacite.org/meta/kernel-4/metadata.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NSMAP: Any = {None: DATACITE, "xsi": _XSI}


def iter_description_json(description: PackageDescription) -> Iterator[bytes]:
    """Yield the bytes of ``description.json``: UTF-8, the keys in the order of the definition."""
    plain = {item.name: getattr(description, item.name) for item in fields(description)}
    return iter_lined_json({**plain, "schema": description.schema}, _LINED)


def datacite_xml(description: PackageDescription) -> bytes:
    """Return the bytes of ``datacite.xml``."""
    root = etree.Element(f"{{{DATACITE}}}resource", nsmap=_NSMAP)
    root.set(f"{{{_XSI}}}schemaLocation", _LOCATION)
    doi = str(description.values.get("doi") or "")
    identifier = _add(root, "identifier", doi or description.aip_id)
    identifier.set("identifierType", "DOI" if doi else "Other")
    creators = _add(root, "creators")
    for name in description.creators or (description.provider or "unknown",):
        _add(_add(creators, "creator"), "creatorName", name)
    _add(_add(root, "titles"), "title", description.title or description.aip_id)
    _add(root, "publisher", description.publisher or "unknown")
    _add(root, "publicationYear", f"{description.year:04d}")
    kind = "Software" if description.kind == "software" else "Dataset"
    resource = _add(root, "resourceType", description.kind or "data set")
    resource.set("resourceTypeGeneral", kind)
    _add_subjects(root, description)
    _add_optional(root, description)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add(parent: Element, name: str, text: str = "") -> Element:
    child = etree.SubElement(parent, f"{{{DATACITE}}}{name}")
    if text:
        child.text = "".join(c for c in text if c.isprintable() or c in "\t\n")
    return child


def _add_subjects(root: Element, description: PackageDescription) -> None:
    words = [word for word in (description.mission, description.collection) if word]
    if words:
        subjects = _add(root, "subjects")
        for word in words:
            _add(subjects, "subject", word)


def _add_optional(root: Element, description: PackageDescription) -> None:
    if description.values.get("doi"):
        others = _add(root, "alternateIdentifiers")
        other = _add(others, "alternateIdentifier", description.aip_id)
        other.set("alternateIdentifierType", "AIP identifier")
    formats = sorted({product.media_type for product in description.products} - {""})
    if formats:
        block = _add(root, "formats")
        for media_type in formats:
            _add(block, "format", media_type)
    _add(root, "version", str(description.version))
    if description.licence:
        _add(_add(root, "rightsList"), "rights", description.licence)
    if description.summary:
        summary = _add(_add(root, "descriptions"), "description", description.summary)
        summary.set("descriptionType", "Abstract")

"""Writes and reads METS 1.12 as E-ARK CSIP and AIP 2.2 ask for it, for a package or a representation of it.

METS only points: every reference carries size, sha512 and media type, and its address is relative to the
METS file. The document is streamed, so memory stays flat however many files a package has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from lxml import etree

from aip.xml_stream import Element, iter_elements, root_attributes
from aip.xml_writing import XmlWriter

NAMESPACE = "http://www.loc.gov/METS/"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
XLINK = "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CSIP_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
AIP_PROFILE = "https://earkdip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml"
"""What E-ARK AIP 2.2.0 asks for (AIPM2), letter by letter."""

CONTENT_TYPE = "space mission data"
_M = f"{{{NAMESPACE}}}"
_NSMAP = {"mets": NAMESPACE, "csip": CSIP, "xlink": XLINK, "xsi": XSI}
_CONTENT_INFORMATION = {
    "csip:CONTENTINFORMATIONTYPE": "OTHER",
    "csip:OTHERCONTENTINFORMATIONTYPE": CONTENT_TYPE,
}
_SAFE = "/~!$&'()*+,;=:@-._"


@dataclass(frozen=True, slots=True)
class MetsFile:
    """One file that METS points to: its path relative to the METS file, and what it must be."""

    href: str
    size: int
    sha512: str
    media_type: str
    metadata_type: str = ""
    """For metadata: ``PREMIS``, ``MODS`` …, or any other name, which becomes OTHERMDTYPE."""


@dataclass(frozen=True, slots=True)
class MetsGroup:
    """A fileGrp: ``use`` is Documentation, Schemas, Data or ``Representations/<name>``."""

    use: str
    files: Iterable[MetsFile]


@dataclass(frozen=True, slots=True)
class MetsDocument:
    """What one METS file is made from; ``representations`` maps the name of each to its METS file."""

    objid: str
    label: str
    profile: str
    created_at: str
    software: str
    software_version: str
    descriptive: tuple[MetsFile, ...] = ()
    sources: tuple[MetsFile, ...] = ()
    preservation: tuple[MetsFile, ...] = ()
    groups: tuple[MetsGroup, ...] = ()
    representations: tuple[tuple[str, MetsFile], ...] = ()
    schema_folder: str = "schemas"


@dataclass(frozen=True, slots=True)
class MetsReference:
    """A pointer read back from METS; ``checksum`` is empty for an ``mptr``, which carries none."""

    kind: str
    href: str
    size: int
    checksum: str
    checksum_type: str


def write_mets(out: BinaryIO, document: MetsDocument) -> None:
    """Write the METS file."""
    xml = XmlWriter(out, _NSMAP)
    with xml.element("mets:mets", _root_attributes(document)):
        _Writer(xml, document).write()


def _root_attributes(document: MetsDocument) -> dict[str, str]:
    folder = document.schema_folder
    locations = {
        NAMESPACE: "mets.xsd",
        XLINK: "xlink.xsd",
        CSIP: "DILCISExtensionMETS.xsd",
    }
    return {
        "OBJID": document.objid,
        "LABEL": document.label,
        "TYPE": "Datasets",
        "PROFILE": document.profile,
        **_CONTENT_INFORMATION,
        "xsi:schemaLocation": " ".join(f"{name} {folder}/{file}" for name, file in locations.items()),
    }


def _new(name: str, attributes: dict[str, str] | None = None) -> Element:
    return etree.Element(f"{_M}{name}", attributes or {}, nsmap=_NSMAP)


def _add(parent: Element, name: str, attributes: dict[str, str]) -> Element:
    return etree.SubElement(parent, f"{_M}{name}", attributes)


@dataclass(slots=True)
class _Writer:
    """One writing of a document: counts identifiers and remembers what the structMap points to."""

    xml: XmlWriter
    document: MetsDocument
    _count: int = 0
    _metadata_ids: dict[str, list[str]] = field(default_factory=dict)
    _group_ids: list[tuple[str, str]] = field(default_factory=list)
    _file_ids: dict[str, str] = field(default_factory=dict)
    """Of each group the identifier of its last file; that of a representation has one, its METS."""

    def write(self) -> None:
        self.xml.add(self._header())
        for item in self.document.descriptive:
            self.xml.add(self._section("dmdSec", item))
        if self.document.sources or self.document.preservation:
            with self.xml.element("mets:amdSec", {}):
                for name, items in (
                    ("sourceMD", self.document.sources),
                    ("digiprovMD", self.document.preservation),
                ):
                    for item in items:
                        self.xml.add(self._section(name, item))
        with self.xml.element("mets:fileSec", {"ID": "file-section"}):
            for group in self.document.groups:
                self._write_group(group)
        self.xml.add(self._structure())

    def _header(self) -> Element:
        at = self.document.created_at
        header = _new(
            "metsHdr",
            {"CREATEDATE": at, "LASTMODDATE": at, f"{{{CSIP}}}OAISPACKAGETYPE": "AIP"},
        )
        agent = _add(header, "agent", {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"})
        _add(agent, "name", {}).text = self.document.software
        note = _add(agent, "note", {f"{{{CSIP}}}NOTETYPE": "SOFTWARE VERSION"})
        note.text = self.document.software_version
        return header

    def _identifier(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"

    def _section(self, name: str, item: MetsFile) -> Element:
        identifier = self._identifier(name)
        self._metadata_ids.setdefault(name, []).append(identifier)
        at = self.document.created_at
        section = _new(name, {"ID": identifier, "CREATED": at, "STATUS": "CURRENT"})
        known = item.metadata_type == "PREMIS"
        kind = (
            {"MDTYPE": "PREMIS"}
            if known
            else {
                "MDTYPE": "OTHER",
                "OTHERMDTYPE": item.metadata_type,
            }
        )
        _add(section, "mdRef", {"LOCTYPE": "URL", **kind, **self._file_attributes(item), **_link(item)})
        return section

    def _file_attributes(self, item: MetsFile) -> dict[str, str]:
        return {
            "MIMETYPE": item.media_type or "application/octet-stream",
            "SIZE": str(item.size),
            "CREATED": self.document.created_at,
            "CHECKSUM": item.sha512,
            "CHECKSUMTYPE": "SHA-512",
        }

    def _write_group(self, group: MetsGroup) -> None:
        identifier = self._identifier("group")
        self._group_ids.append((group.use, identifier))
        attributes = {
            "ID": identifier,
            "USE": group.use,
            **_CONTENT_INFORMATION,
        }
        with self.xml.element("mets:fileGrp", attributes):
            for item in group.files:
                self._file_ids[group.use] = self._identifier("file")
                file = _new("file", {"ID": self._file_ids[group.use], **self._file_attributes(item)})
                _add(file, "FLocat", {"LOCTYPE": "URL", **_link(item)})
                self.xml.add(file)

    def _structure(self) -> Element:
        structure = _new("structMap", {"ID": "structure", "TYPE": "PHYSICAL", "LABEL": "CSIP"})
        whole = _add(structure, "div", {"ID": "div-package", "LABEL": self.document.objid})
        metadata = {"ID": "div-metadata", "LABEL": "Metadata"}
        amd = [*self._metadata_ids.get("sourceMD", ()), *self._metadata_ids.get("digiprovMD", ())]
        if amd:
            metadata["ADMID"] = " ".join(amd)
        if "dmdSec" in self._metadata_ids:
            metadata["DMDID"] = " ".join(self._metadata_ids["dmdSec"])
        _add(whole, "div", metadata)
        for use, identifier in self._group_ids:
            if not use.startswith("Representations/"):
                div = _add(whole, "div", {"ID": f"div-{identifier}", "LABEL": use})
                _add(div, "fptr", {"FILEID": identifier})
        if self.document.representations:
            self._add_representations(whole)
        return structure

    def _add_representations(self, whole: Element) -> None:
        groups = dict(self._group_ids)
        parent = _add(whole, "div", {"ID": "div-representations", "LABEL": "Representations"})
        first = groups[f"Representations/{self.document.representations[0][0]}"]
        _add(parent, "fptr", {"FILEID": first})
        for name, item in self.document.representations:
            use = f"Representations/{name}"
            div = _add(parent, "div", {"ID": f"div-{groups[use]}", "LABEL": use})
            _add(
                div,
                "mptr",
                {"LOCTYPE": "URL", **_link(item), f"{{{XLINK}}}title": groups[use]},
            )
            _add(div, "fptr", {"FILEID": self._file_ids[use]})


def _link(item: MetsFile) -> dict[str, str]:
    href = quote(item.href, safe=_SAFE, errors="surrogateescape")
    return {f"{{{XLINK}}}type": "simple", f"{{{XLINK}}}href": href}


def read_objid(path: Path) -> str:
    """Return the OBJID of a METS file; raises XmlRefusedError or OSError."""
    return root_attributes(path).get("OBJID", "")


def iter_references(path: Path) -> Iterator[MetsReference]:
    """Yield every pointer of a METS file, its address decoded; raises XmlRefusedError or OSError."""
    for element in iter_elements(path, (f"{_M}mdRef", f"{_M}file", f"{_M}mptr")):
        kind = etree.QName(element).localname
        location = element.find(f"{_M}FLocat") if kind == "file" else element
        href = location.get(f"{{{XLINK}}}href", "") if location is not None else ""
        size = element.get("SIZE", "")
        yield MetsReference(
            kind=kind,
            href=unquote(href, errors="surrogateescape"),
            size=int(size) if size.isdecimal() else -1,
            checksum=element.get("CHECKSUM", "").lower(),
            checksum_type=element.get("CHECKSUMTYPE", ""),
        )

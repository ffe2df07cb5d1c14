"""Every MUST of E-ARK CSIP 2.2.0 that a METS document can break, as a table; and those of the AIP profile.

The requirement's id, the elements it is about, and what it asks of each. A requirement that is about what
hangs below an optional element is asked only where that element stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aip.validation.eark.document import MetsView, name_of, select
from aip.validation.eark.predicates import (
    CHECKSUM_TYPES,
    METADATA_TYPES,
    Predicate,
    address,
    equal,
    group_by,
    identified,
    media_type,
    moment,
    one_of,
    pointing,
    sized,
    stated,
    summed,
)
from oais.information.findings import Finding, finding
from oais.information.xml import Element

Scope = Literal["every METS", "the package's METS", "the METS of an AIP"]

PACKAGE_TYPES = ("SIP", "AIP", "DIP", "AIU", "AIC")
CONTENT_TYPES = (
    "Textual works - Print",
    "Textual works - Digital",
    "Textual works - Electronic Serials",
    "Digital Musical Composition (score-based representations)",
    "Photographs - Print",
    "Photographs - Digital",
    "Other Graphic Images - Print",
    "Other Graphic Images - Digital",
    "Microforms",
    "Audio - On Tangible Medium (digital or analog)",
    "Audio - Media-independent (digital)",
    "Motion Pictures - Digital and Physical Media",
    "Video - File-based and Physical Media",
    "Software",
    "Datasets",
    "Geospatial Data",
    "Databases",
    "Websites",
    "Collection",
    "Event",
    "Interactive resource",
    "Physical object",
    "Service",
    "Mixed",
    "Other",
    "OTHER",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement: what it is about, what it asks (an XPath that holds, or a predicate), and of whom."""

    code: str
    about: str
    asks: str | Predicate
    otherwise: str = ""
    scope: Scope = "every METS"

    def check(self, view: MetsView) -> Iterator[str]:
        """Yield what is wrong with each element the requirement is about."""
        for element in select(self.about)(view.root):
            fault = self._fault(element, view)
            if fault:
                yield f"line {element.sourceline}, {name_of(element)}: {fault}"

    def _fault(self, element: Element, view: MetsView) -> str:
        if isinstance(self.asks, str):
            return "" if select(f"boolean({self.asks})")(element) else self.otherwise
        return self.asks(element, view)


_HEADER = "mets:metsHdr"
_CREATOR = "mets:agent[@ROLE='CREATOR']"
_OTHER = f"{_CREATOR}[@TYPE='OTHER']"
_SOFTWARE = f"{_OTHER}[@OTHERTYPE='SOFTWARE']"
_MAP = "mets:structMap[@LABEL='CSIP']"
_MAIN = f"{_MAP}/mets:div"
_LOWER = "translate(normalize-space(@LABEL), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"
_METADATA = f"mets:div[{_LOWER}='metadata' or @ADMID or @DMDID]"
_REPRESENTATION = f"{_MAIN}//mets:div[mets:mptr or starts-with(@LABEL, 'Representations/')]"
_GROUP = "mets:fileSec//mets:fileGrp"
_FILE = f"{_GROUP}/mets:file"


def _division(label: str) -> str:
    return f"{_MAIN}/mets:div[{_LOWER}='{label.lower()}']"


def _reference(first: int, section: str) -> Iterator[Rule]:
    """The nine requirements that each kind of ``mdRef`` has, numbered one after the other."""
    asked: tuple[Predicate, ...] = (
        equal("LOCTYPE", "URL"),
        equal("xlink:type", "simple"),
        pointing,
        one_of("MDTYPE", METADATA_TYPES),
        media_type("MIMETYPE"),
        sized,
        moment("CREATED"),
        summed,
        one_of("CHECKSUMTYPE", CHECKSUM_TYPES),
    )
    for number, predicate in enumerate(asked, first):
        yield Rule(f"CSIP{number}", f"{section}/mets:mdRef", predicate)


def _divisions() -> Iterator[Rule]:
    """The divisions for documentation, schemas and representations, asked alike where they stand."""
    for label, numbers in {
        "Documentation": (94, 95, 116),
        "Schemas": (98, 99, 118),
        "Representations": (102, 103, 119),
    }.items():
        here = _division(label)
        with_id, with_label, with_group = (f"CSIP{number}" for number in numbers)
        yield Rule(with_id, here, identified)
        yield Rule(with_label, here, equal("LABEL", label))
        yield Rule(with_group, f"{here}/mets:fptr", group_by("FILEID", label))


RULES: tuple[Rule, ...] = (
    Rule("CSIP1", ".", stated("OBJID")),
    Rule("CSIP2", ".", one_of("TYPE", CONTENT_TYPES)),
    Rule("CSIP6", ".", address("PROFILE")),
    Rule("CSIP117", ".", _HEADER, "there is no metsHdr"),
    Rule("CSIP7", _HEADER, moment("CREATEDATE")),
    Rule("CSIP9", _HEADER, one_of("csip:OAISPACKAGETYPE", PACKAGE_TYPES)),
    Rule("CSIP10", _HEADER, "mets:agent", "there is no agent"),
    Rule("CSIP11", f"{_HEADER}[mets:agent]", _CREATOR, "no agent has the ROLE CREATOR"),
    Rule("CSIP12", f"{_HEADER}[{_CREATOR}]", _OTHER, "no creator has the TYPE OTHER"),
    Rule("CSIP13", f"{_HEADER}[{_OTHER}]", _SOFTWARE, "no creator has the OTHERTYPE SOFTWARE"),
    Rule("CSIP14", f"{_HEADER}/{_SOFTWARE}", "normalize-space(mets:name)", "the software has no name"),
    Rule("CSIP15", f"{_HEADER}/{_SOFTWARE}", "normalize-space(mets:note)", "the software has no note"),
    Rule(
        "CSIP16",
        f"{_HEADER}/{_SOFTWARE}[mets:note]",
        "mets:note[@csip:NOTETYPE='SOFTWARE VERSION']",
        "no note has the NOTETYPE SOFTWARE VERSION",
    ),
    Rule("CSIP18", "mets:dmdSec", identified),
    Rule("CSIP19", "mets:dmdSec", moment("CREATED")),
    *_reference(22, "mets:dmdSec"),
    Rule("CSIP33", "mets:amdSec/mets:digiprovMD", identified),
    *_reference(36, "mets:amdSec/mets:digiprovMD"),
    Rule("CSIP46", "mets:amdSec/mets:rightsMD", identified),
    *_reference(49, "mets:amdSec/mets:rightsMD"),
    Rule("CSIP59", "mets:fileSec", identified),
    Rule(
        "CSIP60",
        "mets:fileSec",
        "mets:fileGrp[@USE='Documentation']",
        "no fileGrp has the USE Documentation",
        "the package's METS",
    ),
    Rule(
        "CSIP113",
        "mets:fileSec",
        "mets:fileGrp[@USE='Schemas']",
        "no fileGrp has the USE Schemas",
        "the package's METS",
    ),
    Rule(
        "CSIP114",
        "mets:fileSec",
        "mets:fileGrp[starts-with(@USE, 'Representations')]",
        "no fileGrp has a USE that begins with Representations",
        "the package's METS",
    ),
    Rule("CSIP64", _GROUP, stated("USE")),
    Rule("CSIP65", _GROUP, identified),
    Rule("CSIP66", _GROUP, ".//mets:file", "the group holds no file"),
    Rule("CSIP67", _FILE, identified),
    Rule("CSIP68", _FILE, media_type("MIMETYPE")),
    Rule("CSIP69", _FILE, sized),
    Rule("CSIP70", _FILE, moment("CREATED")),
    Rule("CSIP71", _FILE, summed),
    Rule("CSIP72", _FILE, one_of("CHECKSUMTYPE", CHECKSUM_TYPES)),
    Rule("CSIP76", _FILE, "count(mets:FLocat) = 1", "there is not exactly one FLocat"),
    Rule("CSIP77", f"{_FILE}/mets:FLocat", equal("LOCTYPE", "URL")),
    Rule("CSIP78", f"{_FILE}/mets:FLocat", equal("xlink:type", "simple")),
    Rule("CSIP79", f"{_FILE}/mets:FLocat", pointing),
    Rule("CSIP80", ".", "mets:structMap", "there is no structMap"),
    Rule(
        "CSIP82",
        "self::*[mets:structMap]",
        f"count({_MAP}) = 1",
        "not exactly one structMap has the LABEL CSIP",
    ),
    Rule("CSIP81", _MAP, equal("TYPE", "PHYSICAL")),
    Rule("CSIP83", _MAP, identified),
    Rule("CSIP84", _MAP, "count(mets:div) = 1", "there is not exactly one main div"),
    Rule("CSIP85", _MAIN, identified),
    Rule("CSIP88", _MAIN, f"count({_METADATA}) = 1", "not exactly one div is for metadata"),
    Rule("CSIP89", f"{_MAIN}/{_METADATA}", identified),
    Rule("CSIP90", f"{_MAIN}/{_METADATA}", equal("LABEL", "Metadata")),
    *_divisions(),
    Rule("CSIP106", _REPRESENTATION, identified),
    Rule(
        "CSIP107",
        _REPRESENTATION,
        "starts-with(@LABEL, 'Representations')",
        "LABEL does not begin with Representations",
    ),
    Rule("CSIP109", _REPRESENTATION, "count(mets:mptr) = 1", "there is not exactly one mptr"),
    Rule("CSIP108", f"{_REPRESENTATION}/mets:mptr", group_by("xlink:title", "")),
    Rule("CSIP110", f"{_REPRESENTATION}/mets:mptr", pointing),
    Rule("CSIP111", f"{_REPRESENTATION}/mets:mptr", equal("xlink:type", "simple")),
    Rule("CSIP112", f"{_REPRESENTATION}/mets:mptr", equal("LOCTYPE", "URL")),
    Rule(
        "AIPM2",
        ".",
        "contains(@PROFILE, 'E-ARK-AIP-v2-2-0')",
        "PROFILE is not that of E-ARK AIP 2.2.0",
        "the METS of an AIP",
    ),
    Rule("AIPM3", _HEADER, equal("csip:OAISPACKAGETYPE", "AIP"), "", "the METS of an AIP"),
    Rule(
        "AIPM5",
        ".",
        "mets:amdSec/mets:digiprovMD/mets:mdRef",
        "no digiprovMD refers to metadata by mdRef",
        "the METS of an AIP",
    ),
    Rule(
        "AIP3",
        f"{_REPRESENTATION}[mets:mptr]",
        "mets:fptr[@FILEID = //mets:file/@ID]",
        "no fptr points to the file entry of the representation's METS",
        "the METS of an AIP",
    ),
)
"""In the order of the specification's sections."""


def check_rules(view: MetsView, where: str) -> Iterator[Finding]:
    """Yield every requirement the document breaks, once for each element that breaks it."""
    for rule in RULES:
        if rule.scope == "the package's METS" and not view.is_package:
            continue
        if rule.scope == "the METS of an AIP" and not (view.is_package and view.is_aip):
            continue
        for fault in rule.check(view):
            yield finding(rule.code, where, fault)

"""What breaks each MUST of E-ARK CSIP 2.2 and AIP 2.2 in a package of somebody else's, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.aip.eark_builder import AIP_PROFILE, PROFILE, WHEN, describe

SCHEMA = "EAR-001"
NO_FILES = "opens no file that METS points to"
NO_IDS = "does not compare identifiers"
CRASH = "stops with a traceback, or names no requirement"
NESTED = "looks for it below the division for all representations only"


@dataclass(frozen=True)
class Fault:
    """One way to break the package, and the requirement that must be told for it.

    ``also`` are codes that cannot but come with it; ``differs`` says why eark-validator does not tell it.
    """

    code: str
    name: str
    break_package: Callable[[Path], object]
    also: frozenset[str]
    profile: str
    differs: str


FAULTS: list[Fault] = []


def replacing(
    code: str,
    old: str,
    new: str,
    *also: str,
    after: str = "",
    profile: str = PROFILE,
    differs: str = "",
) -> None:
    """Register a fault that writes ``new`` for the first ``old`` behind ``after`` in a document."""

    def change(folder: Path) -> None:
        path = folder / "METS.xml"
        text = path.read_text()
        start = text.index(after) + len(after)
        assert old in text[start:], f"{code}: {old!r} does not stand behind {after!r}"
        path.write_text(text[:start] + text[start:].replace(old, new, 1))

    FAULTS.append(Fault(code, f"{code}-{len(FAULTS)}", change, frozenset(also), profile, differs))


def touching(code: str, change: Callable[[Path], object], *also: str, differs: str = "") -> None:
    """Register a fault of the package's files."""
    FAULTS.append(Fault(code, f"{code}-{len(FAULTS)}", change, frozenset(also), PROFILE, differs))


def _file_fault(name: str, data: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(data)


def _drop(start: str, end: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / "METS.xml"
        before, _, rest = path.read_text().partition(start)
        path.write_text(before + rest.partition(end)[2])

    return change


TYPE = 'TYPE="Textual works – Digital"'
replacing("CSIP1", 'OBJID="foreign-1"', 'OBJID=""')
replacing("CSIP2", TYPE, 'TYPE="Papyri"')
replacing("CSIP2", TYPE, "")
replacing("CSIP6", f'PROFILE="{PROFILE}"', "")
replacing("CSIP6", f'PROFILE="{PROFILE}"', 'PROFILE="ours"', differs="takes any text")
touching("CSIP117", _drop("<mets:metsHdr", "</mets:metsHdr>"), differs=CRASH)
replacing("CSIP7", f'CREATEDATE="{WHEN}"', "")
replacing("CSIP7", f'CREATEDATE="{WHEN}"', 'CREATEDATE="2024"', SCHEMA, differs="its schema tells it")
replacing("CSIP9", 'csip:OAISPACKAGETYPE="SIP"', 'csip:OAISPACKAGETYPE="BOX"', SCHEMA)
replacing("CSIP9", ' csip:OAISPACKAGETYPE="SIP"', "")
touching("CSIP10", _drop("<mets:agent", "</mets:agent>"))
replacing("CSIP11", 'ROLE="CREATOR"', 'ROLE="EDITOR"')
replacing("CSIP12", 'TYPE="OTHER" OTHERTYPE="SOFTWARE"', 'TYPE="ORGANIZATION"')
replacing("CSIP13", 'OTHERTYPE="SOFTWARE"', 'OTHERTYPE="ABACUS"')
replacing("CSIP14", "<mets:name>Packer", "<mets:name> ", differs="takes a space for a name")
replacing("CSIP15", '<mets:note csip:NOTETYPE="SOFTWARE VERSION">7.1</mets:note>', "")
replacing("CSIP16", ' csip:NOTETYPE="SOFTWARE VERSION"', "")
replacing("CSIP18", 'ID="dmd"', 'ID="map"', "CSIP83", SCHEMA, differs=NO_IDS)
replacing("CSIP33", 'ID="prov"', 'ID="map"', "CSIP83", SCHEMA, differs=NO_IDS)
replacing("CSIP46", 'ID="rights"', 'ID="7"', SCHEMA, differs=NO_IDS)
replacing("CSIP19", f' CREATED="{WHEN}"', "", after="<mets:dmdSec")

for start, first in (
    ('<mets:dmdSec ID="dmd"', 22),
    ('<mets:rightsMD ID="rights"', 49),
    ("<mets:digiprovMD", 36),
):
    where = f"{start} CREATED=" if first == 22 else start
    replacing(f"CSIP{first}", 'LOCTYPE="URL"', 'LOCTYPE="URN"', after=start)
    replacing(f"CSIP{first + 1}", 'xlink:type="simple"', 'xlink:type="locator"', SCHEMA, after=start)
    replacing(f"CSIP{first + 2}", 'xlink:href="', 'xlink:href="no/', after=start, differs=NO_FILES)
    replacing(f"CSIP{first + 2}", 'xlink:href="', 'xlink:href="../../', after=start, differs=NO_FILES)
    replacing(
        f"CSIP{first + 3}", ' MDTYPE="', ' MDTYPE="X', SCHEMA, after=start, differs="its schema tells it"
    )
    replacing(f"CSIP{first + 4}", ' MIMETYPE="text/plain"', "", after=start)
    replacing(f"CSIP{first + 5}", ' SIZE="', ' SIZE="1', after=start, differs=NO_FILES)
    replacing(f"CSIP{first + 6}", f' CREATED="{WHEN}"', "", after=where)
    replacing(f"CSIP{first + 7}", ' CHECKSUM="', ' CHECKSUM="00', after=start, differs=NO_FILES)
    replacing(f"CSIP{first + 8}", ' CHECKSUMTYPE="SHA-256"', "", after=start, differs=CRASH)

DOCS = '<mets:fileGrp USE="Documentation"'
replacing("CSIP59", '<mets:fileSec ID="files"', "<mets:fileSec")
replacing("CSIP60", 'USE="Documentation"', 'USE="Papers"', "CSIP116")
replacing("CSIP113", 'USE="Schemas"', 'USE="Grammars"', "CSIP118")
replacing("CSIP114", 'USE="Representations/rep1"', 'USE="Images/rep1"', "CSIP119")
replacing("CSIP64", 'USE="Documentation" ', "", "CSIP60", "CSIP116")
replacing(
    "CSIP65",
    'USE="Documentation" ID="docs"',
    'USE="Documentation" ID="map"',
    "CSIP83",
    "CSIP116",
    SCHEMA,
    differs=NO_IDS,
)
touching("CSIP66", _drop('<mets:file ID="docs-file"', "</mets:file>"))
replacing("CSIP67", 'ID="docs-file"', 'ID="map"', "CSIP83", SCHEMA, differs=NO_IDS)
replacing("CSIP68", ' MIMETYPE="text/plain"', "", after=DOCS)
replacing("CSIP68", ' MIMETYPE="text/plain"', ' MIMETYPE="text"', after=DOCS, differs="takes any text")
replacing("CSIP69", ' SIZE="', ' SIZE="1', after=DOCS, differs=NO_FILES)
replacing("CSIP69", ' SIZE="15"', "", after=DOCS, differs=CRASH)
replacing("CSIP70", f' CREATED="{WHEN}"', "", after=DOCS)
replacing("CSIP71", ' CHECKSUM="', ' CHECKSUM="00', after=DOCS, differs=NO_FILES)
touching("CSIP71", _file_fault("documentation/guide.txt", "how to rEad it\n"), differs=NO_FILES)
replacing("CSIP72", ' CHECKSUMTYPE="SHA-256"', "", after=DOCS, differs=CRASH)
touching(
    "CSIP76",
    _drop('<mets:FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="documentation', "/>"),
    differs=CRASH,
)
replacing("CSIP77", 'LOCTYPE="URL"', 'LOCTYPE="URN"', after=DOCS)
replacing("CSIP78", 'xlink:type="simple"', 'xlink:type="locator"', SCHEMA, after=DOCS)
replacing("CSIP79", 'xlink:href="documentation', 'xlink:href="docs', after=DOCS, differs=NO_FILES)

MAP = '<mets:structMap ID="map"'
touching("CSIP80", _drop("<mets:structMap", "</mets:structMap>"), SCHEMA)
replacing("CSIP81", 'TYPE="PHYSICAL"', 'TYPE="LOGICAL"')
replacing("CSIP82", 'LABEL="CSIP"', 'LABEL="Ours"')
replacing("CSIP83", f"{MAP} ", "<mets:structMap ", differs="its rule for this is never reached")
replacing(
    "CSIP84",
    "</mets:div></mets:structMap>",
    '</mets:div><mets:div ID="x"/></mets:structMap>',
    "CSIP88",
    SCHEMA,
    differs=CRASH,
)
replacing("CSIP85", 'ID="main" ', "")
touching("CSIP88", _drop('<mets:div ID="div-md"', "/>"))
replacing("CSIP89", 'ID="div-md" ', "")
replacing("CSIP90", 'LABEL="Metadata"', 'LABEL="metadata"')
for label, identifier, group, (first, second, third) in (
    ("Documentation", "div-docs", "docs", (94, 95, 116)),
    ("Schemas", "div-schemas", "schemas", (98, 99, 118)),
    ("Representations", "div-all", "rep", (102, 103, 119)),
):
    replacing(f"CSIP{first}", f'ID="{identifier}" ', "")
    replacing(f"CSIP{second}", f'LABEL="{label}"', f'LABEL="{label.upper()}"', after=identifier)
    wrong = "schemas" if group == "docs" else "docs"
    replacing(f"CSIP{third}", f'FILEID="{group}"', f'FILEID="{wrong}"', after=identifier, differs=NO_IDS)
REP = '<mets:div ID="div-rep"'
replacing("CSIP106", f"{REP} ", "<mets:div ", differs=NESTED)
replacing(
    "CSIP107",
    'LABEL="Representations/rep1"',
    'LABEL="Images/rep1"',
    after=REP,
    differs="asks for a label only",
)
replacing("CSIP108", ' xlink:title="rep"', "", differs="asks for it where the profile has no pointer")
replacing("CSIP108", ' xlink:title="rep"', ' xlink:title="the pictures"', differs=NO_IDS)
touching("CSIP109", _drop("<mets:mptr", "/>"), differs=NESTED)
replacing("CSIP110", 'METS.xml"', 'mets.xml"', after="<mets:mptr", differs=NO_FILES)
POINTER = "asks for it where the profile has no pointer"
replacing(
    "CSIP111", 'xlink:type="simple"', 'xlink:type="locator"', SCHEMA, after="<mets:mptr", differs=POINTER
)
replacing("CSIP112", 'LOCTYPE="URL"', 'LOCTYPE="URN"', after="<mets:mptr", differs=POINTER)
touching("CSIPSTR4", lambda folder: (folder / "METS.xml").unlink())
touching("CSIPSTR4", _file_fault("METS.xml", "<mets"), differs=CRASH)
replacing("EAR-001", "<mets:structMap", "<mets:mood/><mets:structMap")

NOT_AIP = "has no rules for AIPs"
replacing("AIPM2", "E-ARK-AIP-v2-2-0", "E-ARK-AIP-v3-0-0", profile=AIP_PROFILE, differs=NOT_AIP)
replacing("AIPM3", 'OAISPACKAGETYPE="AIP"', 'OAISPACKAGETYPE="DIP"', profile=AIP_PROFILE, differs=NOT_AIP)
FAULTS.append(
    Fault(
        "AIPM5",
        "AIPM5-none",
        _drop("<mets:digiprovMD", "</mets:digiprovMD>"),
        frozenset(),
        AIP_PROFILE,
        NOT_AIP,
    )
)
replacing("AIP3", '<mets:fptr FILEID="rep-file"/>', "", profile=AIP_PROFILE, differs=NOT_AIP)

PREMIS = "metadata/preservation/premis.xml"


def premis(code: str, *changes: tuple[str, str], also: tuple[str, ...] = ()) -> None:
    """Register a fault of PREMIS alone: METS states the size and digest of what is then there."""

    def change(folder: Path) -> None:
        text = (folder / PREMIS).read_text()
        for old, new in changes:
            assert old in text, f"{code}: {old!r} does not stand in PREMIS"
            text = text.replace(old, new)
        (folder / PREMIS).write_text(text)
        describe(folder)

    touching(code, change, *also, differs="does not read PREMIS")


def _dangling(what: str) -> str:
    names = f"linking{what}Identifier"
    inside = f"<{names}Type>local</{names}Type><{names}Value>no-such</{names}Value>"
    return f"</relationship><{names}>{inside}</{names}>"


premis(
    "AIP13",
    ("ObjectIdentifierValue>foreign-1</related", "ObjectIdentifierValue></related"),
    also=("PRM-006",),
)
premis("AIP16", ("linkingAgentIdentifier>", "otherAgentIdentifier>"))
premis("AIP18", ("<linkingAgentIdentifierValue>tool-1", "<linkingAgentIdentifierValue>tool-2"))
premis("AIP18", ("<agentIdentifierValue>tool-1", "<agentIdentifierValue>tool-one"))
premis("PRM-001", ("premis/v3", "premis/v2"))
premis("PRM-002", ("<objectIdentifierValue>rep1", "<objectIdentifierValue>"))
premis("PRM-002", ("<objectIdentifierValue>rep1", "<objectIdentifierValue>foreign-1"))
premis(
    "PRM-003",
    ("<linkingObjectIdentifierValue>foreign-1", "<linkingObjectIdentifierValue>x"),
    also=("PRM-006",),
)
premis("PRM-004", ("</relationship>", _dangling("Event")))
premis("PRM-005", ("</relationship>", _dangling("RightsStatement")))
premis("PRM-006", ("ObjectIdentifierValue>foreign-1</related", "ObjectIdentifierValue>afar</related"))

"""A small E-ARK package of somebody else's: METS and PREMIS written here by hand, not by our writers.

Every fact that a requirement asks for stands in it once, so that a test can take one away.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

HEAD = (
    '<mets:mets xmlns:mets="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" '
)
WHEN = "2024-05-17T09:00:00+02:00"
PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml"
AIP_PROFILE = "https://earkdip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PREMIS = f'<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="{_XSI}" version="3.0">'


def _named(what: str, value: str) -> str:
    name = f"{what}Identifier"
    return f"<{name}><{name}Type>local</{name}Type>\n<{name}Value>{value}</{name}Value></{name}>"


PREMIS = f"""\
{_PREMIS}
<object xsi:type="intellectualEntity">{_named("object", "foreign-1")}</object>
<object xsi:type="representation">{_named("object", "rep1")}
<relationship><relationshipType>structural</relationshipType>
<relationshipSubType>is included in</relationshipSubType>
{_named("relatedObject", "foreign-1")}</relationship></object>
<event>{_named("event", "ingest-1")}<eventType>ingestion</eventType>
<eventDateTime>2024-05-17T09:00:00Z</eventDateTime>
{_named("linkingAgent", "tool-1")}
{_named("linkingObject", "foreign-1")}</event>
<agent>{_named("agent", "tool-1")}<agentName>Packer</agentName></agent>
</premis>
"""


def build_package(folder: Path, profile: str = PROFILE) -> Path:
    """Write the package into ``folder``, which must not exist; returns it."""
    files = {
        "metadata/descriptive/dc.xml": b"<dc/>",
        "metadata/preservation/premis.xml": PREMIS.encode(),
        "metadata/other/rights.xml": b"<rights/>",
        "documentation/guide.txt": b"how to read it\n",
        "schemas/mets.xsd": b"<schema/>",
        "representations/rep1/data/a.fits": b"SIMPLE  =",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "representations/rep1/METS.xml").write_text(_representation(folder))
    describe(folder, profile)
    return folder


def describe(folder: Path, profile: str = PROFILE) -> None:
    """Write METS.xml anew, with the sizes and digests that the files have now."""
    (folder / "METS.xml").write_text(_package(folder, profile))


def facts(folder: Path, name: str) -> str:
    """Return the attributes that describe a file, without its link."""
    data = (folder / name).read_bytes()
    digest = hashlib.sha256(data).hexdigest().upper()
    about = f'MIMETYPE="text/plain" SIZE="{len(data)}" CREATED="{WHEN}"'
    return f'{about} CHECKSUM="{digest}" CHECKSUMTYPE="SHA-256"'


def _link(href: str) -> str:
    return f'LOCTYPE="URL" xlink:type="simple" xlink:href="{href}"'


def _reference(folder: Path, name: str, kind: str) -> str:
    return f'<mets:mdRef {_link(name)} MDTYPE="{kind}" {facts(folder, name)}/>'


def _header(kind: str) -> str:
    return (
        f'<mets:metsHdr CREATEDATE="{WHEN}" csip:OAISPACKAGETYPE="{kind}">'
        '<mets:agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><mets:name>Packer</mets:name>'
        '<mets:note csip:NOTETYPE="SOFTWARE VERSION">7.1</mets:note></mets:agent></mets:metsHdr>\n'
    )


def _group(folder: Path, use: str, identifier: str, name: str) -> str:
    return (
        f'<mets:fileGrp USE="{use}" ID="{identifier}">'
        f'<mets:file ID="{identifier}-file" {facts(folder, name)}>'
        f"<mets:FLocat {_link(name)}/></mets:file></mets:fileGrp>\n"
    )


def _package(folder: Path, profile: str) -> str:
    rep = "representations/rep1/METS.xml"
    return (
        f'{HEAD}OBJID="foreign-1" TYPE="Textual works – Digital" PROFILE="{profile}">\n'
        + _header("AIP" if "AIP" in profile else "SIP")
        + f'<mets:dmdSec ID="dmd" CREATED="{WHEN}">'
        + _reference(folder, "metadata/descriptive/dc.xml", "DC")
        + "</mets:dmdSec>\n<mets:amdSec>"
        + f'<mets:rightsMD ID="rights">{_reference(folder, "metadata/other/rights.xml", "METSRIGHTS")}'
        + "</mets:rightsMD>\n"
        + f'<mets:digiprovMD ID="prov">{_reference(folder, "metadata/preservation/premis.xml", "PREMIS")}'
        + '</mets:digiprovMD></mets:amdSec>\n<mets:fileSec ID="files">\n'
        + _group(folder, "Documentation", "docs", "documentation/guide.txt")
        + _group(folder, "Schemas", "schemas", "schemas/mets.xsd")
        + _group(folder, "Representations/rep1", "rep", rep)
        + '</mets:fileSec>\n<mets:structMap ID="map" TYPE="PHYSICAL" LABEL="CSIP">\n'
        + '<mets:div ID="main" LABEL="foreign-1">\n'
        + '<mets:div ID="div-md" LABEL="Metadata" ADMID="prov rights" DMDID="dmd"/>\n'
        + '<mets:div ID="div-docs" LABEL="Documentation"><mets:fptr FILEID="docs"/></mets:div>\n'
        + '<mets:div ID="div-schemas" LABEL="Schemas"><mets:fptr FILEID="schemas"/></mets:div>\n'
        + '<mets:div ID="div-all" LABEL="Representations"><mets:fptr FILEID="rep"/></mets:div>\n'
        + '<mets:div ID="div-rep" LABEL="Representations/rep1">'
        + f'<mets:mptr {_link(rep)} xlink:title="rep"/><mets:fptr FILEID="rep-file"/></mets:div>\n'
        + "</mets:div></mets:structMap></mets:mets>\n"
    )


def _representation(folder: Path) -> str:
    base = folder / "representations/rep1"
    return (
        f'{HEAD}OBJID="rep1" TYPE="Textual works – Digital" csip:CONTENTINFORMATIONTYPE="MIXED" '
        f'PROFILE="{PROFILE}">\n'
        + _header("SIP")
        + '<mets:fileSec ID="files">'
        + _group(base, "Data", "data", "data/a.fits")
        + '</mets:fileSec>\n<mets:structMap ID="map" TYPE="PHYSICAL" LABEL="CSIP">'
        + '<mets:div ID="main" LABEL="rep1"><mets:div ID="div-md" LABEL="Metadata"/>'
        + '<mets:div ID="div-data" LABEL="Data"><mets:fptr FILEID="data"/></mets:div></mets:div>'
        + "</mets:structMap></mets:mets>\n"
    )

"""Which METS and PREMIS files a package has, and what stands in each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aip.history import PREMIS, History, by_document, representation_of
from aip.mets import AIP_PROFILE, CSIP_PROFILE, MetsDocument, MetsFile, MetsGroup, write_mets
from aip.premis import PremisDocument, PremisObject, write_premis
from aip.writing import ContentWriter, WrittenFile
from oais.information.packages import PackageContents
from oais.information.software import software_version

METS = "METS.xml"
XML = "application/xml"
SOFTWARE_NAME = "OAIS archive"

_KNOWN_METADATA = {
    "datacite.xml": "DataCite",
    "description.json": "OAIS package description",
    "software.json": "OAIS software description",
    "report.json": "OAIS quality report",
    "blake3.txt": "BLAKE3 digests (b3sum)",
    "premis.xml": "PREMIS",
}


def write_representation_documents(
    writer: ContentWriter, folder: str, contents: PackageContents, history: History
) -> None:
    """Write ``representations/<name>``'s PREMIS and then its METS, which points to it."""
    files = [file for file in writer.written.values() if file.path.startswith(f"{folder}/")]
    events = by_document(history.events, contents.aip_id).get(folder, ())
    data = [file for file in files if file.format is not None]
    document = PremisDocument(_objects(contents.aip_id, folder, data), events, history.agents)
    with writer.stream(f"{folder}/{PREMIS}", XML) as out:
        write_premis(out, document)
    files.append(writer.written[f"{folder}/{PREMIS}"])
    name = folder.partition("/")[2]
    label = f"Representation {name} of {contents.aip_id}"
    with writer.stream(f"{folder}/{METS}", XML) as out:
        write_mets(out, _mets(name, label, contents, files, folder))


def write_package_premis(writer: ContentWriter, contents: PackageContents, history: History) -> None:
    """Write the package's PREMIS: its own events, its rights, and files outside representations."""
    events = by_document(history.events, contents.aip_id).get("", ())
    came = [file for file in _of_package(writer) if file.format is not None]
    objects = _objects(contents.aip_id, "", came)
    with writer.stream(PREMIS, XML) as out:
        write_premis(out, PremisDocument(objects, events, history.agents, contents.rights))


def write_package_mets(writer: ContentWriter, folders: Iterable[str], contents: PackageContents) -> None:
    """Write the package's METS, the last file of all: it points to all that is not in a representation."""
    parts = tuple(
        (folder.partition("/")[2], _pointer(writer.written[f"{folder}/{METS}"], "")) for folder in folders
    )
    title = contents.description.title or contents.aip_id
    document = _mets(contents.aip_id, title, contents, _of_package(writer), "", parts)
    with writer.stream(METS, XML) as out:
        write_mets(out, document)


def _of_package(writer: ContentWriter) -> list[WrittenFile]:
    return [file for file in writer.written.values() if not representation_of(file.path)]


def _objects(aip_id: str, folder: str, files: Iterable[WrittenFile]) -> Iterator[PremisObject]:
    whole = f"{aip_id}/{folder}" if folder else aip_id
    if folder:
        yield PremisObject(whole, "representation", part_of=aip_id)
    else:
        yield PremisObject(whole, "intellectualEntity")
    for file in files:
        yield PremisObject(
            identifier=file.path,
            category="file",
            size=file.fixity.size,
            digests=file.fixity.digests,
            format=file.format,
            original_name=file.original_name,
            part_of=whole,
            derivation=file.derivation,
        )


def _mets(
    objid: str,
    label: str,
    contents: PackageContents,
    files: list[WrittenFile],
    folder: str,
    representations: tuple[tuple[str, MetsFile], ...] = (),
) -> MetsDocument:
    base = f"{folder}/" if folder else ""
    sections: dict[str, list[MetsFile]] = {}
    for file in sorted(files, key=lambda file: file.path):
        sections.setdefault(_section(file.path[len(base) :]), []).append(_pointer(file, base))
    groups = [
        MetsGroup(use, sections[use])
        for use in ("Documentation", "Schemas", "Data", "Other")
        if use in sections
    ]
    groups += [MetsGroup(f"Representations/{name}", (item,)) for name, item in representations]
    return MetsDocument(
        objid=objid,
        label=label,
        profile=CSIP_PROFILE if folder else AIP_PROFILE,
        created_at=contents.created_at,
        software=SOFTWARE_NAME,
        software_version=software_version(),
        descriptive=tuple(sections.get("descriptive", ())),
        sources=tuple(sections.get("source", ())),
        preservation=tuple(sections.get("preservation", ())),
        groups=tuple(groups),
        representations=representations,
        schema_folder="../../schemas" if folder else "schemas",
    )


_SECTIONS = (
    ("metadata/descriptive/", "descriptive"),
    ("metadata/preservation/", "preservation"),
    ("metadata/", "source"),
    ("documentation/", "Documentation"),
    ("schemas/", "Schemas"),
    ("data/", "Data"),
)


def _section(path: str) -> str:
    for prefix, section in _SECTIONS:
        if path.startswith(prefix):
            return section
    return "Other"


def _pointer(file: WrittenFile, base: str) -> MetsFile:
    path = file.path[len(base) :]
    kind = "BagIt tag file"
    if not path.startswith("metadata/other/sip/"):
        kind = _KNOWN_METADATA.get(path.rpartition("/")[2], "other")
    return MetsFile(
        href=path,
        size=file.fixity.size,
        sha512=file.fixity.digests["sha512"],
        media_type=file.media_type,
        metadata_type=kind,
    )

"""The contents of a version that the archive makes of the one before: all of it, some files replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aip.premis import PremisObject
from aip.reading import read_description, read_objects, read_report
from aip.stored import StoredAip, StoredVersion
from oais.archive import Archive
from oais.errors import DamageError
from oais.functions.provenance import software_agent
from oais.information.description import PackageDescription, ProductDescription
from oais.information.fixity import ARCHIVE_ALGORITHMS, FileFixity
from oais.information.many_files import hash_files
from oais.information.packages import (
    ContentFile,
    FormatIdentification,
    PackageContents,
    SoftwarePackage,
)
from oais.information.premis import Agent, Event, Rights
from oais.information.representation.identification import known_formats


@dataclass(frozen=True, slots=True)
class Replacement:
    """A file that takes the place of another, with what the description shall say of it."""

    replaced: str
    file: ContentFile


def successor(
    archive: Archive,
    stored: StoredAip,
    replacements: Sequence[Replacement],
    events: Sequence[Event],
    agents: Sequence[Agent],
    *,
    reason: str,
    report: Mapping[str, object],
) -> PackageContents:
    """Return the contents of the next version: what is kept is read whole and proven on the way.

    Place, kind, level, policy and mission values stay as they are, so that the same people may have it.
    Raises DamageError when a kept file is not what was sealed, StorageError.
    """
    description = read_description(stored)
    places = {item.replaced: item.file for item in replacements}
    kept = kept_files(stored, description, leaving_out=places)
    rights = Rights(
        description.access_policy, archive.policies.digests.get("access.yaml", ""), description.licence
    )
    return PackageContents(
        aip_id=stored.aip_id,
        files=(*kept, *places.values()),
        events=tuple(events),
        agents=(
            software_agent(),
            Agent("archive", archive.settings.name, "organization", note=archive.settings.contact),
            *agents,
        ),
        rights=rights,
        description=_described(description, stored.head + 1, places),
        software=tuple(SoftwarePackage(**item) for item in description.software),
        report={**read_report(stored), **report},
        created_at=archive.now(),
        reason=reason,
        author=archive.settings.name,
    )


def kept_files(
    stored: StoredAip, description: PackageDescription, leaving_out: Mapping[str, object]
) -> tuple[ContentFile, ...]:
    """Return the files of the newest version that came from outside, each read and compared with its seal.

    Raises DamageError for one that is not what was sealed, StorageError for one that cannot be read.
    """
    opened = stored.open()
    kinds = {product.path: (product.kind, product.media_type) for product in description.products}
    objects = [item for item in read_objects(stored) if item.identifier not in leaving_out]
    paths = {str(opened.file(item.identifier).path) for item in objects}
    read = dict(hash_files(sorted(paths), ARCHIVE_ALGORITHMS))
    return tuple(_kept(opened, item, read, kinds) for item in objects)


def proven(opened: StoredVersion, logical: str, found: FileFixity) -> FileFixity:
    """Return what was read of a file when it is what was sealed; raises DamageError."""
    sealed = opened.file(logical).digests["sha512"]
    if found.problem or found.digests["sha512"] != sealed:
        seen = found.problem or f"sha512 {found.digests['sha512'][:16]}…"
        raise DamageError(
            f"{logical} of {opened.aip.aip_id}@v{opened.number} is {seen}, sealed was {sealed[:16]}…",
            remedy="run an audit of this AIP and restore it from a copy first; no version was made",
        )
    return found


def _kept(
    opened: StoredVersion,
    item: PremisObject,
    read: Mapping[str, FileFixity],
    kinds: Mapping[str, tuple[str, str]],
) -> ContentFile:
    source = opened.file(item.identifier).path
    kind, media_type = kinds.get(item.identifier, ("tag", ""))
    return ContentFile(
        source=source,
        path=item.identifier,
        sip_path=item.original_name,
        fixity=proven(opened, item.identifier, read[str(source)]),
        format=_with_media_type(item.format, media_type),
        kind=kind,
        derivation=item.derivation,
    )


def _with_media_type(found: FormatIdentification | None, media_type: str) -> FormatIdentification:
    """Return a format as PREMIS tells it, with the media type that PREMIS has no place for."""
    told = found or FormatIdentification("oais/unknown", "Format not known", "", "", "", "")
    known = known_formats().get(told.format_id)
    media = media_type or (known.media_type if known else "application/octet-stream")
    return replace(told, media_type=media)


def _described(
    description: PackageDescription, version: int, places: Mapping[str, ContentFile]
) -> PackageDescription:
    """Return the description of the new version; the delivery's own key and receipt stay with its version."""
    return replace(
        description,
        version=version,
        products=tuple(_products(description, places)),
        documents=tuple(places[path].path if path in places else path for path in description.documents),
        submission_key="",
    )


def _products(
    description: PackageDescription, places: Mapping[str, ContentFile]
) -> Iterator[ProductDescription]:
    for product in description.products:
        file = places.get(product.path)
        if file is None:
            yield product
            continue
        yield replace(
            product,
            path=file.path,
            size=file.fixity.size,
            sha256=file.fixity.digests["sha256"],
            format_id=file.format.format_id,
            format_name=file.format.name,
            media_type=file.format.media_type,
        )

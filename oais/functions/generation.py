"""Generates the AIP's contents: which file of the submission rests where, with what events and rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from aip.software import swhid_of_directory
from oais.archive import Archive
from oais.functions.description import (
    DescribedFile,
    Identity,
    Resolver,
    describe_package,
    describe_product_file,
    node_of,
)
from oais.functions.provenance import identification_tools, ingest_agents, ingest_events
from oais.functions.quality import Assured
from oais.functions.receipts import receipt_as_plain
from oais.information.description import ProductDescription
from oais.information.packages import ContentFile, PackageContents, Receipt, SoftwarePackage, Submission
from oais.information.premis import Rights
from policies.submission import SoftwareNote

_ROOM_OF_KIND = {"software": "representations/software/data", "document": "documentation"}
_FOLDER_OF_KIND = {"software": "software/", "document": "documents/"}
_DEFAULT_ROOM = "representations/original/data"


def generate_contents(
    archive: Archive, submission: Submission, assured: Assured, identity: Identity, resolve: Resolver
) -> PackageContents:
    """Return everything that ``aip`` needs to build the package."""
    agreement, described = assured.agreement, assured.described
    content = _content_files(submission, described)
    software = _software_packages(submission, assured, content)
    return PackageContents(
        aip_id=identity.aip_id,
        files=(*content.values(), *_tag_files(submission, assured)),
        events=ingest_events(archive, submission, assured.report, agreement, identity.aip_id),
        agents=ingest_agents(archive, agreement, identification_tools(assured.report)),
        rights=Rights(
            agreement.access_policy, archive.policies.digests.get("access.yaml", ""), agreement.licence
        ),
        description=describe_package(
            agreement,
            submission,
            identity=identity,
            node=node_of(archive, agreement, described, assured.tag("Bag-Group-Identifier"), assured.notes),
            notes=assured.notes,
            described=described,
            products=_products(described, content, resolve),
            software=software,
        ),
        software=software,
        report={"receipt": receipt_as_plain(accepted_receipt(submission, assured, identity))},
        created_at=submission.received_at,
    )


def accepted_receipt(submission: Submission, assured: Assured, identity: Identity) -> Receipt:
    """Return the receipt of a delivery that becomes this AIP version."""
    return Receipt(
        receipt_id=submission.receipt_id,
        status="accepted",
        source_name=submission.source_name,
        received_at=submission.received_at,
        agreement=assured.agreement.name,
        provider=assured.agreement.provider.organization,
        delivery_digest=submission.delivery_digest,
        aip_id=identity.aip_id,
        version=identity.version,
        findings=assured.report.findings,
    )


def _products(
    described: Sequence[DescribedFile], content: Mapping[str, ContentFile], resolve: Resolver
) -> tuple[ProductDescription, ...]:
    files = ((item, content[item.path]) for item in described)
    return tuple(
        describe_product_file(item, file.path, file.fixity.size, file.fixity.digests["sha256"], resolve)
        for item, file in files
    )


def _content_files(submission: Submission, described: Sequence[DescribedFile]) -> dict[str, ContentFile]:
    """Return where each payload file rests in the AIP, by its path in the bag.

    The folders ``software/`` and ``documents/`` are left out of the path, unless two files would meet.
    """
    content: dict[str, ContentFile] = {}
    taken: set[str] = set()
    only_documents = all(item.mapped.kind == "document" for item in described)
    for item in described:
        kind, inside = item.mapped.kind, item.path.removeprefix("data/")
        # A package must have a representation: documents delivered alone are its content.
        room = _DEFAULT_ROOM if only_documents else _ROOM_OF_KIND.get(kind, _DEFAULT_ROOM)
        path = f"{room}/{inside.removeprefix(_FOLDER_OF_KIND.get(kind, ''))}"
        if path.casefold() in taken:
            path = f"{room}/{inside}"
        taken.add(path.casefold())
        content[item.path] = ContentFile(
            source=submission.bag / item.path,
            path=path,
            sip_path=item.path,
            fixity=submission.files[item.path],
            format=item.inspection.format,
            kind=kind,
        )
    return content


def _tag_files(submission: Submission, assured: Assured) -> Iterable[ContentFile]:
    """Yield the bag's own tag files, kept byte for byte below ``metadata/other/sip``."""
    for path, fixity in submission.files.items():
        if not path.startswith("data/"):
            source = submission.bag / path
            at = f"metadata/other/sip/{path}"
            yield ContentFile(source, at, path, fixity, assured.tag_formats[path], "tag")


def _software_packages(
    submission: Submission, assured: Assured, content: dict[str, ContentFile]
) -> tuple[SoftwarePackage, ...]:
    """Return each pipeline in the delivery with the SWHID of its source tree as it came."""
    noted = {note.path.strip("/"): note for note in (assured.notes.software if assured.notes else ())}
    paths = [path for path, file in content.items() if file.kind == "software"]
    return tuple(
        _software_package(submission, root, noted.get(root), assured.report.inspections.keys())
        for root in sorted(_software_roots(paths, noted))
    )


def _software_roots(paths: Sequence[str], noted: Iterable[str]) -> set[str]:
    """Return the folders that are pipelines: those the provider names, else the first level of software/."""
    roots = set()
    for path in paths:
        named = [root for root in noted if path.startswith(f"{root}/")]
        parts = PurePosixPath(path).parts
        roots.add(max(named, key=len) if named else "/".join(parts[: min(3, len(parts) - 1)]))
    return roots


def _software_package(
    submission: Submission, root: str, note: SoftwareNote | None, paths: Iterable[str]
) -> SoftwarePackage:
    inside = root.removeprefix("data/").removeprefix("software/")
    readme = next((path for path in paths if path.startswith(f"{root}/README")), "")
    return SoftwarePackage(
        name=note.name if note else PurePosixPath(root).name,
        version=note.version if note else "",
        path=f"representations/software/data/{inside}".rstrip("/"),
        swhid=swhid_of_directory(Path(submission.bag / root)),
        how_to_run=(note.how_to_run if note else "")
        or (f"see {PurePosixPath(readme).name}" if readme else ""),
    )

"""One version of an AIP, told in full from the AIP itself: the index only helps to resolve names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aip.reading import read_description, read_history
from aip.storage import AipStore
from aip.stored import StoredAip, StoredFile
from oais.archive import Home
from oais.errors import ArchiveError, NotFoundError
from oais.functions.access import cards
from oais.functions.access.citation import cite
from oais.functions.access.decisions import NEWEST, Asker
from oais.functions.access.places import check_page, crumbs
from oais.functions.access.preservation import last_audit, preservation_view
from oais.functions.access.tombstones import why_missing
from oais.functions.access.views import (
    AipView,
    AuditView,
    EventView,
    FileView,
    LinkView,
    Page,
    PreservationView,
    SoftwareView,
    VersionView,
)
from oais.information.description import PackageDescription, ProvenanceLink
from oais.information.identifiers import AipReference, parse_aip_reference
from policies.access import Action
from search_index.index import Index

PRODUCTS_SHOWN = 200
"""Products of an AIP on one page."""

EVENTS_SHOWN = 500
"""Events told on a page, those of the whole package first; all are in its PREMIS files."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A version of an AIP whose description may be read by whoever asks."""

    stored: StoredAip
    version: int
    description: PackageDescription

    @property
    def node(self) -> str:
        """Where in the tree it lies; access is decided by that place."""
        return self.description.node

    @property
    def reference(self) -> str:
        """``ID@vN``."""
        return str(AipReference(self.stored.aip_id, self.version))

    def files(self) -> dict[str, StoredFile]:
        """Return all files of the version by logical path."""
        return self.stored.open(self.version).files()


def open_shown(archive: Home, store: AipStore, asker: Asker, reference: str) -> Shown:
    """Return a version that may be read; raises WrongUsageError, NotFoundError or ClosedError.

    One that was withdrawn raises WithdrawnError with its tombstone, where that may be read.

    What may not be known answers exactly as what does not exist: an older version too where the newest
    may not be described. Beyond that each version is decided by what was sealed in it.
    """
    asked = parse_aip_reference(reference)
    unknown = NotFoundError(
        f"there is no AIP {asked.aip_id!r}", remedy="search for it by a part of its identifier"
    )
    stored = store.find(asked.aip_id)
    if stored is None:
        raise why_missing(archive, asker, asked.aip_id, unknown, asked.version)
    newest = read_description(stored)
    asker.require(Action.READ_METADATA, newest.node, asked.aip_id, unknown, stored.head)
    version = asked.version or stored.head
    if version == stored.head:
        return Shown(stored, version, newest)
    stored.open(version)
    described = read_description(stored, version)
    asker.require(Action.READ_METADATA, described.node, asked.aip_id, unknown, version)
    return Shown(stored, version, described)


def aip_view(home: Home, index: Index, asker: Asker, shown: Shown, page: int = 1) -> AipView:
    """Return all that is told of one version; ``page`` leafs through its products."""
    check_page(page)
    description, files = shown.description, shown.files()
    first = (page - 1) * PRODUCTS_SHOWN
    products = description.products[first : first + PRODUCTS_SHOWN]
    links = (link for product in products for link in product.provenance)
    place = (shown.node, description.aip_id, shown.version)
    versions = _versions(asker, shown)
    # An audit tells of all versions at once, and is told where all of them may be.
    audit = last_audit(shown.stored) if len(versions) == len(shown.stored.versions) else None
    size = sum(file.size for file in files.values())
    return AipView(
        card=cards.described_card(description, size, locked=asker.locked(*place)),
        crumbs=crumbs(asker, shown.node),
        access=asker.note(*place),
        reference=shown.reference,
        version=shown.version,
        newest=shown.stored.head,
        calib_level=cards.highest_level(description),
        summary=description.summary,
        credit=description.credit,
        facts=cards.package_facts(description) | {"Place on disk": _place(shown)},
        products=tuple(
            cards.product_card(product, files[product.path].digests)
            for product in products
            if product.path in files
        ),
        page=Page(page, PRODUCTS_SHOWN, len(description.products)),
        versions=versions,
        events=events_of(shown),
        documents=_documents(description, files),
        software=_software(description, files),
        metadata=_metadata(files),
        provenance=resolve_links(index, asker, links),
        audit=audit,
        preservation=_kept(home, shown, audit),
        citation=cite(description, shown.version, home.settings.base_url),
    )


def _kept(home: Home, shown: Shown, audit: AuditView | None) -> PreservationView | None:
    """Return how the version is kept; where the list of locations cannot be read, nobody knows."""
    try:
        view = preservation_view(home, shown.stored, shown.version, audited=False)
    except ArchiveError:
        return None
    return replace(view, audit=audit)


def _place(shown: Shown) -> str:
    """Return where the package lies in the archive's home, so that it is found without this program."""
    return "/".join(("aip", *shown.stored.path.parts[-4:]))


def _versions(asker: Asker, shown: Shown) -> tuple[VersionView, ...]:
    """Return the versions that may be described to the asker, the newest first."""
    inventory, aip_id = shown.stored.inventory, shown.stored.aip_id
    others = [number for number in shown.stored.versions if number != shown.version]
    asker.prepare_versions((aip_id, number) for number in others)
    rows = []
    for number in reversed(shown.stored.versions):
        version = inventory.versions[number]
        if number in others and not asker.version_decision(Action.READ_METADATA, aip_id, number).allowed:
            continue
        rows.append(
            VersionView(
                number=number,
                created_at=version.created,
                message=version.message,
                files=len(version.state),
                shown=number == shown.version,
            )
        )
    return tuple(rows)


def all_versions_told(asker: Asker, shown: Shown) -> bool:
    """Return whether every version may be described to the asker: an audit tells of all at once."""
    return len(_versions(asker, shown)) == len(shown.stored.versions)


def events_of(shown: Shown) -> tuple[EventView, ...]:
    """Return what happened to a version, agents by name, up to ``EVENTS_SHOWN``."""
    history = read_history(shown.stored, shown.version)
    names = {agent.identifier: f"{agent.name} {agent.version}".strip() for agent in history.agents}
    return tuple(
        EventView(
            kind=str(event.kind),
            at=event.at,
            detail=event.detail,
            outcome=str(event.outcome),
            note=event.outcome_note,
            agents=tuple(names.get(agent, agent) for agent in event.agents),
            objects=event.objects,
        )
        for event in history.events[:EVENTS_SHOWN]
    )


def _documents(description: PackageDescription, files: Mapping[str, StoredFile]) -> tuple[FileView, ...]:
    paths = dict.fromkeys(path for path in files if path.startswith("documentation/"))
    paths |= dict.fromkeys(path for path in description.documents if path in files)
    return tuple(cards.file_view(path, files[path].size, files[path].digests) for path in paths)


def _metadata(files: Mapping[str, StoredFile]) -> tuple[FileView, ...]:
    return tuple(
        cards.file_view(path, file.size, file.digests) for path, file in files.items() if is_metadata(path)
    )


def is_metadata(path: str) -> bool:
    """Return whether a logical path is one of the package's own descriptions, not of its content."""
    parts = path.split("/")
    if parts[0] == "representations":
        parts = parts[2:]
    return bool(parts) and (parts == ["METS.xml"] or parts[0] in {"metadata", "schemas"})


def _software(description: PackageDescription, files: Mapping[str, StoredFile]) -> tuple[SoftwareView, ...]:
    return tuple(
        SoftwareView(
            name=package.get("name", ""),
            version=package.get("version", ""),
            swhid=package.get("swhid", ""),
            path=package.get("path", ""),
            how_to_run=package.get("how_to_run", ""),
            files=tuple(
                cards.file_view(path, file.size, file.digests)
                for path, file in files.items()
                if package.get("path") and path.startswith(f"{package['path'].rstrip('/')}/")
            ),
        )
        for package in description.software
    )


def resolve_links(index: Index, asker: Asker, links: Iterable[ProvenanceLink]) -> tuple[LinkView, ...]:
    """Return each thing named once, with the AIP that holds it where the asker may know of that."""
    targets: dict[str, str] = {}
    rows = []
    for link in dict.fromkeys(links):
        if link.value not in targets:
            targets[link.value] = _target(index, asker, link)
        target = targets[link.value]
        value = "" if link.value == link.name else link.value
        rows.append(LinkView(link.role, link.name, value, link.source, target))
    return tuple(rows)


def _target(index: Index, asker: Asker, link: ProvenanceLink) -> str:
    if link.role in {"step", "software"} and not link.target:
        return ""
    holders = index.by_file_name(link.value) if link.value else ()
    candidates = [link.target] if link.target else []
    for reference in candidates + [holder.aip_id for holder in holders]:
        aip_id, _, number = reference.partition("@v")
        version = int(number) if number.isdecimal() else NEWEST
        if asker.version_decision(Action.READ_METADATA, aip_id, version).allowed:
            return reference
    return ""

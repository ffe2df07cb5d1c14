"""The cross-layer check: OCFL, METS, PREMIS, disk, provider's manifest and content, all against each other.

Each layer can be sealed and sound in itself while they disagree; only a check that holds them side by side
sees it. It needs nothing but the object, and goes on after the first fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from aip.audit_plan import check_place
from aip.history import PREMIS
from aip.inventory import Inventory, parse_inventory
from aip.seals import believed_inventory
from aip.stored import INVENTORY, StoredAip
from aip.validation.content_layer import (
    check_description,
    check_fast_digests,
    check_fits,
    check_software,
)
from aip.validation.eark import check_eark_files
from aip.validation.manifest_layer import check_manifests
from aip.validation.mets_layer import check_mets
from aip.validation.ocfl import check_ocfl_object
from aip.validation.premis_layer import PremisReading, check_premis
from aip.validation.premis_links import check_links
from aip.validation.schemas import check_schemas
from aip.validation.view import PackageView, view_version
from oais.information.findings import Finding, finding

_TOLD_BY_LAYERS = frozenset({"CSIPSTR4", "EAR-001", "AIP16", "AIP18", "PRM-001", "PRM-003"})
"""What METS's and PREMIS's layers tell of our packages by codes of their own, with what is expected here."""

_IDENTIFIER_IS_NO_URI = "W005"
"""OCFL would like a URI as identifier; ours is the provider's, and resolves under the archive's own."""


def check_aip(
    stored: StoredAip | Path,
    trusted: Mapping[str, bytes] | None = None,
    *,
    premis_xsd: Path | None = None,
    hash_content: bool = True,
    workers: int | None = None,
) -> Iterator[Finding]:
    """Yield every disagreement between the layers of an AIP, in all its versions.

    A Path is the object root. With ``trusted`` keys the signatures are checked too; with ``premis_xsd``
    PREMIS is held against its schema. Without ``hash_content`` no product is read. Each fault is told
    once, for the first version that has it. Raises StorageError where the disk cannot be read.
    """
    root = stored if isinstance(stored, Path) else stored.path
    told: set[tuple[str, str, str]] = set()
    for found in _all_findings(root, trusted, premis_xsd, hash_content, workers):
        key = (found.code, found.path, found.message)
        if key not in told:
            told.add(key)
            yield found


def _all_findings(
    root: Path,
    trusted: Mapping[str, bytes] | None,
    premis_xsd: Path | None,
    hash_content: bool,
    workers: int | None,
) -> Iterator[Finding]:
    for found in check_ocfl_object(root, hash_content=hash_content, workers=workers):
        if found.code != _IDENTIFIER_IS_NO_URI:
            yield found
    if trusted is not None:
        yield from believed_inventory(root, trusted).findings
    try:
        inventory = parse_inventory((root / INVENTORY).read_bytes())
    except (OSError, ValueError) as error:
        yield finding("AIP-152", INVENTORY, f"{INVENTORY} cannot be used: {error}")
        return
    yield from check_place(root, inventory)
    yield from _check_versions(root, inventory, premis_xsd, hash_content, workers)


def _check_versions(
    root: Path,
    inventory: Inventory,
    premis_xsd: Path | None,
    hash_content: bool,
    workers: int | None,
) -> Iterator[Finding]:
    for number in sorted(inventory.versions):
        view = view_version(root, inventory, number)
        reading = PremisReading()
        yield from check_mets(view)
        yield from check_premis(view, reading)
        yield from check_manifests(view, reading.original_names, reading.derived)
        yield from check_description(view)
        yield from check_schemas(view, premis_xsd)
        yield from _check_standards(view)
        if hash_content:
            yield from _check_content(view, reading, workers)


def _check_standards(view: PackageView) -> Iterator[Finding]:
    """Yield what E-ARK and PREMIS ask of any package, but for what our own layers have told."""
    files = {logical: file.disk for logical, file in view.files.items()}
    documents = {logical: files[logical] for logical in view.documents(PREMIS)}
    for found in chain(check_eark_files(files, follow=False), check_links(documents)):
        if found.code not in _TOLD_BY_LAYERS:
            yield replace(found, path=view.content_of(found.path))


def _check_content(view: PackageView, reading: PremisReading, workers: int | None) -> Iterator[Finding]:
    yield from check_fits(view, reading.formats)
    yield from check_fast_digests(view, workers)
    yield from check_software(view)

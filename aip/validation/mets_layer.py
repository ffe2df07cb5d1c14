"""METS against the disk: digests, sizes, dangling pointers, files it does not know, and its OBJID."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from aip.mets import MetsReference, iter_references, read_objid
from aip.validation.view import PackageView
from oais.information.findings import Finding, finding
from oais.information.xml import XmlRefusedError

METS = "METS.xml"
_CHECKSUM_TYPES = {"SHA-512": "sha512", "SHA-256": "sha256"}


def check_mets(view: PackageView) -> Iterator[Finding]:
    """Yield what the METS files of a version say wrongly or do not say."""
    known = {METS}
    expected = [METS, *(f"{folder}/{METS}" for folder in view.representations())]
    for logical in expected:
        if logical not in view.files:
            yield finding("AIP-101", view.content_of(logical), f"{logical} is missing")
            continue
        try:
            yield from _check_document(view, logical, known)
        except (XmlRefusedError, OSError) as error:
            path = view.content_of(logical)
            yield finding("AIP-101", path, f"{logical} cannot be read: {error}")
            return
    for logical in view.files:
        if logical not in known:
            message = f"{logical} of v{view.version} is in no METS file"
            yield finding("AIP-105", view.content_of(logical), message)


def _check_document(view: PackageView, logical: str, known: set[str]) -> Iterator[Finding]:
    file = view.files[logical]
    folder = posixpath.dirname(logical)
    expected = folder.rpartition("/")[2] or view.aip_id
    found = read_objid(file.disk)
    if found != expected:
        yield finding("AIP-106", file.content, f"OBJID of {logical} is {found!r}, expected {expected!r}")
    for reference in iter_references(file.disk):
        target = posixpath.normpath(posixpath.join(folder, reference.href))
        if target not in view.files:
            message = f"{logical} points to {reference.href!r}, which v{view.version} does not have"
            yield finding("AIP-104", file.content, message)
            continue
        known.add(target)
        if reference.kind != "mptr":
            yield from _check_reference(view, logical, target, reference)


def _check_reference(
    view: PackageView, logical: str, target: str, reference: MetsReference
) -> Iterator[Finding]:
    file = view.files[target]
    algorithm = _CHECKSUM_TYPES.get(reference.checksum_type, "")
    expected = file.digests.get(algorithm, "")
    if not expected or reference.checksum != expected:
        message = (
            f"{logical} states {reference.checksum_type} {reference.checksum[:16]}… for {target}, "
            f"the inventory has {expected[:16] or 'no such digest'}…"
        )
        yield finding("AIP-102", file.content, message)
    if file.size >= 0 and reference.size != file.size:
        message = f"{logical} states {reference.size} bytes for {target}, on disk are {file.size}"
        yield finding("AIP-103", file.content, message)

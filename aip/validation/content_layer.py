"""What the content says of itself: FITS sizes and sums, the list of BLAKE3 digests, SWHIDs, description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aip.audit_plan import parse_digest_list
from aip.reading import DESCRIPTION
from aip.software import swhid_of_tree
from aip.validation.view import PackageView, ViewedFile
from aip.writing import FAST_DIGESTS
from oais.information.description import PackageDescription, from_plain
from oais.information.findings import Finding, Severity, finding
from oais.information.many_files import hash_files
from oais.information.representation.fits_blocks import read_fits

SOFTWARE = "representations/software/metadata/descriptive/software.json"
_FITS_BEGINS = b"SIMPLE  ="
_FITS_FORMATS = frozenset({"fmt/202", "x-fmt/383"})
_SUM_CODES = frozenset({"FIT-008", "FIT-009"})


def check_fits(view: PackageView, formats: Mapping[str, str]) -> Iterator[Finding]:
    """Yield FITS files whose size or sums are not what their own headers say."""
    for logical, file in view.files.items():
        if "/data/" not in logical or not _is_fits(file, formats.get(logical, "")):
            continue
        with file.disk.open("rb") as stream:
            reading = read_fits(stream, logical)
        for found in reading.findings:
            if found.code in _SUM_CODES:
                yield finding("AIP-132", file.content, f"{logical}: {found.message}")
            elif found.severity is Severity.ERROR:
                yield finding("AIP-131", file.content, f"{logical}: {found.message}")


def _is_fits(file: ViewedFile, format_id: str) -> bool:
    try:
        with file.disk.open("rb") as stream:
            begins = stream.read(len(_FITS_BEGINS))
    except OSError:
        return False
    compressed = begins[:2] == b"\x1f\x8b"
    return begins == _FITS_BEGINS or (format_id in _FITS_FORMATS and not compressed)


def check_fast_digests(view: PackageView, workers: int | None = None) -> Iterator[Finding]:
    """Yield every file that this version stores and whose BLAKE3 is not what the list says."""
    logical = FAST_DIGESTS
    base = f"v{view.version}/content/"
    file = view.files.get(logical)
    if file is None or not file.content.startswith(base):
        return
    try:
        text = file.disk.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        yield finding("AIP-151", file.content, f"{logical} cannot be read: {error}")
        return
    listed = {f"{base}{path}": digest for digest, path in parse_digest_list(text)}
    stored = {item.content for item in view.files.values() if item.content.startswith(base)}
    left_out = stored - set(listed) - {f"{base}METS.xml", file.content}
    for content in sorted(left_out):
        yield finding("AIP-151", content, f"{logical} of v{view.version} does not list {content}")
    paths = [str(view.root / content) for content in listed]
    done = hash_files(paths, ("blake3",), workers=workers)
    for (content, expected), (_, found) in zip(listed.items(), done, strict=True):
        if found.digests.get("blake3") != expected:
            was = found.digests.get("blake3", found.problem)[:16]
            message = f"blake3 of {content} is {was}…, {logical} states {expected[:16]}…"
            yield finding("AIP-151", content, message)


def check_description(view: PackageView) -> Iterator[Finding]:
    """Yield where ``description.json`` disagrees with the package it describes."""
    path = view.content_of(DESCRIPTION)
    try:
        description = from_plain(_load(view, DESCRIPTION))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield finding("AIP-141", path, f"{DESCRIPTION} is missing or cannot be read: {error}")
        return
    if description.aip_id != view.aip_id:
        message = f"{DESCRIPTION} is of {description.aip_id!r}, the object is {view.aip_id!r}"
        yield finding("AIP-141", path, message)
    if description.version != view.version:
        message = f"{DESCRIPTION} is of version {description.version}, expected {view.version}"
        yield finding("AIP-141", path, message)
    yield from _check_products(view, path, description)


def _check_products(view: PackageView, path: str, description: PackageDescription) -> Iterator[Finding]:
    for product in description.products:
        file = view.files.get(product.path)
        if file is None:
            message = f"{DESCRIPTION} describes {product.path!r}, which v{view.version} lacks"
            yield finding("AIP-141", path, message)
        elif product.sha256 != file.digests.get("sha256") or product.size != file.size:
            message = (
                f"{DESCRIPTION} states sha256 {product.sha256[:16]}… and {product.size} bytes for "
                f"{product.path}, found {file.digests.get('sha256', '')[:16]}… and {file.size}"
            )
            yield finding("AIP-141", file.content, message)


def check_software(view: PackageView) -> Iterator[Finding]:
    """Yield every source tree whose SWHID is not the recorded one."""
    if SOFTWARE not in view.files:
        return
    path = view.content_of(SOFTWARE)
    try:
        for item in _load(view, SOFTWARE):
            base = f"{item['path']}/"
            tree = {
                logical[len(base) :]: file.disk
                for logical, file in view.files.items()
                if logical.startswith(base)
            }
            found = swhid_of_tree(tree)
            if found != item["swhid"]:
                message = f"{item['name']} has the SWHID {found}, recorded is {item['swhid']}"
                yield finding("AIP-142", path, message)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        yield finding("AIP-142", path, f"{SOFTWARE} or its source tree cannot be read: {error}")


def _load(view: PackageView, logical: str) -> Any:
    with view.files[logical].disk.open("rb") as stream:
        return json.load(stream)

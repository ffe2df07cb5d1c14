"""Is everything there that is listed, and everything listed that is there (§3)?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from sip.bag.fetch import check_fetch
from sip.bag.findings import FindingLog
from sip.bag.manifests import Manifest
from sip.bag.reading import BagReading
from sip.bag.survey import Survey

_STANDARD_TAG_FILE = re.compile(r"bagit\.txt|bag-info\.txt|package-info\.txt|fetch\.txt|manifest-[^/]+\.txt")
_TAG_MANIFEST = re.compile(r"tagmanifest-[^/]+\.txt", re.IGNORECASE)


def check_completeness(reading: BagReading, survey: Survey, log: FindingLog) -> None:
    """Compare manifests, fetch.txt and disk; afterwards every entry has the name it has on disk."""
    for manifest in (*reading.manifests, *reading.tag_manifests):
        _match_with_disk(manifest, survey, reading.fetch, log)
    _check_payload_listed(reading, survey, log)
    _check_tag_manifests(reading, survey, log)
    tables = {manifest.name: manifest.entries.keys() for manifest in reading.manifests}
    check_fetch(reading.fetch, tables, survey.sizes, log)


def _match_with_disk(
    manifest: Manifest, survey: Survey, promised: Mapping[str, object], log: FindingLog
) -> None:
    absent = sorted(path for path in manifest.entries if path not in survey.sizes)
    if not absent:
        return
    composed = {unicodedata.normalize("NFC", path): path for path in survey.sizes if not path.isascii()}
    for path in absent:
        on_disk = _other_spelling(path, manifest, survey, composed, log)
        if on_disk:
            _rename_entry(path, on_disk, manifest, log)
        elif path in survey.directories:
            log.add("BAG-032", path, f"{manifest.name} lists {path}, which is a directory")
        elif path not in promised and path not in survey.other:
            log.add("BAG-019", path, f"{path} is missing, but {manifest.name} lists it")


def _other_spelling(
    path: str, manifest: Manifest, survey: Survey, composed: Mapping[str, str], log: FindingLog
) -> str:
    """Return how a listed file is spelled on disk where it is spelled another way, or nothing."""
    written = manifest.spelled.get(path, "")
    if written and written in survey.sizes:
        log.add("BAG-050", written, f"{manifest.name} lists {written}, meaning the bare '%'")
        return written
    on_disk = composed.get(unicodedata.normalize("NFC", path), "")
    if on_disk:
        log.add("BAG-053", on_disk, f"{manifest.name} and disk differ in normalization: {on_disk}")
    return on_disk


def _rename_entry(path: str, on_disk: str, manifest: Manifest, log: FindingLog) -> None:
    digest = manifest.entries.pop(path)
    held = manifest.entries.setdefault(on_disk, digest)
    if held != digest:
        log.add("BAG-025", on_disk, f"{manifest.name} lists {on_disk} twice, with two digests")
    manifest.odd.discard(path)


def _check_payload_listed(reading: BagReading, survey: Survey, log: FindingLog) -> None:
    payload = survey.payload()
    tables = [manifest.entries for manifest in reading.manifests]
    for path in payload:
        if not any(path in entries for entries in tables):
            log.add("BAG-018", path, f"{path} is in the payload, but no manifest lists it")
    if not payload and not reading.fetch:
        log.add("BAG-065", "data", "the payload has no file; expected at least one")
    if len(reading.manifests) > 1:
        listed = set().union(*tables)
        code = "BAG-016" if reading.declaration.version >= (1, 0) else "BAG-017"
        for manifest in reading.manifests:
            for path in sorted(listed - manifest.entries.keys()):
                log.add(code, path, f"{path} is listed, but not in {manifest.name}")
    for path in payload:
        if path.endswith("/bagit.txt"):
            log.add("BAG-066", path, f"{path}: the payload holds another bag")


def _check_tag_manifests(reading: BagReading, survey: Survey, log: FindingLog) -> None:
    code = "BAG-092" if reading.declaration.version >= (1, 0) else "BAG-093"
    for tag_manifest in reading.tag_manifests:
        for manifest in reading.manifests:
            if manifest.name not in tag_manifest.entries:
                log.add(code, tag_manifest.name, f"{tag_manifest.name} does not list {manifest.name}")
        for path in filter(_TAG_MANIFEST.fullmatch, sorted(tag_manifest.entries)):
            log.add("BAG-094", tag_manifest.name, f"{tag_manifest.name} lists {path}")
            del tag_manifest.entries[path]
    if not reading.tag_manifests:
        log.add("BAG-091", "", "there is no tag manifest; expected tagmanifest-sha512.txt")
    for path in _unprotected(reading, survey):
        log.add("BAG-090", path, f"{path} is listed in no tag manifest")


def _unprotected(reading: BagReading, survey: Survey) -> Iterable[str]:
    """Tag files that no tag manifest lists; without any tag manifest, those of the standard are let be."""
    listed: set[str] = set().union(*(manifest.entries for manifest in reading.tag_manifests))
    for path in survey.tag_files():
        expected = bool(reading.tag_manifests) or not _STANDARD_TAG_FILE.fullmatch(path)
        if expected and path not in listed and not _TAG_MANIFEST.fullmatch(path):
            yield path

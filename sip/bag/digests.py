"""Is every file the one that was listed (§3)? Each file is read once, for all its algorithms."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from oais.information.fixity import FileFixity
from oais.information.many_files import hash_files
from sip.bag.findings import FindingLog
from sip.bag.manifests import Manifest
from sip.bag.survey import Survey

_SHOWN = 16


def verify_digests(
    root: Path,
    manifests: tuple[Manifest, ...],
    survey: Survey,
    known: Mapping[str, FileFixity],
    log: FindingLog,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Compare what ``manifests`` list with the bytes on disk, or with digests that are ``known`` already."""
    algorithms = tuple(manifest.algorithm for manifest in manifests)
    tables = [manifest.entries for manifest in manifests]
    present = sorted(path for path in survey.sizes if any(path in entries for entries in tables))
    for path, fixity in _fixities(root, present, algorithms, known, progress):
        if fixity.problem or fixity.size != survey.sizes[path]:
            log.add("BAG-064", path, f"{path}: {fixity.problem or 'changed while it was read'}")
            continue
        for manifest in manifests:
            expected = manifest.entries.get(path, b"").hex()
            found = fixity.digests[manifest.algorithm]
            if expected and found != expected:
                what = f"{manifest.algorithm} of {path} is {found[:_SHOWN]}…"
                log.add("BAG-020", path, f"{what}, expected {expected[:_SHOWN]}…")


def _fixities(
    root: Path,
    paths: list[str],
    algorithms: tuple[str, ...],
    known: Mapping[str, FileFixity],
    progress: Callable[[int], None] | None,
) -> Iterator[tuple[str, FileFixity]]:
    """Yield known digests where all algorithms are known, and read the other files once."""
    unknown = []
    for path in paths:
        fixity = known.get(path)
        if fixity is not None and fixity.digests.keys() >= set(algorithms):
            yield path, fixity
        else:
            unknown.append(path)
    base = f"{os.fspath(root)}/"
    hashed = hash_files((base + path for path in unknown), algorithms, progress=progress)
    for full, fixity in hashed:
        yield full[len(base) :], fixity

"""Reading a bag's own words: what it declares, lists and says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oais.information.findings import Finding
from oais.information.fixity import STRONG_ALGORITHMS
from sip.bag import fetch
from sip.bag.findings import FindingLog
from sip.bag.manifests import ALGORITHMS, DigestTable, Manifest, manifest_files, read_manifest
from sip.bag.survey import PAYLOAD, Survey, survey_bag
from sip.bag.taginfo import Declaration, read_bag_info, read_declaration

BAG_INFO = "bag-info.txt"

_OLD_BAG_INFO = "package-info.txt"  # its name in BagIt 0.93 and 0.94


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag as its tag files tell it.

    ``tags`` holds bag-info.txt with the labels as first spelled, all values of a repeated label in
    order; ``manifests`` and ``tag_manifests`` hold for each algorithm the digest by path (decoded,
    relative to the bag); ``fetch`` holds what fetch.txt promises: path to (url, bytes or -1).
    """

    root: Path
    version: str
    encoding: str
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tag_manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fetch: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def values(self, label: str) -> tuple[str, ...]:
        """Return all values of a label, whatever its case (§2.2.2)."""
        wanted = label.casefold()
        return next((v for name, v in self.tags.items() if name.casefold() == wanted), ())

    def tag(self, label: str) -> str:
        """Return the first value of a label, whatever its case; empty where it is missing."""
        return next(iter(self.values(label)), "")


@dataclass(frozen=True, slots=True)
class BagReading:
    """A bag's tag files while they are compared with what lies on disk."""

    declaration: Declaration
    tags: Mapping[str, tuple[str, ...]]
    manifests: tuple[Manifest, ...]
    tag_manifests: tuple[Manifest, ...]
    fetch: Mapping[str, tuple[str, int]]

    def as_bag(self, root: Path) -> Bag:
        """Return what was read as the plain value that others see."""
        return Bag(
            root=root,
            version=self.declaration.version_text,
            encoding=self.declaration.encoding,
            tags=self.tags,
            manifests={m.algorithm: DigestTable(m.entries) for m in self.manifests},
            tag_manifests={m.algorithm: DigestTable(m.entries) for m in self.tag_manifests},
            fetch=self.fetch,
        )


def read_bag(root: Path, *, intake: bool = False) -> tuple[Bag, list[Finding]]:
    """Read the tag files of the bag at ``root``; what is wrong with them comes as findings."""
    log = FindingLog("intake" if intake else "standard")
    reading = read_tag_files(root, survey_bag(root, log), log)
    return reading.as_bag(root), list(log.listed())


def read_tag_files(root: Path, survey: Survey, log: FindingLog) -> BagReading:
    """Read declaration, bag-info.txt, fetch.txt and all manifests; report what is wrong with them."""
    declaration = read_declaration(root, log)
    if "data" not in survey.directories:
        log.add("BAG-010", "data", "there is no directory data/")
    manifests = _read_manifests(root, "manifest", survey, declaration, log)
    tag_manifests = _read_manifests(root, "tagmanifest", survey, declaration, log)
    _check_algorithms(manifests, log)
    return BagReading(
        declaration=declaration,
        tags=_read_tags(root, survey, declaration, log),
        manifests=manifests,
        tag_manifests=tag_manifests,
        fetch=fetch.read_fetch(root, declaration, log) if fetch.NAME in survey.sizes else {},
    )


def _read_tags(
    root: Path, survey: Survey, declaration: Declaration, log: FindingLog
) -> Mapping[str, tuple[str, ...]]:
    names = [BAG_INFO] if declaration.version >= (0, 97) else [BAG_INFO, _OLD_BAG_INFO]
    for name in names:
        if name in survey.sizes:
            return read_bag_info(root, name, declaration, log)
    log.add("BAG-070", BAG_INFO, "there is no bag-info.txt")
    return {}


def _read_manifests(
    root: Path, prefix: str, survey: Survey, declaration: Declaration, log: FindingLog
) -> tuple[Manifest, ...]:
    by_algorithm: dict[str, Manifest] = {}
    for name, written in manifest_files(survey.top_files(), prefix):
        normal = re.sub("[^a-z0-9]", "", written.lower())
        if f"{prefix}-{normal}.txt" != name:
            log.add("BAG-014", name, f"{name} should be named {prefix}-{normal}.txt")
        algorithm = ALGORITHMS.get(normal)
        if algorithm is None:
            log.add("BAG-013", name, f"{name}: digest algorithm {written!r} is not known here")
        elif algorithm in by_algorithm:
            log.add("BAG-015", name, f"{name} and {by_algorithm[algorithm].name} are for one algorithm")
        else:
            manifest = Manifest(name, algorithm, prefix != "manifest", declaration.version, survey.sizes)
            read_manifest(root / name, manifest, declaration.codec, log)
            by_algorithm[algorithm] = manifest
    return tuple(by_algorithm.values())


def _check_algorithms(manifests: tuple[Manifest, ...], log: FindingLog) -> None:
    algorithms = sorted(manifest.algorithm for manifest in manifests)
    if not algorithms and not log.count("BAG-013"):
        log.add("BAG-011", "", "there is no payload manifest; expected manifest-sha512.txt")
    elif algorithms and STRONG_ALGORITHMS.isdisjoint(algorithms):
        found = f"the payload manifests are of {', '.join(algorithms)} only"
        log.add("BAG-012", manifests[0].name, f"{found}; expected sha512 or sha256")


def is_payload(path: str) -> bool:
    """Return whether a path in a bag is one of a payload file."""
    return path.startswith(PAYLOAD)

"""The content: every file in the manifest, every digest right, each file read once (3.5.2, 3.5.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aip.validation.ocfl.digests import SIZE, is_known, measured
from aip.validation.ocfl.inventory import Inventory
from oais.information.findings import Finding, finding
from oais.information.fixity import FileFixity
from oais.information.many_files import hash_files


@dataclass(frozen=True, slots=True)
class Claim:
    """What some inventory says of a file: its digest by an algorithm, and the code if it is wrong."""

    algorithm: str
    digest: str
    code: str
    where: str


@dataclass(slots=True)
class EarlierClaims:
    """Claims of earlier inventories that the current one does not make; empty in a sound object."""

    by_path: dict[str, list[Claim]] = field(default_factory=dict)

    def collect(self, earlier: Inventory, current: Inventory) -> None:
        """Remember what ``earlier`` claims and ``current`` does not."""
        for path in earlier.manifest.paths.keys() | earlier.fixity.keys():
            known = {(c.algorithm, c.digest) for c in claims_of(current, path)}
            known |= {(c.algorithm, c.digest) for c in self.by_path.get(path, ())}
            for claim in claims_of(earlier, path):
                if (claim.algorithm, claim.digest) not in known:
                    self.by_path.setdefault(path, []).append(claim)


def claims_of(inventory: Inventory, path: str) -> list[Claim]:
    """Return the digests that an inventory gives for a content path, where they can be compared."""
    claims = []
    digest = inventory.manifest.paths.get(path, "")
    if digest and is_known(inventory.algorithm):
        claims.append(Claim(inventory.algorithm, digest, "E092", inventory.where))
    for algorithm, value in inventory.fixity.get(path, {}).items():
        claims.append(Claim(algorithm, value, "E093", inventory.where))
    return claims


def check_referenced(
    files: Mapping[str, list[str] | None], earlier: Inventory, current: Inventory
) -> Iterator[Finding]:
    """Check that an earlier inventory lists every file of the versions it knows (section 3.3.1).

    A file that the current inventory does not list either is reported once, for that one.
    """
    for name in earlier.names:
        for path in files.get(name) or () if earlier.manifest.readable else ():
            if path not in earlier.manifest.paths and path in current.manifest.paths:
                yield finding("E023", path, f"{path} is not in the manifest of {earlier.where}")


def check_presence(
    files: Mapping[str, list[str] | None], current: Inventory, earlier: EarlierClaims
) -> Iterator[Finding]:
    """Check the files on disk against the manifest, both ways."""
    present = {path for found in files.values() for path in found or ()}
    for path in sorted(present - current.manifest.paths.keys()):
        yield finding("E023", path, f"{path} is not in the manifest of {current.where}")
    missing = current.manifest.paths.keys() - present - current.manifest.misplaced
    yield from _check_content_directories(files, missing, current)
    for path in sorted(missing):
        yield finding("E092", path, f"{path} is in the manifest, but no such file exists")
        if path in current.fixity:
            yield finding("E093", path, f"{path} is in the fixity block, but no such file exists")
    for path in sorted(earlier.by_path.keys() - current.manifest.paths.keys() - present):
        where = earlier.by_path[path][0].where
        yield finding("E092", path, f"{path} is in the manifest of {where}, but does not exist")


def _check_content_directories(
    files: Mapping[str, list[str] | None], missing: Collection[str], current: Inventory
) -> Iterator[Finding]:
    for name in current.names:
        if files.get(name, []) is None and any(path.startswith(f"{name}/") for path in missing):
            folder = f"{name}/{current.content_directory}"
            yield finding("E016", name, f"the version has content, but no directory {folder}")


def check_digests(
    root: Path,
    files: Mapping[str, list[str] | None],
    current: Inventory,
    earlier: EarlierClaims,
    workers: int | None,
) -> Iterator[Finding]:
    """Read each file once, with all algorithms that any inventory names for it, and compare."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for found in files.values():
        for path in found or ():
            claims = claims_of(current, path) + earlier.by_path.get(path, [])
            if claims:
                names = tuple(sorted({claim.algorithm for claim in claims} - {SIZE}))
                groups.setdefault(names, []).append(path)
    for algorithms, paths in groups.items():
        absolute = (f"{root}/{path}" for path in paths)
        measurements = hash_files(absolute, algorithms, workers=workers)
        for path, (_, fixity) in zip(paths, measurements, strict=True):
            claims = claims_of(current, path) + earlier.by_path.get(path, [])
            yield from _check_claims(path, claims, fixity)


def _check_claims(path: str, claims: list[Claim], fixity: FileFixity) -> Iterator[Finding]:
    if fixity.problem:
        yield finding("E092", path, f"{path} could not be verified: {fixity.problem}")
        return
    for claim in claims:
        found = measured(fixity, claim.algorithm)
        if found != claim.digest:
            yield finding(
                claim.code,
                path,
                f"{claim.algorithm} of {path} is {found}, expected {claim.digest} by {claim.where}",
            )

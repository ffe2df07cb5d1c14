"""Administration: making an archive, and telling in what state it is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from aip.storage import AipStore
from oais.archive import Archive, create_archive
from oais.files import free_bytes
from oais.functions.storage import aip_store
from search_index.index import open_index

_PACKAGES = ("oais", "sip", "aip", "dip", "policies", "search_index")


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an archive in a few figures."""

    home: str
    name: str
    format: int
    software: str
    key_id: str
    aips: int
    indexed_aips: int
    agreements: tuple[str, ...]
    free_bytes: int
    in_custody: int
    staged: int
    refused: int
    conflicts: tuple[str, ...]


def initialise(home: Path, *, name: str = "") -> Archive:
    """Make a new archive with its storage root and an empty index that already shows the whole tree."""
    archive = create_archive(home, name=name)
    AipStore(archive.aip_root, archive.staging / "locks").create_root(archive.signer.public_pem)
    open_index(archive.index_root).add((), archive.policies.tree.nodes())
    return archive


def tell_status(archive: Archive) -> Status:
    """Return the state of the archive; reads directories and the catalogue, no data."""
    index = open_index(archive.index_root)
    return Status(
        home=str(archive.home),
        name=archive.settings.name,
        format=archive.settings.format,
        software=software_version(),
        key_id=archive.signer.key_id,
        aips=sum(1 for _ in aip_store(archive).object_roots()),
        indexed_aips=sum(holding.total.aips for holding in index.holdings()),
        agreements=tuple(sorted(archive.policies.agreements)),
        free_bytes=free_bytes(archive.home),
        in_custody=_count(archive.custody),
        staged=sum(1 for path in archive.staging.iterdir() if path.is_dir() and path.name != "locks"),
        refused=_count(archive.refused),
        conflicts=conflicting_distributions(),
    )


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def software_version() -> str:
    """Return the version of this software as installed."""
    try:
        return metadata.version("oais-archive")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def conflicting_distributions() -> tuple[str, ...]:
    """Return other installed distributions that own one of our import packages, which breaks both."""
    owners = metadata.packages_distributions()
    others = {name for package in _PACKAGES for name in owners.get(package, ()) if name != "oais-archive"}
    return tuple(sorted(others))

"""Administration: making an archive, and telling in what state it is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from aip.storage import AipStore
from oais.archive import Archive, create_archive
from oais.confirming import why_closed
from oais.database import mail_queue
from oais.errors import DamageError, StorageError, UnreachableError
from oais.files import free_bytes
from oais.functions.audit.forecasting import audited
from oais.functions.completeness import storage_root_findings
from oais.functions.copies.locations import HOME, locations, roots
from oais.functions.mailing.sending import MOST_TRIES
from oais.functions.quicklooks.register import looks_state
from oais.functions.recovery import look_again
from oais.functions.service import database_if_any
from oais.functions.storage import aip_store
from oais.information.software import DISTRIBUTION, software_version
from search_index.index import create_index, open_index

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
    quicklooks_waiting: int
    quicklooks_failed: int
    conflicts: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def initialise(home: Path, *, name: str = "") -> Archive:
    """Make a new archive with its storage root and an empty index that already shows the whole tree."""
    archive = create_archive(home, name=name)
    AipStore(archive.aip_root, archive.staging / "locks").create_root(archive.signer.public_pem)
    create_index(archive.index_root).add((), archive.policies.tree.nodes())
    look_again(archive)
    return archive


def tell_status(archive: Archive) -> Status:
    """Return the state of the archive; reads directories and the catalogue, no data."""
    aips = sum(1 for _ in aip_store(archive).found_roots())
    indexed, warnings = _compared(archive, aips)
    looks = looks_state(archive)
    return Status(
        home=str(archive.home),
        name=archive.settings.name,
        format=archive.settings.format,
        software=software_version(),
        key_id=archive.signer.key_id,
        aips=aips,
        indexed_aips=indexed,
        agreements=tuple(sorted(archive.policies.agreements)),
        free_bytes=free_bytes(archive.home),
        in_custody=_count(archive.custody),
        staged=_count(archive.staging, files=False) - (archive.staging / "locks").is_dir(),
        refused=_count(archive.refused),
        quicklooks_waiting=looks.waiting,
        quicklooks_failed=looks.not_drawn,
        conflicts=conflicting_distributions(),
        warnings=(
            *_closed(archive),
            *(found.message for found in storage_root_findings(archive)),
            *warnings,
            *_policies_in_trouble(archive),
            *_mail_in_trouble(archive),
            *_audits_in_trouble(archive),
            *_copies_in_trouble(archive),
        ),
    )


def _closed(archive: Archive) -> tuple[str, ...]:
    why = why_closed(archive.home)
    return (
        (f"nothing is stored any more: {why}: have the disk checked, then run `oais reopen`",) if why else ()
    )


def _compared(archive: Archive, aips: int) -> tuple[int, tuple[str, ...]]:
    """Return how many AIPs the index has, and what to warn of when the store has other than these."""
    try:
        with closing(open_index(archive.index_root)) as index:
            indexed = sum(holding.total.aips for holding in index.holdings())
    except StorageError as error:
        return 0, (f"{error.message}: {error.remedy}",)
    counts = f"the store holds {aips} AIPs, the index knows {indexed}"
    if indexed < aips:
        return indexed, (f"{counts}: run `oais index rebuild`",)
    if indexed > aips:
        return indexed, (f"{counts}: run `oais audit --all` first, AIPs may be lost",)
    return indexed, ()


def _audits_in_trouble(archive: Archive) -> tuple[str, ...]:
    """Return which audits will come too late; before the first one nothing is known of them."""
    told = audited(archive, HOME)
    warnings = told.warnings() if told is not None else ()
    return tuple(f"{warning}: see `oais audit forecast`" for warning in warnings)


def _policies_in_trouble(archive: Archive) -> tuple[str, ...]:
    trouble = archive.in_force.trouble()
    return (f"{trouble}: run `oais policy check`",) if trouble else ()


def _mail_in_trouble(archive: Archive) -> tuple[str, ...]:
    """Return what to warn of when letters could not be sent; nobody else would notice."""
    try:
        database = database_if_any(archive)
    except UnreachableError as error:
        return (f"{error.message}: {error.remedy}",)
    if database is None:
        return ()
    with closing(database), database.reading() as connection:
        met, given_up = mail_queue.troubled(connection, MOST_TRIES)
    told = []
    if met:
        faults = ", ".join(sorted(set(met)))
        told.append(f"letters that could not be sent and are tried again: {len(met)} ({faults})")
    if given_up:
        told.append(f"letters given up in the last 30 days after {MOST_TRIES} tries: {given_up}")
    return tuple(told)


def _copies_in_trouble(archive: Archive) -> tuple[str, ...]:
    """Return which locations are away or closed, and what was damaged and is kept for inquiry."""
    told = []
    try:
        known = locations(archive)
        told += [f"location {one.name} is away: {one.away}" for one in known if one.away]
        told += [
            f"nothing is copied to {one.name} any more: {one.closed}: have its disk checked, "
            "then run `oais reopen`"
            for one in known
            if one.closed
        ]
        aside = {name: _count(root.parent / "quarantine") for name, root in roots(archive).items()}
        told += [f"damaged copies put aside at {name}: {count}" for name, count in aside.items() if count]
    except DamageError as error:
        told.append(f"{error.message}: {error.remedy}")
    return tuple(told)


def _count(folder: Path, *, files: bool = True) -> int:
    if not folder.is_dir():
        return 0
    return sum(1 for path in folder.iterdir() if files or path.is_dir())


def conflicting_distributions() -> tuple[str, ...]:
    """Return other installed distributions that own one of our import packages, which breaks both."""
    owners = metadata.packages_distributions()
    others = {name for package in _PACKAGES for name in owners.get(package, ()) if name != DISTRIBUTION}
    return tuple(sorted(others))

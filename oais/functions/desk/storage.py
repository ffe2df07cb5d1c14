"""Where all lies: storage roots with their room, the ledger's head, the index, from what is known already.

No data are read here, and nothing is walked unless the index is ``measured``: how many AIPs a location holds
is what its last audit counted.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from oais.archive import Archive, Home
from oais.confirming import why_closed
from oais.errors import ArchiveError
from oais.functions.access.facade import Access
from oais.functions.audit.forecasting import audited
from oais.functions.copies.locations import HOME, Location, locations, on_one_disk, why_away
from oais.functions.ledger.recording import ledger_of
from oais.functions.ledger.stamping import stamps_kept
from oais.information.software import software_version
from oais.ledger.opened import newest
from oais.walking import walk
from search_index.entries import Amount


@dataclass(frozen=True, slots=True)
class LocationView:
    """A storage root: how much room it has, what its last audit counted, and what is wrong with it.

    ``free`` and ``room`` are bytes of its file system. ``with_home`` tells that it lies on the archive's own
    disk and would be lost with it. ``closed`` is why nothing is stored there any more: its disk did not
    confirm a write. ``aside`` are damaged copies that were put aside. Without an audit so far ``audited_at``
    is empty, and the figures of audits are zero.
    """

    name: str
    path: str
    since: str = ""
    away: str = ""
    closed: str = ""
    with_home: bool = False
    free: int = 0
    room: int = 0
    aips: int = 0
    bytes: int = 0
    troubled: int = 0
    late: int = 0
    audited_at: str = ""
    aside: int = 0


@dataclass(frozen=True, slots=True)
class LedgerView:
    """The ledger's head: entries, root hash in hexadecimal, when it grew last; time stamps had and owed.

    ``fault`` says why it cannot be told.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    newest_at: str = ""
    stamped: int = 0
    stamps_owed: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class IndexView:
    """What the index can find, its bytes once ``measured``, and AIPs that are stored and not findable yet."""

    aips: int = 0
    products: int = 0
    size: int = 0
    unfinished: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class StorageView:
    """All storage roots, the archive's own first, the ledger (None: not begun), index, key and software."""

    locations: tuple[LocationView, ...]
    ledger: LedgerView | None
    index: IndexView
    key_id: str
    format: int
    software: str
    fault: str = ""


def storage_view(access: Access) -> StorageView:
    """Return the state of storage; what cannot be told is a ``fault`` of its part, never an error."""
    archive, fault = access.archive, ""
    try:
        elsewhere = locations(archive)
    except ArchiveError as error:
        elsewhere, fault = [], f"{error.message}: {error.remedy}"
    return StorageView(
        locations=(_own(archive), *(_elsewhere(archive, location) for location in elsewhere)),
        ledger=ledger_view(archive),
        index=index_view(access),
        key_id=archive.signer.key_id,
        format=archive.settings.format,
        software=software_version(),
        fault=fault,
    )


def _own(archive: Archive) -> LocationView:
    away = why_away(archive.aip_root)
    return _looked_at(archive, LocationView(HOME, str(archive.home), away=away))


def _elsewhere(archive: Archive, location: Location) -> LocationView:
    beside = on_one_disk(archive, location)
    known = LocationView(location.name, str(location.path), location.since, location.away, with_home=beside)
    return _looked_at(archive, known)


def _looked_at(archive: Archive, known: LocationView) -> LocationView:
    """Return a location with its room, what was put aside, and what audits counted."""
    place = Path(known.path)
    free, room = (0, 0) if known.away else _room(place)
    aside = _entries(place / "quarantine")
    seen = replace(known, closed=why_closed(place), free=free, room=room, aside=aside)
    told = audited(archive, known.name)
    if told is None:
        return seen
    return replace(
        seen,
        aips=told.aips,
        bytes=told.bytes,
        troubled=told.troubled,
        late=told.late,
        audited_at=max((run.ended_at for run in told.runs), default=""),
    )


def _room(path: Path) -> tuple[int, int]:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return 0, 0
    return usage.free, usage.total


def _entries(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def ledger_view(home: Home) -> LedgerView | None:
    """Return the ledger's head, its signature verified; None before it is begun."""
    try:
        ledger = ledger_of(home)
        if not ledger.signed:
            return None
        head, last, stamps = ledger.head(), newest(ledger.root), stamps_kept(home)
    except ArchiveError as error:
        return LedgerView(fault=f"{error.message}: {error.remedy}")
    at = last.statement.at if last is not None else ""
    return LedgerView(head.origin, head.size, head.root.hex(), at, *stamps)


def index_view(access: Access) -> IndexView:
    """Return what the index holds, counted by itself."""
    try:
        total = sum((holding.total for holding in access.index.holdings()), Amount())
        unfinished = len(access.index.unfinished())
    except ArchiveError as error:
        return IndexView(fault=f"{error.message}: {error.remedy}")
    return IndexView(total.aips, total.products, unfinished=unfinished)


def measured(access: Access, view: StorageView) -> StorageView:
    """Return the same with the bytes that the index takes, for which its folder is walked."""
    if view.index.fault:
        return view
    size = sum(entry.status.st_size for entry in walk(access.archive.index_root) if entry.is_file)
    return replace(view, index=replace(view.index, size=size))

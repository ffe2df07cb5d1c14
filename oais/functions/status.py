"""In what state the archive is, as everybody may know it: nothing of holdings, people and disks.

How many letters wait is not told: who asks for a new password would see by it whether there is an account.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from oais.archive import Home
from oais.confirming import why_closed
from oais.database import deposits, orders
from oais.database.orders import OrderState
from oais.disk_faults import storage_errors
from oais.errors import ArchiveError
from oais.functions.access.facade import Access
from oais.functions.audit.forecasting import newest_run
from oais.functions.audit.register import Register
from oais.functions.copies.locations import HOME, why_away
from oais.functions.dropfolder import waiting_in
from oais.functions.service import Service
from oais.information.software import software_version


class Condition(StrEnum):
    """What can be done with the archive now."""

    OPEN = "open"
    READING = "reading only"
    DISTURBED = "disturbed"


class Reason(StrEnum):
    """Why not all can be done."""

    NO_STORE = "The storage cannot be reached: files cannot be downloaded."
    NO_INDEX = "The index cannot be read: nothing can be searched."
    NO_POLICY = "No access policy is in force: nothing is shown to the public."
    UNCONFIRMED = "A disk did not confirm a write: nothing is taken in until it was checked."
    NO_DATABASE = "Accounts and orders cannot be used."


class IndexState(StrEnum):
    """Whether all that is stored can be found."""

    COMPLETE = "up to date"
    BEHIND = "catching up with what is stored"
    UNREADABLE = "cannot be read"


_DISTURBING: Final = frozenset({Reason.NO_STORE, Reason.NO_INDEX, Reason.NO_POLICY})


@dataclass(frozen=True, slots=True)
class StatusView:
    """What can be done now, and why not all; the last audit (ISO 8601, empty: none yet); how many wait.

    ``deliveries`` are whole and not decided on, ``orders`` placed and not ready; None where nobody knows.
    """

    state: Condition
    reasons: tuple[Reason, ...]
    index: IndexState
    last_audit: str
    deliveries: int | None
    orders: int | None
    software: str


def archive_status(access: Access, service: Service | None) -> StatusView:
    """Return the state of the archive; what fails is told as a reason and never raised."""
    archive, index = access.archive, _index_state(access)
    waiting = _waiting(service)
    found = (
        (Reason.NO_STORE, bool(why_away(archive.aip_root))),
        (Reason.NO_INDEX, index is IndexState.UNREADABLE),
        (Reason.NO_POLICY, archive.in_force.current().nothing_allowed),
        (Reason.UNCONFIRMED, bool(why_closed(archive.home))),
        (Reason.NO_DATABASE, waiting is None),
    )
    reasons = tuple(reason for reason, holds in found if holds)
    deliveries, placed = waiting or (None, None)
    return StatusView(
        _condition(reasons), reasons, index, _last_audit(archive), deliveries, placed, software_version()
    )


def _condition(reasons: tuple[Reason, ...]) -> Condition:
    if _DISTURBING.intersection(reasons):
        return Condition.DISTURBED
    return Condition.READING if reasons else Condition.OPEN


def _index_state(access: Access) -> IndexState:
    try:
        access.index.paths()
    except ArchiveError:
        return IndexState.UNREADABLE
    return IndexState.BEHIND if access.index.unfinished() else IndexState.COMPLETE


def _last_audit(archive: Home) -> str:
    """Return when an audit ended last, by the register that audits keep; nothing before the first."""
    with closing(Register(archive, HOME, archive.aip_root, reading=True)) as register:
        run = newest_run(register)
    return run.ended_at if run else ""


def _waiting(service: Service | None) -> tuple[int, int] | None:
    """Return how many deliveries and orders wait, if the database tells."""
    if service is None:
        return None
    try:
        with service.database.reading() as connection:
            deposited = deposits.waiting(connection)
            placed = orders.count(connection, None, (OrderState.QUEUED, OrderState.BUILDING))
        with storage_errors("reading the drop folder"):
            dropped = sum(1 for _ in waiting_in(service.archive))
    except ArchiveError:
        return None
    return deposited + dropped, placed

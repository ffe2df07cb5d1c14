"""Deliveries as the staff see them: what is on its way, what waits in the drop folder, what was refused."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from oais.archive import Archive, Home, timestamp
from oais.database import deposits, people
from oais.database.deposits import Deposit, DepositState
from oais.database.people import Person
from oais.errors import ArchiveError, NotFoundError
from oais.functions.access.places import check_page
from oais.functions.access.views import Page
from oais.functions.dropfolder import waiting_in
from oais.functions.quicklooks.register import LooksState, looks_state
from oais.functions.receipts import newest_receipts, open_receipt
from oais.functions.service import Service
from oais.information.findings import Severity, worst_first
from oais.information.identifiers import RECEIPT_ID
from oais.information.packages import Receipt
from oais.information.text import printable

MOST_SHOWN: Final = 100
REFUSED_SHOWN: Final = 25
_LATELY: Final = 10
_UNTOLD: Final = ""
"""Stands for the time of a delivery whose sender set it to none that a calendar has."""


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A deposit on its way: whose (login), how far in bytes, and what stopped its ingest, if anything did."""

    name: str
    sender: str
    state: str
    offset: int
    length: int
    created_at: str
    changed_at: str
    attempts: int = 0
    note: str = ""
    due_at: str = ""

    @property
    def percent(self) -> int:
        """How much of it has come."""
        return 100 * self.offset // self.length if self.length else 100


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """What lies in the drop folder: since when nothing in it has changed, and whether it is marked ready."""

    name: str
    changed_at: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A delivery that was decided on; ``fault`` says why its receipt cannot be shown."""

    receipt_id: str
    status: str = ""
    source_name: str = ""
    received_at: str = ""
    agreement: str = ""
    provider: str = ""
    aip_id: str = ""
    version: int = 0
    errors: int = 0
    codes: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class QueueView:
    """What is being sent, what waits, what lies in the drop folder, what was decided, and its quick-looks.

    ``staying`` are deposits that were decided on and whose uploads stay, since something of them is not
    proven yet.
    """

    uploading: tuple[DepositRow, ...]
    waiting: tuple[DepositRow, ...]
    staying: tuple[DepositRow, ...]
    dropped: tuple[DroppedRow, ...]
    lately: tuple[Decided, ...]
    looks: LooksState

    @property
    def stopped(self) -> int:
        """How many wait because a fault of the archive's own stopped them."""
        return sum(bool(row.note) for row in self.waiting)


@dataclass(frozen=True, slots=True)
class RefusedView:
    """A page of the deliveries that were refused and are kept, the newest first."""

    refused: tuple[Decided, ...]
    page: Page


def queue_view(service: Service) -> QueueView:
    """Return the ingest queue, at most a hundred of each kind; raises StorageError."""
    with service.database.reading() as connection:
        found = deposits.live(connection, most=2 * MOST_SHOWN)
        staying = deposits.staying(connection, most=MOST_SHOWN)
        senders = {
            person: people.by_identifier(connection, person)
            for person in {one.person for one in (*found, *staying)}
        }
    live = [_row(deposit, senders[deposit.person]) for deposit in found]
    begun = tuple(row for row in live if row.state == DepositState.UPLOADING)
    return QueueView(
        uploading=begun[:MOST_SHOWN],
        waiting=tuple(row for row in live if row.state != DepositState.UPLOADING)[:MOST_SHOWN],
        staying=tuple(_row(deposit, senders[deposit.person]) for deposit in staying),
        dropped=tuple(islice(_dropped(service.archive), MOST_SHOWN)),
        lately=tuple(_decided(service.archive, name) for name in newest_receipts(service.archive, _LATELY)),
        looks=looks_state(service.archive),
    )


def _row(deposit: Deposit, sender: Person | None) -> DepositRow:
    return DepositRow(
        name=deposit.name,
        sender=sender.login if sender else "",
        state=deposit.state,
        offset=deposit.offset,
        length=deposit.length,
        created_at=deposit.created_at,
        changed_at=deposit.changed_at,
        attempts=deposit.attempts,
        note=deposit.note,
        due_at=deposit.due_at,
    )


def _dropped(archive: Archive) -> Iterator[DroppedRow]:
    for path, ready in waiting_in(archive):
        try:
            changed = timestamp(datetime.fromtimestamp(os.lstat(path).st_mtime, UTC))
        except FileNotFoundError:
            continue  # taken a moment ago
        except (ValueError, OverflowError):
            changed = _UNTOLD
        yield DroppedRow(printable(path.name), changed, ready)


def refused_names(home: Home) -> list[str]:
    """Return the names of the receipts whose deliveries are kept as refused, the newest first."""
    if not home.refused.is_dir():
        return []
    return sorted((name for name in os.listdir(home.refused) if RECEIPT_ID.fullmatch(name)), reverse=True)


def refused_view(home: Home, page: int = 1) -> RefusedView:
    """Return a page of the refused deliveries; raises WrongUsageError for a page that no list has."""
    check_page(page)
    names = refused_names(home)
    shown = names[(page - 1) * REFUSED_SHOWN : page * REFUSED_SHOWN]
    return RefusedView(tuple(_decided(home, name) for name in shown), Page(page, REFUSED_SHOWN, len(names)))


def refusal(home: Home, name: str) -> Receipt:
    """Return the receipt of a refused delivery, its findings worst first.

    Raises NotFoundError for any other, DamageError, StorageError.
    """
    receipt = open_receipt(home, name)
    if receipt.status != "refused":
        raise NotFoundError(
            f"the delivery of receipt {name} was not refused", remedy="the list has all that were"
        )
    return receipt


def _decided(home: Home, name: str) -> Decided:
    try:
        receipt = open_receipt(home, name)
    except ArchiveError as error:
        return Decided(name, fault=error.message)
    errors = [found for found in worst_first(receipt.findings) if found.severity is Severity.ERROR]
    codes = Counter(found.code for found in errors)
    return Decided(
        receipt_id=receipt.receipt_id,
        status=receipt.status,
        source_name=receipt.source_name,
        received_at=receipt.received_at,
        agreement=receipt.agreement,
        provider=receipt.provider,
        aip_id=receipt.aip_id,
        version=receipt.version,
        errors=len(errors),
        codes=tuple(sorted(codes)),
    )

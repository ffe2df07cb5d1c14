"""Ingesting what was deposited: in the worker, never in a request, and exactly once, whenever it is killed.

A worker holds the file of the deposit while it works; what is kept of it is proven before its bytes are
removed (``clearing``). Its receipt was promised before: a run that is
repeated gives the same receipt, and the pipeline recognises content that is in.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from oais.archive import Archive, timestamp
from oais.database import deposits, people
from oais.database.deposits import Deposit, DepositState
from oais.errors import NotFoundError
from oais.functions.coordination import Disposition
from oais.functions.deposit.answering import letter_of
from oais.functions.deposit.uploads import upload_path
from oais.functions.mailing.queueing import queue_mail
from oais.functions.receipts import open_receipt
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.functions.submission import submit_one
from oais.information.packages import Handover, Receipt
from oais.walking import remove_tree
from policies.principals import STAFF
from sip.uploads import UploadBusyError, writing_upload

_AT_ONCE: Final = 3
"""Attempts without a pause; after them the pause doubles from a minute up to an hour."""


def ingest_due(service: Service) -> int:
    """Ingest every deposit that is whole and due; return of how many the outcome is known now.

    One that a fault of ours stopped is tried again later. Raises StorageError when the database fails.
    """
    with service.database.reading() as connection:
        waiting = deposits.due(connection, timestamp(service.now()))
    decided = 0
    for deposit in waiting:
        with suppress(UploadBusyError), writing_upload(upload_path(service.archive, deposit)):
            decided += _take(service, deposit.identifier)
    return decided


def _take(service: Service, identifier: str) -> bool:
    """Ingest a deposit that is held alone, unless another worker was first; return whether it is decided."""
    with service.database.writing() as connection:
        found = deposits.by_identifier(connection, identifier)
        if found is None or found.state not in deposits.WAITING:
            return False
        due = service.now() + _pause(found.attempts + 1)
        deposit = deposits.change(
            connection,
            identifier,
            state=DepositState.CHECKING,
            attempts=found.attempts + 1,
            due_at=timestamp(due),
        )
    told = _submitted(service.archive, deposit, _handover(service, deposit))
    if told.receipt is None:
        _put_off(service, deposit, told)
        return False
    _decide(service, deposit, told.receipt)
    return True


def _pause(attempts: int) -> timedelta:
    if attempts < _AT_ONCE:
        return timedelta()
    return min(timedelta(minutes=2 ** min(attempts - _AT_ONCE, 6)), timedelta(hours=1))


def _handover(service: Service, deposit: Deposit) -> Handover:
    """Return what binds the sender now: his role and agreements may have changed since he began."""
    with service.database.reading() as connection:
        person = people.by_identifier(connection, deposit.person)
        bound_to = people.agreements(connection, deposit.person)
    staff = person is not None and person.role in STAFF
    return Handover(deposit.agreement, None if staff else bound_to, deposit.promised)


def _submitted(archive: Archive, deposit: Deposit, handover: Handover) -> Disposition:
    delivery = upload_path(archive, deposit)
    refused = _refused_before(archive, deposit.promised)
    if refused is not None:
        return Disposition(delivery, refused)
    for remains in _remains(archive, deposit.promised):
        with suppress(OSError):
            remove_tree(remains)
    return submit_one(archive, delivery, handover)


def _refused_before(archive: Archive, name: str) -> Receipt | None:
    """Return the receipt of a refusal that was signed by a worker which ended before it could tell."""
    with suppress(NotFoundError):
        receipt = open_receipt(archive, name)
        return receipt if receipt.status == "refused" else None
    return None


def _remains(archive: Archive, name: str) -> tuple[Path, ...]:
    """Return where a worker that ended may have left bytes under the promised name."""
    return (archive.custody / f".{name}.partial", archive.custody / name, archive.refused / name)


def _put_off(service: Service, deposit: Deposit, told: Disposition) -> None:
    with service.database.writing() as connection:
        deposits.change(connection, deposit.identifier, state=DepositState.RECEIVED, note=told.error)


def _decide(service: Service, deposit: Deposit, receipt: Receipt) -> None:
    """Record the outcome and queue its mail, both or neither."""
    state = DepositState.REFUSED if receipt.status == "refused" else DepositState.ACCEPTED
    with service.database.writing() as connection:
        sender = people.by_identifier(connection, deposit.person)
        letter = letter_of(service, deposit, receipt, sender.email) if sender else None
        if letter is not None:
            queue_mail(connection, service, letter)
        deposits.change(
            connection,
            deposit.identifier,
            state=state,
            receipt=receipt.receipt_id,
            note="",
            changed_at=timestamp(service.now()),
        )
        told = {"who": deposit.person, "subject": deposit.identifier, "receipt": receipt.receipt_id}
        record(service, f"deposit.{state}", **told)

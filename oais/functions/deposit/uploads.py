"""Uploads: who may begin one, whose it is, and how one ends that was left unfinished.

Whoever changes an upload holds its file alone (``sip.uploads``), so that a writer, a withdrawal, the sweep
and a worker never meet. What was acknowledged is on the disk, and the row in the database says how far.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from oais.archive import Archive, timestamp
from oais.confirming import require_open
from oais.database import Connection, deposits
from oais.database.deposits import Deposit, DepositState
from oais.errors import BusyError, NotFoundError, RefusedError, WrongUsageError
from oais.functions.security_log import record
from oais.functions.service import Service
from oais.information.identifiers import is_aip_id
from oais.information.text import printable
from policies.principals import STAFF, Principal
from sip.containers.extraction import SUFFIXES
from sip.uploads import UploadBusyError, create_upload, remove_upload, writing_upload


class EndedError(NotFoundError):
    """The upload was withdrawn, or was left unfinished for too long."""

    http_status = 410


class QuotaError(RefusedError):
    """The delivery is larger than what is taken, or than what the account may have under way."""

    http_status = 413


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a sender says of a delivery before its first byte: file name, bytes, and two optional words."""

    name: str
    length: int
    agreement: str = ""
    fingerprint: str = ""


def begin(service: Service, principal: Principal, announced: Announcement) -> Deposit:
    """Begin an upload; nothing is left behind when it cannot be.

    Raises WrongUsageError for a name that is none, RefusedError for a sender bound to other agreements,
    QuotaError for too many bytes, BusyError for too many uploads at a time, NoRoomError on a full disk,
    StorageError, also while the archive is closed.
    """
    require_open(service.archive.home)
    settings = service.archive.settings
    _check_name(announced.name)
    if announced.length < 1:
        raise WrongUsageError("the delivery has no bytes", remedy="send a container with a bag in it")
    if announced.length > settings.max_delivery_bytes:
        raise QuotaError(
            f"the delivery has {announced.length} bytes, and at most {settings.max_delivery_bytes} are taken",
            remedy="split it into several bags of one data set",
        )
    now = timestamp(service.now())
    deposit = Deposit(
        person=principal.identifier,
        name=announced.name,
        length=announced.length,
        agreement=_agreement(principal, announced.agreement),
        fingerprint=announced.fingerprint,
        created_at=now,
        changed_at=now,
    )
    with service.database.writing() as connection:
        _require_allowance(service, connection, deposit)
        create_upload(upload_path(service.archive, deposit), announced.length)
        deposits.add(connection, deposit)
        record(service, "deposit.begun", who=deposit.person, subject=deposit.identifier, name=deposit.name)
    return deposit


def _require_allowance(service: Service, connection: Connection, deposit: Deposit) -> None:
    """Raise QuotaError or BusyError when the sender has as much under way as he may."""
    settings = service.archive.settings
    held = deposits.held_bytes(connection, deposit.person)
    if held + deposit.length > settings.deposit_quota_bytes:
        raise QuotaError(
            f"{held} bytes of yours are under way, and {deposit.length} more would be above the "
            f"{settings.deposit_quota_bytes} that an account may have",
            remedy="wait until what is under way is ingested, or withdraw what you no longer want",
        )
    opened = deposits.uploading(connection, deposit.person)
    if settings.uploads_at_once and opened >= settings.uploads_at_once:
        raise BusyError(
            f"{opened} uploads of yours are open, as many as an account may have at a time",
            remedy="finish or withdraw one, as the list of deposits shows them; one to which nothing is "
            f"added for {settings.deposit_expiry_hours} hours ends by itself",
            retry_after=60,
        )


def _check_name(name: str) -> None:
    if not (is_aip_id(name) and name.endswith(SUFFIXES)):
        raise WrongUsageError(
            f"{printable(name)!r} is not the name of a delivery; expected up to 120 letters, digits and "
            f"._:+=- that end with one of {', '.join(SUFFIXES)}",
            remedy="rename the file",
        )


def _agreement(principal: Principal, named: str) -> str:
    """Return the agreement for a bag that names none: the one named, or the only one there can be."""
    if principal.role in STAFF:
        return named
    if not principal.agreements:
        raise RefusedError(
            "your account is bound to no agreement", remedy="ask the archivist to bind it to yours"
        )
    if named and named not in principal.agreements:
        raise RefusedError(
            f"your account may not deliver under {printable(named)!r}, but under "
            f"{', '.join(sorted(principal.agreements))}",
            remedy="name one of your own agreements, or none",
        )
    return named or (min(principal.agreements) if len(principal.agreements) == 1 else "")


def upload_path(archive: Archive, deposit: Deposit) -> Path:
    """Return where the bytes of a deposit lie."""
    return archive.uploads / deposit.identifier / deposit.name


def own_deposit(service: Service, principal: Principal, identifier: str) -> Deposit:
    """Return a deposit of this sender's own; raises NotFoundError for any other, as if there were none."""
    with service.database.reading() as connection:
        deposit = deposits.by_identifier(connection, identifier)
    if deposit is None or deposit.person != principal.identifier:
        raise NotFoundError("there is no such deposit of yours", remedy="the list of deposits has them all")
    return deposit


def own_upload(service: Service, principal: Principal, identifier: str) -> Deposit:
    """Return a deposit whose bytes came or may still come; raises NotFoundError, EndedError."""
    deposit = own_deposit(service, principal, identifier)
    if deposit.state in {DepositState.WITHDRAWN, DepositState.EXPIRED}:
        raise EndedError(f"the upload {deposit.name} is {deposit.state}", remedy="begin a new upload")
    return deposit


def expiry_of(service: Service, deposit: Deposit) -> datetime | None:
    """Return the moment an unfinished upload ends if nothing is added; None when it is whole."""
    if deposit.state is not DepositState.UPLOADING:
        return None
    return datetime.fromisoformat(deposit.changed_at) + _patience(service)


def _patience(service: Service) -> timedelta:
    return timedelta(hours=service.archive.settings.deposit_expiry_hours)


def withdraw(service: Service, principal: Principal, identifier: str) -> None:
    """End an unfinished upload and remove its bytes.

    Raises NotFoundError, EndedError, UploadBusyError, and RefusedError when it is whole already.
    """
    deposit = own_upload(service, principal, identifier)
    if deposit.state is DepositState.UPLOADING and _end(service, deposit, DepositState.WITHDRAWN):
        return
    raise RefusedError(
        f"{deposit.name} is whole and {deposit.state}; a delivery that was handed over stays",
        remedy="ask the archivist, if it should not have been sent",
    )


def sweep_expired(service: Service) -> int:
    """End the uploads that nothing was added to for too long, and remove bytes that nobody waits for.

    Returns how many uploads ended.
    """
    with service.database.reading() as connection:
        idle = deposits.idle(connection, timestamp(service.now() - _patience(service)))
    ended = 0
    for deposit in idle:
        try:
            ended += _end(service, deposit, DepositState.EXPIRED)
        except UploadBusyError:
            continue
    _sweep_bytes(service)
    return ended


def _end(service: Service, deposit: Deposit, state: DepositState) -> bool:
    """End an upload unless it has become whole meanwhile; return whether it ended."""
    path = upload_path(service.archive, deposit)
    with writing_upload(path) if path.exists() else nullcontext():
        with service.database.writing() as connection:
            now = deposits.by_identifier(connection, deposit.identifier)
            if now is None or now.state is not DepositState.UPLOADING:
                return False
            at = timestamp(service.now())
            deposits.change(connection, deposit.identifier, state=state, changed_at=at)
            record(service, f"deposit.{state}", who=deposit.person, subject=deposit.identifier)
        remove_upload(path)
    return True


def _sweep_bytes(service: Service) -> None:
    """Remove the bytes of deposits that ended, left by a process that ended before it could.

    Those of deposits that were decided on stay until what is kept of them is proven (``clearing``).
    """
    with service.database.writing() as connection:  # so that no upload begins meanwhile
        for folder in sorted(service.archive.uploads.iterdir()):
            found = deposits.by_identifier(connection, folder.name)
            if found is None or found.state not in deposits.KEPT:
                remove_upload(folder / "bytes")

"""What should be stored and is not: the signed receipts say what was accepted, the store what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from aip.root import ROOT_DECLARATION, ROOT_DECLARED
from oais.archive import Home
from oais.disk_faults import unreadable
from oais.errors import ArchiveError, DamageError, StorageError
from oais.files import read_regular
from oais.functions.receipts import each_receipt
from oais.functions.storage import aip_store
from oais.functions.withdrawal.keeping import ROOM as WITHDRAWALS
from oais.functions.withdrawal.keeping import each_withdrawal, folder_of, vouched
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path
from oais.information.packages import Receipt
from oais.information.withdrawals import standing


def storage_root_findings(home: Home, root: Path | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the storage root itself: it is gone, or not declared as one.

    ``root`` is that of another location, else the archive's own is looked at.
    """
    place = root or home.aip_root
    if not place.is_dir():
        yield finding("AUD-004", "aip", "the storage root aip/ is missing")
        return
    path = f"aip/{ROOT_DECLARATION}"
    try:
        found = read_regular(place / ROOT_DECLARATION)
    except OSError as error:
        fault = unreadable(path, error)
        yield finding("AUD-009" if isinstance(fault, StorageError) else "AUD-004", path, fault.message)
        return
    if found != ROOT_DECLARED:
        yield finding("AUD-004", path, f"{path} holds {found[:40]!r}, expected {ROOT_DECLARED!r}")


def missing_from_store(
    home: Home, head_of: Callable[[str], int], aip_id: str = ""
) -> Iterator[tuple[str, Finding]]:
    """Yield what receipts say was accepted and the store has not, each with the AIP it is about.

    ``head_of`` tells the newest version of an AIP that was just audited, 0 of others; ``aip_id`` asks of one
    AIP alone.
    A fault of a receipt itself is about ``ledger/receipts``. Raises StorageError.
    """
    yield from _withdrawn_amiss(home, aip_id)
    told: set[tuple[str, int]] = set()
    for path, receipt in each_receipt(home, about=aip_id):
        place = path.relative_to(home.home).as_posix()
        if not isinstance(receipt, Receipt):
            code = "AUD-009" if isinstance(receipt, StorageError) else "AUD-003"
            yield "ledger/receipts", finding(code, place, receipt.message)
        elif receipt.status == "accepted" and receipt.aip_id and aip_id in {"", receipt.aip_id}:
            found = _missing(home, receipt, head_of(receipt.aip_id))
            key = (receipt.aip_id, 0 if found is None or found.code == "AUD-001" else receipt.version)
            if found is not None and key not in told:
                told.add(key)
                yield receipt.aip_id, found


def _withdrawn_amiss(home: Home, aip_id: str) -> Iterator[tuple[str, Finding]]:
    """Yield AIPs that were withdrawn and are there all the same, and records that prove nothing."""
    for folder, found in each_withdrawal(home):
        if isinstance(found, DamageError):
            if not aip_id or folder == folder_of(home, aip_id):
                yield WITHDRAWALS, finding("WDR-002", f"{WITHDRAWALS}/{folder.name}", found.message)
            continue
        gone = standing(found)
        if gone is None or gone.deletion is None:
            continue
        about, place = gone.aip_id, object_path(gone.aip_id)
        if aip_id in {"", about} and (home.aip_root / place).exists():
            message = f"{about} was withdrawn on {gone.deletion.at[:10]}, and is in the store"
            yield about, finding("WDR-001", f"aip/{place}", message)


def _missing(home: Home, receipt: Receipt, head: int) -> Finding | None:
    """Compare one receipt with the store; what came in while the audit ran is looked up again."""
    if head >= receipt.version or receipt.receipt_id in vouched(home, receipt.aip_id).receipts:
        return None
    place = object_path(receipt.aip_id)
    said = f"receipt {receipt.receipt_id} says v{receipt.version} was accepted"
    if head == 0 and not (home.aip_root / place).is_dir():
        message = f"{receipt.aip_id} is not in the store, but {said}"
        return finding("AUD-001", f"aip/{place}", message)
    try:
        stored = aip_store(home).find(receipt.aip_id)
    except ArchiveError:
        return None  # its own audit names what is damaged
    if stored is None or stored.head >= receipt.version:
        return None
    message = f"{receipt.aip_id} ends with v{stored.head}, but {said}"
    return finding("AUD-002", f"aip/{place}/v{receipt.version}", message)

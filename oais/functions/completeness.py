"""What should be stored and is not: the signed receipts say what was accepted, the store what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aip.root import ROOT_DECLARATION
from oais.archive import Home
from oais.errors import ArchiveError, DamageError
from oais.files import read_regular
from oais.functions.receipts import each_receipt
from oais.functions.storage import aip_store
from oais.information.findings import Finding, finding
from oais.information.identifiers import object_path
from oais.information.packages import Receipt

_DECLARED = b"ocfl_1.1\n"


def storage_root_findings(home: Home) -> Iterator[Finding]:
    """Yield what is wrong with the storage root itself: it is gone, or not declared as one."""
    if not home.aip_root.is_dir():
        yield finding("AUD-004", "aip", "the storage root aip/ is missing")
        return
    path = f"aip/{ROOT_DECLARATION}"
    try:
        found = read_regular(home.aip_root / ROOT_DECLARATION)
    except OSError as error:
        yield finding("AUD-004", path, f"{path} cannot be read: {error.strerror}")
        return
    if found != _DECLARED:
        yield finding("AUD-004", path, f"{path} holds {found[:40]!r}, expected {_DECLARED!r}")


def missing_from_store(
    home: Home, heads: Mapping[str, int], aip_id: str = ""
) -> Iterator[tuple[str, Finding]]:
    """Yield what receipts say was accepted and the store has not, each with the AIP it is about.

    ``heads`` has the newest version of each AIP that was just audited; ``aip_id`` asks of one AIP alone.
    A fault of a receipt itself is about ``ledger/receipts``. Raises StorageError.
    """
    told: set[tuple[str, int]] = set()
    for path, receipt in each_receipt(home, about=aip_id):
        place = path.relative_to(home.home).as_posix()
        if isinstance(receipt, DamageError):
            yield "ledger/receipts", finding("AUD-003", place, receipt.message)
        elif receipt.status == "accepted" and receipt.aip_id and aip_id in {"", receipt.aip_id}:
            found = _missing(home, receipt, heads.get(receipt.aip_id, 0))
            key = (receipt.aip_id, 0 if found is None or found.code == "AUD-001" else receipt.version)
            if found is not None and key not in told:
                told.add(key)
                yield receipt.aip_id, found


def _missing(home: Home, receipt: Receipt, head: int) -> Finding | None:
    """Compare one receipt with the store; what came in while the audit ran is looked up again."""
    if head >= receipt.version:
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

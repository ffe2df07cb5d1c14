"""Parting from a source: what was delivered is removed only once every copy of it is proven from its disk.

It stands in the signed ledger by then, for nothing is acknowledged before.
"""

from __future__ import annotations

from aip.audit import audit_aip
from oais.archive import Archive
from oais.functions.audit.beside import refused_fault
from oais.functions.copies.locations import locations
from oais.functions.copies.replication import is_owed
from oais.functions.storage import aip_store
from oais.information.findings import Severity
from oais.information.packages import Receipt


def owed_copies(archive: Archive, receipt: Receipt) -> str:
    """Return which locations have not proven a copy of what was accepted yet; nothing when all have.

    A copy is proven from its own disk before it counts, so whether it is there is all that is asked.
    Raises DamageError, StorageError.
    """
    stored = aip_store(archive).find(receipt.aip_id) if receipt.status == "accepted" else None
    if stored is None:
        return ""
    owed = [place.name for place in locations(archive) if place.away or is_owed(archive, place, stored.path)]
    return f"{', '.join(owed)} has no copy of {receipt.aip_id} yet" if owed else ""


def unproven(archive: Archive, receipt: Receipt) -> str:
    """Return why what is kept here is not proven to be what was delivered; reads every byte from the disk.

    Of a refused delivery that is what its receipt says, where refused deliveries are kept. Raises
    DamageError, StorageError.
    """
    if receipt.status != "accepted":
        folder = archive.refused / receipt.receipt_id
        return refused_fault(archive, folder) if archive.settings.keep_refused else ""
    stored = aip_store(archive).find(receipt.aip_id)
    if stored is None or stored.head < receipt.version:
        return f"{receipt.aip_id}@v{receipt.version} is not in the store"
    audited = audit_aip(stored, archive.trusted_keys(), algorithms=("sha512",), record=False)
    wrong = [found.message for found in audited.findings if found.severity is Severity.ERROR]
    return wrong[0] if wrong else ""

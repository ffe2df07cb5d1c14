"""Parting from a source: what was delivered is removed only once every copy of it is proven from its disk.

It stands in the signed ledger by then, for nothing is acknowledged before. The drop folder and the uploads
both part by this rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aip.audit import audit_aip
from oais.archive import Archive
from oais.errors import ArchiveError
from oais.functions.audit.beside import refused_fault
from oais.functions.copies.locations import locations
from oais.functions.copies.replication import is_owed
from oais.functions.storage import aip_store
from oais.functions.withdrawal.keeping import vouched
from oais.information.findings import Severity
from oais.information.packages import Receipt

SEE_TO_IT: Final = "'oais location sync' brings copies, 'oais audit' tells what is wrong; then it is removed"
"""What to do about a source that stays."""


@dataclass(slots=True)
class Proof:
    """What is known of whether the source of a receipt may go: ``proven``, or the ``fault`` of what is kept.

    What is kept is read once: neither what was proven nor what failed to be is read again.
    """

    receipt: Receipt
    proven: bool = False
    fault: str = ""

    def why_not(self, archive: Archive) -> str:
        """Return why the source must stay, nothing when it may go; a fault of the disk is asked again."""
        try:
            if not (self.proven or self.fault):
                self.fault = _unproven(archive, self.receipt)
                self.proven = not self.fault
            return self.fault or _owed_copies(archive, self.receipt)
        except ArchiveError as error:
            return error.message


def _owed_copies(archive: Archive, receipt: Receipt) -> str:
    """Return which locations have not proven a copy of what was accepted yet; nothing when all have.

    A copy is proven from its own disk before it counts, so whether it is there is all that is asked.
    Raises DamageError, StorageError.
    """
    stored = aip_store(archive).find(receipt.aip_id) if receipt.status == "accepted" else None
    if stored is None:
        return ""
    owed = [place.name for place in locations(archive) if place.away or is_owed(archive, place, stored.path)]
    return f"{', '.join(owed)} has no copy of {receipt.aip_id} yet" if owed else ""


def _unproven(archive: Archive, receipt: Receipt) -> str:
    """Return why what is kept here is not proven to be what was delivered; reads every byte from the disk.

    Of a refused delivery that is what its receipt says, where refused deliveries are kept; of one that two
    people withdrew since nothing is kept. Raises DamageError, StorageError.
    """
    if receipt.status != "accepted":
        folder = archive.refused / receipt.receipt_id
        return refused_fault(archive, folder) if archive.settings.keep_refused else ""
    stored = aip_store(archive).find(receipt.aip_id)
    if stored is None or stored.head < receipt.version:
        if receipt.receipt_id in vouched(archive, receipt.aip_id).receipts:
            return ""
        return f"{receipt.aip_id}@v{receipt.version} is not in the store"
    audited = audit_aip(stored, archive.trusted_keys(), algorithms=("sha512",), record=False)
    wrong = [found.message for found in audited.findings if found.severity is Severity.ERROR]
    return wrong[0] if wrong else ""

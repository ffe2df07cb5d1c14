"""What is told of an AIP that was withdrawn: by the policy in force where it lay, as of any other AIP."""

from __future__ import annotations

from oais.archive import Home
from oais.errors import DamageError, NotFoundError
from oais.functions.access.decisions import Asker
from oais.functions.access.views import CommitmentView, TombstoneView
from oais.functions.withdrawal.keeping import WithdrawnError, told_why, tombstone_of
from oais.information.withdrawals import Tombstone
from policies.access import Action
from policies.principals import Duty, may


def why_missing(
    home: Home, asker: Asker, aip_id: str, unknown: NotFoundError, version: int | None = None
) -> NotFoundError:
    """Return why an AIP, or a version, that is not in the store is not there: its tombstone, or ``unknown``.

    Whoever might not read its description is told what he is told of what never was.
    """
    try:
        tombstone = tombstone_of(home, aip_id)
    except DamageError:
        return unknown  # a tombstone that proves nothing tells nothing; the audit alarms
    if tombstone is None or not asker.decision(Action.READ_METADATA, tombstone.node, aip_id).allowed:
        return unknown
    if version is not None and version > tombstone.head:
        return NotFoundError(f"{aip_id} had no version v{version}; its versions were v1 to v{tombstone.head}")
    return WithdrawnError(tombstone, staff=may(asker.principal, Duty.MANAGE_ARCHIVE))


def tombstone_view(tombstone: Tombstone, *, staff: bool) -> TombstoneView:
    """Return what a tombstone tells; who the two people were and on what basis, only to the ``staff``."""
    return TombstoneView(
        aip_id=tombstone.aip_id,
        title=tombstone.title,
        withdrawn_at=tombstone.at,
        why=told_why(tombstone.why),
        reason=tombstone.reason,
        files=tombstone.files,
        size=tombstone.bytes,
        versions=tuple(
            CommitmentView(each.number, each.stored_at, each.receipt, each.inventory)
            for each in tombstone.versions
        ),
        basis=tombstone.basis if staff else "",
        asked_by=tombstone.asked.name if staff else "",
        asked_at=tombstone.asked.at if staff else "",
        approved_by=tombstone.approved.name if staff else "",
    )

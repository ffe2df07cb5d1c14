"""Orders that hold what was withdrawn: they end and say so, and their packages go at once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from oais.database import orders
from oais.database.orders import OrderState
from oais.disk_faults import storage_errors
from oais.functions.orders.fetching import folder_of
from oais.functions.service import Service
from oais.functions.withdrawal.keeping import sound_withdrawals
from oais.information.withdrawals import standing

_HELD = (OrderState.QUEUED, OrderState.BUILDING, OrderState.AVAILABLE)


def end_orders(service: Service, aip_ids: Sequence[str]) -> int:
    """End the orders that hold any of these AIPs and remove their packages; return how many.

    Raises StorageError.
    """
    with service.database.writing() as connection:
        ended = orders.holding(connection, aip_ids, _HELD)
        for identifier, aip_id in ended.items():
            reason = f"{aip_id} was withdrawn from the archive; order the rest again"
            orders.change(connection, identifier, state=OrderState.EXPIRED, reason=reason, worker="")
    with storage_errors("removing packages of what was withdrawn"):
        for identifier in ended:
            folder = folder_of(service.archive, identifier)
            if folder.is_dir():
                shutil.rmtree(folder)
    return len(ended)


def end_orders_of_withdrawn(service: Service) -> int:
    """End the orders of all that is withdrawn: what a crash kept from being done is done by the worker."""
    found = map(standing, sound_withdrawals(service.archive))
    gone = [withdrawal.aip_id for withdrawal in found if withdrawal is not None]
    return end_orders(service, gone) if gone else 0

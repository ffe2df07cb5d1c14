"""Clearing up: packages whose time is over go, the rows stay; what was lost from ``dip/`` is made again."""

from __future__ import annotations

import shutil
from datetime import timedelta

from oais.archive import timestamp
from oais.database import baskets, orders
from oais.database.orders import Order, OrderState
from oais.disk_faults import storage_errors
from oais.functions.orders.consumers import BROWSER
from oais.functions.orders.cutting import remove_derived
from oais.functions.orders.fetching import folder_of
from oais.functions.orders.reserving import queue_what_fits
from oais.functions.service import Service

_FORGOTTEN_AFTER = timedelta(days=90)
"""How long the baskets and finished orders of browsers are kept; nobody can claim them later."""


def clear_orders(service: Service) -> int:
    """Expire what is due, remove bytes without an order and queue orders without bytes; return how many.

    Raises StorageError.
    """
    now = service.now()
    with service.database.writing() as connection:
        due = orders.due(connection, timestamp(now))
        for order in due:
            orders.change(connection, order.identifier, state=OrderState.EXPIRED)
        lost = [order for order in orders.available(connection) if not _whole(service, order)]
        for order in lost:
            orders.change(connection, order.identifier, state=OrderState.QUEUED)
        fitting = queue_what_fits(service, connection)
        before = timestamp(now - _FORGOTTEN_AFTER)
        for subject in (baskets, orders):
            subject.forget(connection, BROWSER, before)
    return len(due) + len(lost) + fitting + _remove_unwanted(service) + remove_derived(service.archive, now)


def _whole(service: Service, order: Order) -> bool:
    return any(folder_of(service.archive, order.identifier).glob(f"{order.name}*.{order.form}"))


def _remove_unwanted(service: Service) -> int:
    """Remove the bytes of orders that are over, and of those that nobody knows."""
    room = folder_of(service.archive, "none").parent
    wanted = {OrderState.QUEUED, OrderState.BUILDING, OrderState.AVAILABLE}
    removed = 0
    with storage_errors("clearing the room of orders"):
        for folder in sorted(room.iterdir()) if room.is_dir() else ():
            with service.database.reading() as connection:
                order = orders.find(connection, folder.name)
            if order is None or order.state not in wanted:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed

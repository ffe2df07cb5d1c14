"""Room for packages: reserved before a byte is written, so that orders never fill the disk of the archive."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from oais.archive import timestamp
from oais.database import Connection, orders
from oais.database.orders import Order, OrderState
from oais.errors import StorageError
from oais.files import free_bytes
from oais.functions.service import Service

SPARE: Final = 256 << 20
"""Bytes that stay free for the database, the ledger and whoever delivers."""

NO_ROOM: Final = "not enough room"
"""How the reason of an order begins that failed only for want of room."""

_TRIED_FOR: Final = timedelta(days=90)


def reserve(service: Service, order: Order, needed: int) -> None:
    """Make sure that ``needed`` bytes can be written for an order, beside what others are still to write.

    The order is being built; so others see what it takes. Raises StorageError with both figures.
    """
    with service.database.reading() as connection:
        free = _free(service, _promised(connection, order))
    if needed > free:
        raise StorageError(
            f"{NO_ROOM}: {needed} bytes needed, {free} free; it is built as soon as there is room"
        )


def queue_what_fits(service: Service, connection: Connection) -> int:
    """Queue again what failed for want of room and fits now, in the caller's transaction; return how many."""
    oldest = timestamp(service.now() - _TRIED_FOR)
    waiting = orders.failed_for(connection, NO_ROOM, oldest)
    if not waiting:
        return 0
    free, queued = _free(service, _promised(connection)), 0
    for order in waiting:
        if order.size <= free:
            orders.change(connection, order.identifier, state=OrderState.QUEUED)
            free, queued = free - order.size, queued + 1
    return queued


def waits_for_room(service: Service, order: Order) -> bool:
    """Return whether an order failed only for want of room, and is still to be built by itself."""
    oldest = timestamp(service.now() - _TRIED_FOR)
    failed = order.state is OrderState.FAILED and order.reason.startswith(NO_ROOM)
    return failed and order.placed_at >= oldest


def _free(service: Service, promised: int) -> int:
    room = service.archive.dip_root
    room.mkdir(parents=True, exist_ok=True)
    return max(0, free_bytes(room) - promised - SPARE)


def _promised(connection: Connection, but: Order | None = None) -> int:
    """Return the bytes that other orders are still to write; of two that begin, the older goes first."""
    return sum(
        other.size - other.done
        for other in orders.building(connection)
        if but is None or (other.identifier != but.identifier and (other.done or _age(other) < _age(but)))
    )


def _age(order: Order) -> tuple[str, str]:
    return order.placed_at, order.identifier

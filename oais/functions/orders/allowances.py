"""How much an owner may hold: orders that wait, and packages that wait to be fetched.

Whoever has no account could take another browser each time, so his orders are counted by network as well, and
those of all networks together; what all may have is shared fairly among the networks that ask.
"""

from __future__ import annotations

from typing import Final

from oais.database import Connection, orders
from oais.database.orders import OrderState
from oais.errors import BusyError
from oais.functions.orders.consumers import BROWSER, OPERATOR, Consumer

MOST_WAITING: Final = 10
"""Orders of one owner that wait or are built at a time."""

MOST_OF_STRANGERS: Final = 100
"""Those of all browsers together; a network that has none may have one beyond them, up to as many more."""

_WAITING: Final = (OrderState.QUEUED, OrderState.BUILDING)
_HELD: Final = (*_WAITING, OrderState.AVAILABLE)
_A_WHILE: Final = 600


def require_allowance(connection: Connection, consumer: Consumer, size: int) -> None:
    """Make sure that the consumer may hold one more order of ``size`` bytes; raises BusyError.

    Asked in the transaction that enters the order. At the archive's own machine nothing is limited but the
    queue.
    """
    if orders.held(connection, _WAITING, owner=consumer.owner)[0] >= MOST_WAITING:
        raise BusyError(
            f"{MOST_WAITING} of your orders wait already",
            remedy="wait until one is ready, or cancel one",
            retry_after=60,
        )
    if consumer.owner.startswith(BROWSER):
        _require_share(connection, consumer.network)
        _require_room_of_strangers(connection, consumer, size)
    if consumer.principal != OPERATOR:
        _require_held(connection, consumer, size)


def _require_share(connection: Connection, network: str) -> None:
    """Raise BusyError when a network's orders that wait are its share of those of all strangers."""
    waiting = orders.by_network(connection, BROWSER, _WAITING)
    mine, total = waiting.get(network, 0), sum(waiting.values())
    share = max(1, MOST_OF_STRANGERS // len({*waiting, network}))
    full = total >= MOST_OF_STRANGERS and (mine or total >= 2 * MOST_OF_STRANGERS)
    if mine >= share or full:
        raise BusyError(
            "too many orders of visitors without an account wait",
            remedy="come back later, or log in and order",
            retry_after=_A_WHILE,
        )


def _require_room_of_strangers(connection: Connection, consumer: Consumer, size: int) -> None:
    most = consumer.access.archive.settings.strangers_held_bytes
    _count, held = orders.held(connection, _HELD, owners_like=BROWSER)
    if most and held + size > most:
        raise BusyError(
            f"the orders of visitors without an account have {held} bytes, of {most} that they may have; "
            f"this one has {size}",
            remedy="come back later, or log in and order",
            retry_after=_A_WHILE,
        )


def _require_held(connection: Connection, consumer: Consumer, size: int) -> None:
    settings = consumer.access.archive.settings
    by_network = consumer.owner.startswith(BROWSER) and consumer.network
    count, held = (
        orders.held(connection, _HELD, owners_like=BROWSER, network=consumer.network)
        if by_network
        else orders.held(connection, _HELD, owner=consumer.owner)
    )
    whose = "from where you are" if by_network else "of yours"
    remedy = "cancel one that you have fetched, or wait until one expires"
    if settings.orders_held and count >= settings.orders_held:
        told = f"{count} orders {whose} wait to be built or fetched, as many as can be"
        raise BusyError(told, remedy=remedy, retry_after=_A_WHILE)
    if settings.orders_held_bytes and held + size > settings.orders_held_bytes:
        told = f"the orders {whose} have {held} bytes, of {settings.orders_held_bytes} that they may have"
        raise BusyError(f"{told}; this one has {size}", remedy=remedy, retry_after=_A_WHILE)

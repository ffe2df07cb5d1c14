"""Fetching an order: what its owner is shown of it, and its packages, asked about again at each click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dip.layout import MEDIA_TYPES, known_form
from oais.archive import Home, timestamp
from oais.database import orders
from oais.database.orders import Order, OrderState, PackageRow
from oais.database.picks import Pick
from oais.errors import ArchiveError, NotFoundError
from oais.functions.access.facade import Access
from oais.functions.access.places import check_page
from oais.functions.orders.consumers import Consumer
from oais.functions.orders.cutting import tables_of
from oais.functions.orders.handouts import Handout, read_asking
from oais.functions.orders.reserving import waits_for_room
from policies.access import Action

ORDERS_SHOWN = 50
"""Orders on one page."""

_UNDER_WAY = frozenset({OrderState.QUEUED, OrderState.BUILDING})


class GoneError(ArchiveError):
    """The packages of an order were taken away; it can be repeated."""

    exit_code = 2
    http_status = 410


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it is shown; ``done`` of ``size`` bytes are built.

    ``reason`` tells why it ended; one that ``waits`` failed for want of room and is built once there is some.
    ``tables`` tells how tables are cut or converted; ``owner`` is told to the staff only.
    """

    identifier: str
    title: str
    name: str
    form: str
    state: str
    reason: str
    placed_at: str
    available_at: str
    expires_at: str
    files: int
    size: int
    done: int
    tables: str
    waits: bool = False
    owner: str = ""
    packages: tuple[PackageRow, ...] = ()
    picks: tuple[Pick, ...] = ()

    @property
    def percent(self) -> int:
        """How far it is built."""
        return 100 * self.done // self.size if self.size else 100

    @property
    def under_way(self) -> bool:
        """Whether it will change by itself soon."""
        return self.state in _UNDER_WAY


@dataclass(frozen=True, slots=True)
class OrdersView:
    """The orders of one owner, or for the staff of everybody: a page of ``total``."""

    orders: tuple[OrderView, ...]
    page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // ORDERS_SHOWN))


def folder_of(archive: Home, identifier: str) -> Path:
    """Return where the packages of an order lie."""
    return archive.dip_root / "orders" / identifier


def list_orders(consumer: Consumer, *, page: int = 1, everybody: bool = False) -> OrdersView:
    """Return the consumer's orders, the newest first; to the staff those of ``everybody`` if asked.

    Raises WrongUsageError for a page that no list has.
    """
    check_page(page)
    owner = None if everybody and consumer.sees_all else consumer.owner
    with consumer.service.database.reading() as connection:
        total = orders.count(connection, owner)
        first = (page - 1) * ORDERS_SHOWN
        found = orders.listed(connection, owner, first=first, most=ORDERS_SHOWN)
    return OrdersView(tuple(_view(consumer, order) for order in found), page, total)


def show_order(consumer: Consumer, identifier: str) -> OrderView:
    """Return all that is told of an order; raises NotFoundError for one that is somebody else's."""
    order = own_order(consumer, identifier)
    with consumer.service.database.reading() as connection:
        packages = tuple(orders.packages(connection, identifier))
        picks = orders.picks(connection, identifier)
    return _view(consumer, order, packages, picks)


def own_order(consumer: Consumer, identifier: str) -> Order:
    """Return an order of the consumer's own, any to the staff; raises NotFoundError."""
    with consumer.service.database.reading() as connection:
        order = orders.find(connection, identifier)
    if order is None or (order.owner != consumer.owner and not consumer.sees_all):
        raise NotFoundError("there is no such order", remedy="/orders shows yours")
    return order


def open_package(consumer: Consumer, identifier: str, number: int) -> Handout:
    """Return a package of an order to be sent, as the decision is now.

    Raises NotFoundError, ClosedError when something in it may not be had any more, GoneError when its time
    is over.
    """
    order = show_order(consumer, identifier)
    package = next((row for row in order.packages if row.number == number), None)
    if package is None or order.state in {*_UNDER_WAY, OrderState.FAILED}:
        raise NotFoundError(
            "the order has no such package yet", remedy=f"/orders/{identifier} tells how it is"
        )
    if order.state == OrderState.EXPIRED or order.expires_at <= timestamp(consumer.service.now()):
        told = f": {order.reason}" if order.reason else ""
        raise GoneError(f"the packages of this order were taken away{told}", remedy="repeat the order")
    path = folder_of(consumer.service.archive, identifier) / package.name
    if not path.is_file():
        raise GoneError("the package is being made again", remedy="come back in a while, or repeat the order")
    require_all(consumer.access, order.picks)
    return Handout(
        name=package.name,
        media_type=MEDIA_TYPES[known_form(order.form)],
        size=package.size,
        stamp=package.stamp,
        read=partial(read_asking, path, package.size, partial(_require_still, consumer, order)),
        sizes=tuple((pick.node, pick.size) for pick in order.picks),
    )


def _require_still(consumer: Consumer, order: OrderView) -> None:
    """Raise GoneError when somebody ended the order meanwhile, and as ``require_all`` by today's rights."""
    with consumer.service.database.reading() as connection:
        now = orders.find(connection, order.identifier)
    # One whose days are over may still be sent to its end; only what was ended by hand stops at once.
    if now is None or (now.state is OrderState.EXPIRED and now.reason):
        raise GoneError("this order was ended", remedy="its page says why")
    require_all(consumer.again(), order.picks)


def require_all(access: Access, picks: Sequence[Pick]) -> None:
    """Raise NotFoundError or ClosedError unless everything of an order may be downloaded."""
    asker = access.asker()
    asker.prepare_versions((pick.aip_id, pick.version) for pick in picks)
    for pick in picks:
        unknown = NotFoundError("there is no such order")
        try:
            asker.require_version(Action.DOWNLOAD, pick.aip_id, pick.version, unknown)
        except NotFoundError:
            raise access.why_missing(pick.aip_id, unknown) from None


def _view(
    consumer: Consumer, order: Order, packages: tuple[PackageRow, ...] = (), picks: tuple[Pick, ...] = ()
) -> OrderView:
    return OrderView(
        identifier=order.identifier,
        title=order.title,
        name=order.name,
        form=order.form,
        state=order.state,
        reason="" if order.state in _UNDER_WAY else order.reason,
        placed_at=order.placed_at,
        available_at=order.available_at or "",
        expires_at=order.expires_at or "",
        files=order.files,
        size=order.size,
        done=order.done,
        tables=str(tables_of(order) or ""),
        waits=waits_for_room(consumer.service, order),
        owner=order.owner if consumer.sees_all else "",
        packages=packages,
        picks=picks,
    )

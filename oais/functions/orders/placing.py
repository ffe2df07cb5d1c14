"""Placing an order: what may be had is fixed, its size is known, and the worker finds it in the queue."""

from __future__ import annotations

from collections.abc import Sequence

from dip.layout import Package, known_form
from oais.archive import timestamp
from oais.confirming import require_open
from oais.database import orders
from oais.database.orders import Order, PackageRow
from oais.database.picks import Pick
from oais.database.schema import new_identifier
from oais.errors import RefusedError
from oais.functions.orders import baskets
from oais.functions.orders.allowances import require_allowance
from oais.functions.orders.consumers import Consumer, require_owner
from oais.functions.orders.cutting import Tables, columns_of, tables_of
from oais.functions.orders.direct import open_share, over_limit, title_of
from oais.functions.orders.fetching import own_order
from oais.functions.orders.packages import Plan, lay_out_volumes, parts_of
from oais.functions.orders.weighing import Way, Weighed
from oais.functions.security_log import record


def order_basket(consumer: Consumer, identifier: str, form: str, tables: Tables | None = None) -> Order:
    """Order what may be had of a basket; what may not stays in it.

    Ordered twice at once, it is one order. Raises as ``place``, NotFoundError when there is no such basket
    any more, and RefusedError when it is empty or holds something else by now.
    """
    name, picks = baskets.opened(consumer, identifier)
    if not picks:
        raise RefusedError("the basket is empty", remedy="put something in first")
    return place(consumer, picks, form, tables, title=name, basket=identifier)


def repeat(consumer: Consumer, identifier: str) -> Order:
    """Place an order again, as the decision is now; raises NotFoundError and as ``place``."""
    before = own_order(consumer, identifier)
    with consumer.service.database.reading() as connection:
        picks = orders.picks(connection, identifier)
    return place(consumer, picks, before.form, tables_of(before), title=before.title)


def place(
    consumer: Consumer,
    picks: Sequence[Pick],
    form: str,
    tables: Tables | None = None,
    *,
    title: str = "",
    basket: str = "",
) -> Order:
    """Place an order of what may be had of picks; what is made of its ``tables`` is made by the worker.

    What is ordered of a ``basket`` is taken out of it in the same transaction.
    Raises WrongUsageError for an unknown form, NotFoundError or ClosedError when nothing may be had or the
    owner's account is gone, TooLargeError with the size, BusyError when the owner holds as much as he may,
    StorageError.
    """
    service, known = consumer.service, known_form(form)
    require_open(service.archive.home)
    weighed = _weighed(consumer, picks)
    identifier, now = new_identifier(), timestamp(service.now())
    plan = Plan(f"order-{now[:10]}-{identifier[:8]}", title or title_of(weighed.allowed), now, known)
    parts = parts_of(consumer.access, weighed.allowed)
    packages = lay_out_volumes(service.archive, plan, parts, service.archive.settings.package_limit_bytes)
    size = sum(package.size for package in packages)
    order = _order(consumer, identifier, plan, weighed.files, size, tables)
    with service.database.writing() as connection:
        require_owner(connection, consumer)
        require_allowance(connection, consumer, order.size)
        if basket:
            baskets.take_ordered(connection, consumer, basket, picks, weighed.allowed)
        orders.add(connection, order, weighed.allowed, [] if tables else package_rows(packages))
        # In the transaction: what the log does not take is not ordered, and the answer says so.
        record(service, "order placed", who=consumer.principal.identifier, subject=identifier)
    return order


def _weighed(consumer: Consumer, picks: Sequence[Pick]) -> Weighed:
    """Return what may be had of picks, and its size; raises as ``place``."""
    weighed = open_share(consumer.access, picks)
    if weighed.way is Way.TOO_LARGE:
        raise over_limit(weighed.size, consumer.access.archive.settings)
    return weighed


def _order(
    consumer: Consumer, identifier: str, plan: Plan, files: int, size: int, tables: Tables | None
) -> Order:
    """Return an order of so many files and bytes as it is kept."""
    until = consumer.principal.code_until
    return Order(
        identifier=identifier,
        owner=consumer.owner,
        network=consumer.network,
        name=plan.name,
        title=plan.title,
        form=plan.form,
        placed_at=plan.at,
        files=files,
        size=size,
        **columns_of(tables),
        code_until=None if until is None else timestamp(until),
        code_confirmed=consumer.principal.code_confirmed,
    )


def package_rows(packages: Sequence[Package]) -> list[PackageRow]:
    """Return what is kept of the packages of an order."""
    return [
        PackageRow(number, package.name, package.stamp, package.size)
        for number, package in enumerate(packages, 1)
    ]

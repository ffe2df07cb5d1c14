"""Orders: what was asked for, how far it has come, which worker has it; the row stays when the bytes go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from oais.database.picks import Pick, picked, picks_table, replace_picks
from oais.database.schema import METADATA, identifier, moments, new_identifier, reference, texts

ORDERS: Final = Table(
    "orders",
    METADATA,
    identifier(),
    *texts("owner", "network", "name", "title", "form", "state", "reason", "placed_at", "worker"),
    *texts("tables", "cut_from", "cut_to"),
    Column("strict", Boolean, nullable=False),
    Column("files", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("code_confirmed", Boolean, nullable=False),
    *moments("code_until", "lease_until", "available_at", "expires_at"),
)
ORDER_PICKS: Final = picks_table("order_picks", "orders.identifier")
ORDER_PACKAGES: Final = Table(
    "order_packages",
    METADATA,
    reference("order", "orders.identifier", primary_key=True),
    Column("number", Integer, primary_key=True),
    *texts("name", "stamp"),
    Column("size", BigInteger, nullable=False),
)


class OrderState(StrEnum):
    """How far an order has come; a basket is its draft before."""

    QUEUED = "queued"
    BUILDING = "building"
    AVAILABLE = "available"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order. ``size`` and ``done`` are bytes of its packages, in all and built.

    ``network`` is a keyed digest of where an order without an account came from. ``name`` is the folder of
    its bags, ``form`` zip or tar.gz. ``tables`` is the form that tables are wanted in, empty for files as
    they are kept, of which only rows from ``cut_from`` on and before ``cut_to`` (UTC); ``strict`` when
    nothing is to be delivered instead. ``reason`` is why it ended, and while it is tried again why it failed
    before. ``code_until`` and ``code_confirmed`` are the rights that an access
    code gave when it was placed. ``worker`` has it until ``lease_until``; then another may take it.
    ``expires_at`` is when its bytes go.
    """

    identifier: str = field(default_factory=new_identifier)
    owner: str
    network: str = ""
    name: str
    title: str
    form: str
    state: OrderState = OrderState.QUEUED
    reason: str = ""
    placed_at: str
    worker: str = ""
    files: int
    size: int
    done: int = 0
    tables: str = ""
    cut_from: str = ""
    cut_to: str = ""
    strict: bool = False
    code_confirmed: bool = False
    code_until: str | None = None
    lease_until: str | None = None
    available_at: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One package of an order; ``stamp`` is its validator."""

    number: int
    name: str
    stamp: str
    size: int


def add(connection: Connection, order: Order, picks: Sequence[Pick], packages: Sequence[PackageRow]) -> None:
    """Enter a new order with what it asks for and the packages it will have."""
    connection.execute(insert(ORDERS).values(asdict(order)))
    replace_picks(connection, ORDER_PICKS, order.identifier, picks)
    replace_packages(connection, order.identifier, packages)


def replace_packages(connection: Connection, identifier: str, packages: Sequence[PackageRow]) -> None:
    """Let an order have these packages and no others."""
    connection.execute(delete(ORDER_PACKAGES).where(ORDER_PACKAGES.c.order == identifier))
    rows = [{"order": identifier, **asdict(package)} for package in packages]
    if rows:
        connection.execute(insert(ORDER_PACKAGES), rows)


def find(connection: Connection, identifier: str) -> Order | None:
    """Return an order by its identifier."""
    row = connection.execute(select(ORDERS).where(ORDERS.c.identifier == identifier)).mappings().one_or_none()
    return None if row is None else _order(row)


def listed(connection: Connection, owner: str | None, *, first: int = 0, most: int = 50) -> list[Order]:
    """Return the orders of an owner, of everybody for None, the newest first."""
    wanted = select(ORDERS).order_by(ORDERS.c.placed_at.desc(), ORDERS.c.identifier)
    if owner is not None:
        wanted = wanted.where(ORDERS.c.owner == owner)
    return [_order(row) for row in connection.execute(wanted.offset(first).limit(most)).mappings()]


def count(connection: Connection, owner: str | None, states: Sequence[OrderState] = ()) -> int:
    """Return how many orders an owner has, everybody for None; in these states, in any without."""
    wanted = select(func.count()).select_from(ORDERS)
    if owner is not None:
        wanted = wanted.where(ORDERS.c.owner == owner)
    if states:
        wanted = wanted.where(ORDERS.c.state.in_(states))
    return connection.execute(wanted).scalar_one()


def held(
    connection: Connection,
    states: Sequence[OrderState],
    *,
    owner: str = "",
    owners_like: str = "",
    network: str = "",
) -> tuple[int, int]:
    """Return how many orders in these states fit, and their bytes; an empty text lets all fit."""
    wanted = select(func.count(), func.coalesce(func.sum(ORDERS.c.size), 0)).where(ORDERS.c.state.in_(states))
    if owner:
        wanted = wanted.where(ORDERS.c.owner == owner)
    if owners_like:
        wanted = wanted.where(ORDERS.c.owner.startswith(owners_like, autoescape=True))
    if network:
        wanted = wanted.where(ORDERS.c.network == network)
    count, size = connection.execute(wanted).one()
    return count, int(size)


def by_network(connection: Connection, owners_like: str, states: Sequence[OrderState]) -> dict[str, int]:
    """Return how many orders in these states each network has, of owners that begin so."""
    alike = ORDERS.c.owner.startswith(owners_like, autoescape=True) & ORDERS.c.state.in_(states)
    wanted = select(ORDERS.c.network, func.count()).where(alike).group_by(ORDERS.c.network)
    return {row[0]: row[1] for row in connection.execute(wanted)}


def building(connection: Connection) -> list[Order]:
    """Return the orders that workers have."""
    return _where(connection, ORDERS.c.state == OrderState.BUILDING)


def failed_for(connection: Connection, reason: str, since: str) -> list[Order]:
    """Return the orders placed since a moment that failed for a reason that begins so, the oldest first."""
    failed = (ORDERS.c.state == OrderState.FAILED) & (ORDERS.c.placed_at >= since)
    found = _where(connection, failed & ORDERS.c.reason.startswith(reason, autoescape=True))
    return sorted(found, key=lambda order: (order.placed_at, order.identifier))


def picks(connection: Connection, identifier: str) -> tuple[Pick, ...]:
    """Return what an order asks for."""
    return picked(connection, ORDER_PICKS, identifier)


def packages(connection: Connection, identifier: str) -> list[PackageRow]:
    """Return the packages of an order, by number."""
    columns = [column for column in ORDER_PACKAGES.c if column.name != "order"]
    wanted = select(*columns).where(ORDER_PACKAGES.c.order == identifier).order_by(ORDER_PACKAGES.c.number)
    return [PackageRow(**row) for row in connection.execute(wanted).mappings()]


def claim(connection: Connection, worker: str, now: str, lease_until: str) -> Order | None:
    """Give a worker the oldest order that waits, or whose worker let its lease run out.

    It keeps the reason for which it failed before, so that the same is told only once.
    """
    left = (ORDERS.c.state == OrderState.BUILDING) & (ORDERS.c.lease_until < now)
    waiting = or_(ORDERS.c.state == OrderState.QUEUED, left)
    oldest = select(ORDERS.c.identifier).where(waiting).order_by(ORDERS.c.placed_at, ORDERS.c.identifier)
    found = connection.execute(oldest.limit(1)).scalar()
    if found is None:
        return None
    change(
        connection,
        found,
        state=OrderState.BUILDING,
        worker=worker,
        lease_until=lease_until,
        done=0,
    )
    return find(connection, found)


def renew(connection: Connection, identifier: str, worker: str, **values: Any) -> bool:
    """Change an order that a worker has; return False when he has it no longer."""
    held = (ORDERS.c.identifier == identifier) & (ORDERS.c.worker == worker)
    held &= ORDERS.c.state == OrderState.BUILDING
    return connection.execute(update(ORDERS).where(held).values(**values)).rowcount == 1


def change(connection: Connection, identifier: str, **values: Any) -> None:
    """Change columns of an order."""
    connection.execute(update(ORDERS).where(ORDERS.c.identifier == identifier).values(**values))


def due(connection: Connection, now: str) -> list[Order]:
    """Return the orders whose bytes are to go now."""
    return _where(connection, (ORDERS.c.state == OrderState.AVAILABLE) & (ORDERS.c.expires_at <= now))


def available(connection: Connection) -> list[Order]:
    """Return the orders whose bytes are there to be fetched."""
    return _where(connection, ORDERS.c.state == OrderState.AVAILABLE)


def holding(connection: Connection, aip_ids: Sequence[str], states: Sequence[OrderState]) -> dict[str, str]:
    """Return the orders in these states that ask for any of some AIPs, each with one of those."""
    wanted = (
        select(ORDER_PICKS.c.holder, ORDER_PICKS.c.aip_id)
        .join(ORDERS, ORDERS.c.identifier == ORDER_PICKS.c.holder)
        .where(ORDERS.c.state.in_(states) & ORDER_PICKS.c.aip_id.in_(aip_ids))
        .order_by(ORDER_PICKS.c.holder, ORDER_PICKS.c.position.desc())
    )
    return {row.holder: row.aip_id for row in connection.execute(wanted)}


def hand_over(connection: Connection, owner: str, to: str) -> None:
    """Make all orders of one owner another's."""
    connection.execute(update(ORDERS).where(ORDERS.c.owner == owner).values(owner=to))


def remove_all(connection: Connection, owner: str) -> None:
    """Remove all orders of an owner, also unfinished ones; their bytes go when room is cleared."""
    connection.execute(delete(ORDERS).where(ORDERS.c.owner == owner))


def forget(connection: Connection, owners_like: str, before: str) -> None:
    """Remove the finished orders of owners that begin so, placed before a moment."""
    done = ORDERS.c.state.in_((OrderState.EXPIRED, OrderState.FAILED)) & (ORDERS.c.placed_at < before)
    old = ORDERS.c.owner.startswith(owners_like, autoescape=True)
    connection.execute(delete(ORDERS).where(old & done))


def _where(connection: Connection, condition: ColumnElement[bool]) -> list[Order]:
    return [_order(row) for row in connection.execute(select(ORDERS).where(condition)).mappings()]


def _order(row: Any) -> Order:
    return Order(**{**row, "state": OrderState(row["state"])})

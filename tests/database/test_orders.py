"""Rows of baskets, orders and downloads, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from oais.database import baskets, orders, statistics
from oais.database.baskets import Basket
from oais.database.engine import Database
from oais.database.orders import Order, OrderState, PackageRow
from oais.database.picks import Pick

PICKS = (Pick("b.2", 1, ("x/é, y.fits", "z"), "m/n0", "B", 2, 5 << 32), Pick("a.1", 3, (), "m/n1", "A", 1, 0))
PACKAGE = PackageRow(1, "order-1.zip", "ab", 10)


def moment(minute: int) -> str:
    """A moment of one hour."""
    return f"2026-11-21T12:{minute:02}:00.000000Z"


def placed(database: Database, minute: int = 0, owner: str = "person:1") -> Order:
    """An order that waits."""
    order = Order(
        owner=owner, name="order-1", title="Two", form="zip", placed_at=moment(minute), files=3, size=5 << 32
    )
    with database.writing() as connection:
        orders.add(connection, order, PICKS, [PACKAGE])
    return order


def test_a_basket_keeps_its_picks_in_order(database: Database) -> None:
    """What was put in comes out the same and in the same order, and moves to the account that logs in."""
    basket = Basket(owner="browser:1", name="One", created_at=moment(0), changed_at=moment(0))
    with database.writing() as connection:
        baskets.add(connection, basket)
        baskets.fill(connection, basket.identifier, PICKS, moment(1))
        baskets.hand_over(connection, "browser:1", "person:1")
    with database.reading() as connection:
        (found,) = baskets.of_owner(connection, "person:1")
        assert (found.name, found.changed_at) == ("One", moment(1))
        assert baskets.picks(connection, found.identifier) == PICKS
        assert baskets.of_owner(connection, "browser:1") == []


def test_an_order_comes_back_as_it_was_placed(database: Database) -> None:
    """An order, its picks and its packages are kept as they were."""
    order = placed(database)
    with database.reading() as connection:
        assert orders.find(connection, order.identifier) == order
        assert orders.picks(connection, order.identifier) == PICKS
        assert orders.packages(connection, order.identifier) == [PACKAGE]
        assert orders.listed(connection, "person:2") == []


def test_each_order_goes_to_one_worker(database: Database) -> None:
    """Ten workers that ask at once for five orders get each of them once, the oldest first."""
    waiting = [placed(database, minute).identifier for minute in range(5)]

    def ask(number: int) -> str | None:
        with database.writing() as connection:
            claimed = orders.claim(connection, f"worker {number}", moment(10), moment(12))
        return None if claimed is None else claimed.identifier

    with ThreadPoolExecutor(10) as pool:
        given = list(pool.map(ask, range(10)))
    assert sorted(filter(None, given)) == sorted(waiting)


def test_a_lease_that_ran_out_is_another_workers(database: Database) -> None:
    """A worker keeps its order while it renews; later another has it, and the first one's word is no more."""
    order = placed(database)

    def claim(worker: str, minute: int) -> bool:
        with database.writing() as connection:
            return orders.claim(connection, worker, moment(minute), moment(minute + 2)) is not None

    def renew(worker: str, minute: int) -> bool:
        with database.writing() as connection:
            return orders.renew(connection, order.identifier, worker, lease_until=moment(minute + 2), done=7)

    assert claim("one", 10)
    assert not claim("two", 11)
    assert renew("one", 12)
    assert not claim("two", 13)
    assert claim("two", 15)
    assert not renew("one", 16)
    with database.writing() as connection:
        assert orders.renew(connection, order.identifier, "two", state=OrderState.AVAILABLE)
        assert not orders.renew(connection, order.identifier, "two", state=OrderState.FAILED)


def test_a_visitor_counts_once_a_month(database: Database) -> None:
    """Downloads add up, visitors are counted once, and who they were is gone when the month is over."""
    with database.writing() as connection:
        for month, visitor in (("2026-10", "a"), ("2026-10", "a"), ("2026-10", "b"), ("2026-11", "a")):
            statistics.count(connection, month, "m/n0", "fr", visitor, 3 << 32)
        found = connection.execute(statistics.DOWNLOADS.select()).all()
        assert [(row.month, row.visitors, row.downloads, row.size) for row in found] == [
            ("2026-10", 2, 3, 9 << 32),
            ("2026-11", 1, 1, 3 << 32),
        ]
        kept = connection.execute(statistics.VISITORS.select()).all()
        assert [row.month for row in kept] == ["2026-11"]

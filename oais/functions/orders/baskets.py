"""Baskets: several data requests side by side; what was put in stays until it is ordered or taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oais.database import Connection, baskets
from oais.database.baskets import Basket
from oais.database.picks import Pick
from oais.errors import InvalidError, NotFoundError, RefusedError
from oais.functions.orders.consumers import Consumer, require_owner
from oais.functions.orders.selection import Selection, merged
from oais.functions.orders.weighing import Weighed, weigh
from oais.information.text import printable

MOST_BASKETS = 20
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket as its owner sees it: a draft while it is empty, then ready to be ordered."""

    identifier: str
    name: str
    changed_at: str
    content: Weighed

    @property
    def state(self) -> str:
        """``draft`` or ``ready``."""
        return "ready" if self.content.allowed else "draft"


def show(consumer: Consumer) -> tuple[BasketView, ...]:
    """Return the baskets of a consumer, the one changed last first."""
    with consumer.service.database.reading() as connection:
        kept = [
            (basket, baskets.picks(connection, basket.identifier)) for basket in _own(connection, consumer)
        ]
    return tuple(
        BasketView(basket.identifier, basket.name, basket.changed_at, weigh(consumer.access, picks))
        for basket, picks in kept
    )


def picks_of(consumer: Consumer, identifier: str) -> tuple[Pick, ...]:
    """Return what a basket holds; raises NotFoundError for one that is not the consumer's."""
    return opened(consumer, identifier)[1]


def opened(consumer: Consumer, identifier: str) -> tuple[str, tuple[Pick, ...]]:
    """Return the name of a basket and what it holds at one moment; raises NotFoundError."""
    with consumer.service.database.reading() as connection:
        basket = _one(connection, consumer, identifier)
        return basket.name, baskets.picks(connection, identifier)


def open_new(consumer: Consumer, name: str) -> str:
    """Make a new, empty basket and return its identifier; raises InvalidError."""
    with consumer.service.database.writing() as connection:
        return _new(connection, consumer, name).identifier


def put_in(consumer: Consumer, selection: Selection, identifier: str = "") -> str:
    """Put a selection into a basket, by default the one changed last or a new one; return its identifier.

    Raises NotFoundError for a basket that is not the consumer's, WrongUsageError when it would be too full.
    """
    while True:
        with consumer.service.database.reading() as connection:
            basket = _chosen(connection, consumer, identifier)
            before = () if basket is None else baskets.picks(connection, basket.identifier)
        # Sizes are read from the store before the one connection that writes is taken.
        content = merged(consumer.access, before, selection.picks)
        with consumer.service.database.writing() as connection:
            basket = _chosen(connection, consumer, identifier) or _new(connection, consumer, "")
            if baskets.picks(connection, basket.identifier) == before:
                baskets.fill(connection, basket.identifier, content, consumer.service.archive.now())
                return basket.identifier
        # Somebody of the same basket was faster: what he put in is merged as well.


def take_out(consumer: Consumer, identifier: str, references: Iterable[str]) -> None:
    """Take versions of AIPs (``ID@vN``) out of a basket; raises NotFoundError."""
    gone = set(references)
    with consumer.service.database.writing() as connection:
        basket = _one(connection, consumer, identifier)
        left = [item for item in baskets.picks(connection, basket.identifier) if item.reference not in gone]
        baskets.fill(connection, basket.identifier, left, consumer.service.archive.now())


def take_ordered(
    connection: Connection, consumer: Consumer, identifier: str, held: Sequence[Pick], ordered: Sequence[Pick]
) -> None:
    """Take what is ordered out of a basket, the empty basket with it, in the caller's transaction.

    Raises NotFoundError when the basket is gone, RefusedError when it holds something else than ``held``.
    """
    basket = _one(connection, consumer, identifier)
    if set(baskets.picks(connection, identifier)) != set(held):
        raise RefusedError(f"{basket.name} was changed meanwhile", remedy="look at it and order it again")
    left = [item for item in held if item not in ordered]
    if left:
        baskets.fill(connection, identifier, left, consumer.service.archive.now())
    else:
        baskets.remove(connection, identifier)


def rename(consumer: Consumer, identifier: str, name: str) -> None:
    """Give a basket another name; raises NotFoundError, InvalidError."""
    with consumer.service.database.writing() as connection:
        baskets.rename(connection, _one(connection, consumer, identifier).identifier, _name(name))


def discard(consumer: Consumer, identifier: str) -> None:
    """Throw a basket away; raises NotFoundError."""
    with consumer.service.database.writing() as connection:
        baskets.remove(connection, _one(connection, consumer, identifier).identifier)


def _own(connection: Connection, consumer: Consumer) -> list[Basket]:
    return baskets.of_owner(connection, consumer.owner)


def _one(connection: Connection, consumer: Consumer, identifier: str) -> Basket:
    for basket in _own(connection, consumer):
        if basket.identifier == identifier:
            return basket
    raise NotFoundError("there is no such basket", remedy="/basket shows yours")


def _chosen(connection: Connection, consumer: Consumer, identifier: str) -> Basket | None:
    if identifier:
        return _one(connection, consumer, identifier)
    return next(iter(_own(connection, consumer)), None)


def _new(connection: Connection, consumer: Consumer, name: str) -> Basket:
    require_owner(connection, consumer)
    count = len(_own(connection, consumer))
    if count >= MOST_BASKETS:
        raise InvalidError(
            f"you have {count} baskets, as many as can be", remedy="order or discard one first"
        )
    now = consumer.service.archive.now()
    name = _name(name) if name else f"Data request {count + 1}"
    basket = Basket(owner=consumer.owner, name=name, created_at=now, changed_at=now)
    baskets.add(connection, basket)
    return basket


def _name(name: str) -> str:
    name = printable(name.strip())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidError(f"the name has {len(name)} characters; expected 1 to {LONGEST_NAME}")
    return name

"""Baskets: data requests in the making, several side by side, each of an account or of a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from oais.database.picks import Pick, picked, picks_table, replace_picks
from oais.database.schema import METADATA, identifier, new_identifier, texts

BASKETS: Final = Table("baskets", METADATA, identifier(), *texts("owner", "name", "created_at", "changed_at"))
BASKET_PICKS: Final = picks_table("basket_picks", "baskets.identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One basket; ``owner`` is whose it is, see ``oais.functions.orders.consumers``."""

    identifier: str = field(default_factory=new_identifier)
    owner: str
    name: str
    created_at: str
    changed_at: str


def add(connection: Connection, basket: Basket) -> None:
    """Enter a new, empty basket."""
    connection.execute(insert(BASKETS).values(asdict(basket)))


def of_owner(connection: Connection, owner: str) -> list[Basket]:
    """Return the baskets of an owner, the one changed last first."""
    wanted = select(BASKETS).where(BASKETS.c.owner == owner)
    rows = connection.execute(wanted.order_by(BASKETS.c.changed_at.desc(), BASKETS.c.identifier)).mappings()
    return [Basket(**row) for row in rows]


def rename(connection: Connection, identifier: str, name: str) -> None:
    """Give a basket another name."""
    connection.execute(update(BASKETS).where(BASKETS.c.identifier == identifier).values(name=name))


def remove(connection: Connection, identifier: str) -> None:
    """Take a basket away with what it holds."""
    connection.execute(delete(BASKETS).where(BASKETS.c.identifier == identifier))


def picks(connection: Connection, identifier: str) -> tuple[Pick, ...]:
    """Return what a basket holds."""
    return picked(connection, BASKET_PICKS, identifier)


def fill(connection: Connection, identifier: str, content: Sequence[Pick], changed_at: str) -> None:
    """Let a basket hold these picks and no others."""
    replace_picks(connection, BASKET_PICKS, identifier, content)
    connection.execute(
        update(BASKETS).where(BASKETS.c.identifier == identifier).values(changed_at=changed_at)
    )


def hand_over(connection: Connection, owner: str, to: str) -> None:
    """Make all baskets of one owner another's."""
    connection.execute(update(BASKETS).where(BASKETS.c.owner == owner).values(owner=to))


def forget(connection: Connection, owners_like: str, before: str) -> None:
    """Remove the baskets of owners that begin so, when they were not touched since a moment."""
    old = BASKETS.c.owner.startswith(owners_like, autoescape=True) & (BASKETS.c.changed_at < before)
    connection.execute(delete(BASKETS).where(old))


def remove_all(connection: Connection, owner: str) -> None:
    """Take all baskets of an owner away with what they hold."""
    connection.execute(delete(BASKETS).where(BASKETS.c.owner == owner))


def count(connection: Connection, owner: str) -> int:
    """Return how many baskets an owner has."""
    wanted = select(func.count()).select_from(BASKETS).where(BASKETS.c.owner == owner)
    return connection.execute(wanted).scalar_one()
